"""How a document is rejected: the partner, the field and the value, without personal data.

`Unfit` is raised where a value is looked at and its place is not known; whoever knows the
place turns it into the `DocumentRejected` that the caller sees.
"""

from collections.abc import Callable

from contracts.codes import mask_citizen_id, mask_mobile, mask_name
from contracts.errors import DocumentRejected

LONGEST_SHOWN = 40

Mask = Callable[[str], str]

MASKS: dict[str, Mask] = {
    "number": mask_citizen_id,
    "mobile": mask_mobile,
    "phone": mask_mobile,
    "name": mask_name,
    "taker_name": mask_name,
    "legal_representative": mask_name,
    "address": mask_name,
    "email": mask_name,
}
"""Masks by the last step of a canonical path that leads to personal data."""

_PERSONS = {"applicant", "contact", "agent", "identity", "taker_identity", "clerk", "filed_by"}
_ALWAYS = {"taker_name", "legal_representative", "mobile", "phone", "email", "address"}


class Unfit(Exception):  # noqa: N818  # like the errors of contracts.errors
    """A value does not fit; `detail` says why without repeating it.

    `field`, `line` and `value` are given where only the raiser knows them.
    """

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        line: int | None = None,
        value: str | None = None,
    ) -> None:
        self.detail, self.field, self.line, self.value = detail, field, line, value
        super().__init__(detail)


def mask_for(path: tuple[str | int, ...]) -> Mask | None:
    """The mask that a value at `path` is shown with, None where it is no personal data."""
    last = str(path[-1]) if path else ""
    if last in _ALWAYS or any(step in _PERSONS for step in path[:-1]):
        return MASKS.get(last)
    return None


def shown(value: str, mask: Mask | None = None) -> str:
    """`value` as an error may show it: masked, printable, and at most 40 characters long."""
    text = mask(value) if mask else value
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(value)})"


def rejected(
    detail: str,
    *,
    partner: str,
    field: str | None = None,
    value: str | None = None,
    mask: Mask | None = None,
    line: int | None = None,
    code: str = "document.invalid",
) -> DocumentRejected:
    """The error for one document of `partner`; `value` is shortened and masked here."""
    return DocumentRejected(
        detail,
        code=code,
        partner=partner,
        field=field,
        value=None if value is None else shown(value, mask),
        line=line,
    )
