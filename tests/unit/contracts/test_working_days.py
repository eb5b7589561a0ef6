"""Which days count, and what a calendar file may say."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest

from contracts.errors import SettingsInvalid
from contracts.working_days import (
    MAX_FILE_LENGTH,
    Calendar,
    built_in,
    day_of,
    end_of_day,
    read_year,
)

BUILT_IN = built_in()


def test_every_known_day_is_what_the_package_says() -> None:
    day = date(min(BUILT_IN.years), 1, 1)
    while day.year in BUILT_IN.years:
        assert BUILT_IN.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)
    assert day.year == max(BUILT_IN.years) + 1


def test_spring_festival_of_2026() -> None:
    """国办发明电〔2025〕7号: 15 to 23 February off, Saturdays 14 and 28 worked."""
    february = [date(2026, 2, day) for day in range(1, 29)]
    assert [day.day for day in february if BUILT_IN.is_working_day(day)] == [
        *(2, 3, 4, 5, 6),
        *(9, 10, 11, 12, 13, 14),
        *(24, 25, 26, 27, 28),
    ]


def test_a_year_that_was_not_announced_goes_by_weekends() -> None:
    nothing = Calendar({})
    assert not nothing.is_announced(date(2026, 10, 1))
    assert nothing.is_working_day(date(2026, 10, 1))
    assert not nothing.is_working_day(date(2026, 2, 14))


def test_a_file_says_a_year_anew() -> None:
    year, days = read_year(
        b"year = 2099\noff = [2099-01-01, 2099-01-03]\nworked = [2099-01-04]\n", "2099.toml"
    )
    calendar = Calendar({}).with_years({year: days})
    assert calendar.is_announced(date(2099, 6, 1))
    assert [calendar.is_working_day(date(2099, 1, day)) for day in range(1, 6)] == [
        False,
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("off = []\nworked = []", ["year: a year in four digits"]),
        ("year = true\noff = []\nworked = []", ["year: a year in four digits"]),
        (
            "year = 2027",
            [
                "off: a list of days, such as [2027-01-01]",
                "worked: a list of days, such as [2027-01-01]",
            ],
        ),
        (
            'year = 2027\noff = [2026-01-01, "2027-01-01", 2027-01-01T00:00:00]\nworked = []',
            [
                "off: '2027-01-01' is no day",
                "off: datetime.datetime(2027, 1, 1, 0, 0) is no day",
                "off: 2026-01-01 is not in 2027",
            ],
        ),
        (
            "year = 2027\noff = [2027-01-02]\nworked = [2027-01-02, 2027-01-04]\nmore = 1",
            [
                "more: no such setting",
                "2027-01-02: both off and worked",
                "worked: 2027-01-04 is no day of a weekend",
            ],
        ),
    ],
)
def test_every_mistake_of_a_file_is_told(text: str, mistakes: list[str]) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_year(text.encode(), "2027.toml")
    assert list(caught.value.mistakes) == mistakes


@pytest.mark.parametrize(
    "data", [b"\xff", b"year = ", b"x" * (MAX_FILE_LENGTH + 1), b"a=" + b"[" * 5000]
)
def test_what_is_no_calendar_file_is_said_so(data: bytes) -> None:
    with pytest.raises(SettingsInvalid):
        read_year(data, "2027.toml")


def test_days_are_those_of_beijing() -> None:
    late = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
    assert day_of(late) == date(2026, 3, 1)
    assert day_of(late + timedelta(seconds=1)) == date(2026, 3, 2)
    assert end_of_day(date(2026, 3, 1)) == late + timedelta(seconds=1)
