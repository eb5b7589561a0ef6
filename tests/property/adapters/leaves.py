"""Bodies as leaves: what is said, by path, without what says nothing."""

from typing import Any

from contracts.model import Model


def leaves(body: Model) -> dict[str, Any]:
    """Every leaf that says more than the default of its field, by path."""
    found: dict[str, Any] = {}
    _walk(body.model_dump(mode="json", exclude_defaults=True), "", found)
    return found


def _walk(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _walk(item, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{path}[{index}]", found)
    elif value not in (None, ""):
        found[path] = value
