"""What all models share: how a time is written."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.model import Moment

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "written",
    ["2026-03-02T01:00:00Z", "2026-03-02T09:00:00+08:00", "2026-03-01T20:00:00.000000-05:00"],
)
def test_a_time_with_seconds_and_offset_is_kept_in_utc(written: str) -> None:
    moment = _MOMENT.validate_python(written)
    assert moment == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02 01:00:00Z",
        "2026-03-02T01:00Z",
        "2026-03-02T01:00:00",
        "2026-03-02T01:00:00z",
        "2026-03-02T01:00:00.1234567Z",
        "2026-03-02T01:00:00+0800",
        "2026-03-02T01:00:00+08",
        "２026-03-02T01:00:00Z",
        "2026-02-30T01:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T23:59:60Z",
        "0001-01-01T00:00:00+08:00",
        "2026-03-02",
        "1772413200",
        1772413200,
        datetime(2026, 3, 2, 1),  # noqa: DTZ001
        None,
    ],
)
def test_any_other_way_to_write_a_time_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        _MOMENT.validate_python(written)
