"""Times of partners: Beijing time outside, UTC inside, in every format."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.engine.moments import FORMATS
from adapters.engine.rejection import Unfit

NOON = datetime(2020, 11, 24, 7, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compact", "20201124153005"),
        ("seconds", "2020-11-24 15:30:05"),
        ("epoch_seconds", "1606203005"),
        ("epoch_millis", "1606203005000"),
    ],
)
def test_one_moment_in_every_format(name: str, text: str) -> None:
    assert FORMATS[name].read(text) == NOON
    assert FORMATS[name].write(NOON) == text
    assert FORMATS[name].carries(NOON)


@pytest.mark.parametrize(("name", "text"), [("date", "2020-11-24"), ("compact_date", "20201124")])
def test_a_day_begins_at_midnight_in_beijing(name: str, text: str) -> None:
    midnight = datetime(2020, 11, 23, 16, tzinfo=UTC)
    assert FORMATS[name].read(text) == midnight
    assert FORMATS[name].write(NOON) == text
    assert FORMATS[name].carries(midnight)
    assert not FORMATS[name].carries(NOON)


def test_the_last_hours_of_a_day_in_utc_are_the_next_day_in_beijing() -> None:
    assert FORMATS["date"].write(datetime(2020, 12, 31, 16, tzinfo=UTC)) == "2021-01-01"


def test_any_offset_is_written_as_beijing_time() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert FORMATS["compact"].write(tokyo) == "20201124153005"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compact", "20200230120000"),
        ("compact", "2020112415300"),
        ("compact", "２０２０1124153005"),
        ("seconds", "2020-11-24T15:30:05"),
        ("seconds", "2020-11-24 15:30:05+08:00"),
        ("seconds", "2020-11-24 24:00:00"),
        ("date", "0000-01-01"),
        ("seconds", "0001-01-01 00:00:00"),
        ("epoch_seconds", "12.5"),
        ("epoch_millis", "999999999999999"),
    ],
)
def test_what_is_no_time_is_refused(name: str, text: str) -> None:
    with pytest.raises(Unfit):
        FORMATS[name].read(text)


def test_fractions_are_not_carried_by_seconds() -> None:
    fine = NOON.replace(microsecond=5000)
    assert not FORMATS["compact"].carries(fine)
    assert FORMATS["epoch_millis"].carries(fine)
    assert FORMATS["epoch_millis"].read(FORMATS["epoch_millis"].write(fine)) == fine


def test_a_moment_before_1970_goes_through_epochs() -> None:
    old = datetime(1949, 10, 1, tzinfo=UTC)
    assert FORMATS["epoch_seconds"].read(FORMATS["epoch_seconds"].write(old)) == old


def test_the_end_of_time_is_refused_in_words() -> None:
    with pytest.raises(Unfit, match="outside the years"):
        FORMATS["compact"].write(datetime.max.replace(tzinfo=UTC))
