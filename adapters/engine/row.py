"""A native record as it came, or as it will be handed over."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A native record: its table, its fields that are not empty, its place in the document."""

    record: str
    values: dict[str, str]
    line: int | None = None
    lines: Mapping[str, int] | None = None

    def line_of(self, column: str | None) -> int | None:
        """The line of one field where it has its own, else the line of the record."""
        return (self.lines or {}).get(column or "", self.line or 0) or None
