"""What all contract models share: immutable, strict about types, unknown fields kept.

A newer partner may send fields that this version does not know. They are kept and written
out again, so that a message or document that passes through loses nothing.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of the same


class Model(BaseModel):
    """Base of every contract model."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        populate_by_name=True,
        hide_input_in_errors=True,  # what was typed may be somebody's identity number
    )

    def to_json(self) -> bytes:
        """Compact UTF-8 JSON; fields that are None are left out."""
        return self.model_dump_json(exclude_none=True, by_alias=True).encode()


_FORM = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_WRITTEN_OUT = re.compile(_FORM)


def _written_out(value: object) -> object:
    """One way to write a time, so that every reader reads the same, and none cuts digits off."""
    if not isinstance(value, datetime):
        if not isinstance(value, str) or not _WRITTEN_OUT.fullmatch(value):
            raise ValueError("not a time: write 2026-03-02T01:00:00 with Z or an offset")
    elif value.tzinfo is None:
        raise ValueError("a time without offset")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside of the years 1 to 9999 in UTC") from error


Moment = Annotated[
    datetime,
    BeforeValidator(_written_out),
    AfterValidator(_in_utc),
    # By itself "date-time" would also allow lower case and any number of digits.
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_FORM}$"}),
]
"""A point in time, RFC 3339 with seconds (at most six digits after them) and an offset;
kept in UTC."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^\S(?:.*\S)?$")
]
"""A number or code that somebody else made, without blanks at its ends: kept as it is."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
