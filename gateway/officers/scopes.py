"""Scopes: what a token may be given for. Pure."""

from collections.abc import Mapping, Sequence

from contracts.errors import Wrong

SCOPES: Mapping[str, tuple[str, str]] = {
    "case.submit": ("提交办件", "submit a case"),
    "case.read": ("查看办件进度, 个人信息遮盖", "see how a case stands, persons masked"),
    "case.open": ("查看办件全部内容", "see all that was said in a case, nothing masked"),
}


def checked(scopes: Sequence[str]) -> tuple[str, ...]:
    """In order, each once. Raises Wrong (`access.scope`) for one that is none, or without any."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        known = ", ".join(SCOPES)
        raise Wrong(f"scopes are {known}", code="access.scope", value=ascii(unknown)[:80])
    return tuple(scope for scope in SCOPES if scope in scopes)
