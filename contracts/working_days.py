"""Working days: which days time limits count. Pure.

Holidays and the weekends that are worked in exchange are announced by the General Office of the
State Council, a year at a time, in November or so of the year before. A year that was not
announced yet goes by weekends alone, and whatever was counted through it is provisional: counted
again, with the same words, once the year is known.

Days are those of Beijing (UTC+8, without daylight saving since 1992).
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from chinese_calendar import constants

from contracts.errors import SettingsInvalid

BEIJING = timezone(timedelta(hours=8), "CST")
MAX_FILE_LENGTH = 64 * 1024
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Year:
    """What is announced of one year. `off`: days off, weekends among them or not; `worked`:
    days of a weekend that are worked."""

    off: frozenset[date]
    worked: frozenset[date]


class Calendar:
    """The years that are known."""

    def __init__(self, years: Mapping[int, Year]) -> None:
        self._years = dict(years)

    @property
    def years(self) -> Collection[int]:
        """Those that are announced."""
        return self._years.keys()

    def is_announced(self, day: date) -> bool:
        """Whether it is known for sure if `day` is a working day."""
        return day.year in self._years

    def is_working_day(self, day: date) -> bool:
        """As announced; in a year that is not known, from Monday to Friday."""
        year = self._years.get(day.year)
        if year is not None and day in year.off:
            return False
        if year is not None and day in year.worked:
            return True
        return day.weekday() < _SATURDAY

    def with_years(self, more: Mapping[int, Year]) -> "Calendar":
        """This calendar with years that are new, or said otherwise, in `more`."""
        return Calendar({**self._years, **more})


def built_in() -> Calendar:
    """The years that the package `chinesecalendar` knows: from 2004 on."""
    years = {day.year for day in constants.holidays}
    return Calendar(
        {
            year: Year(
                frozenset(day for day in constants.holidays if day.year == year),
                frozenset(day for day in constants.workdays if day.year == year),
            )
            for year in years
        }
    )


def read_year(data: bytes, name: str) -> tuple[int, Year]:
    """A calendar file, named `name` in errors: ``year``, ``off`` and ``worked`` in TOML.

    ::

        year = 2027
        off = [2027-01-01, 2027-02-05]
        worked = [2027-02-07]

    Raises SettingsInvalid with every mistake that it has.
    """
    if len(data) > MAX_FILE_LENGTH:
        raise SettingsInvalid([f"longer than {MAX_FILE_LENGTH} bytes"], source=name)
    try:
        table = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsInvalid([str(error)], source=name) from error
    mistakes = [f"{key}: no such setting" for key in table.keys() - {"year", "off", "worked"}]
    year = table.get("year")
    if type(year) is not int or not 1949 <= year <= 9998:
        raise SettingsInvalid([*mistakes, "year: a year in four digits"], source=name)
    days = {key: _days(table.get(key), key, year, mistakes) for key in ("off", "worked")}
    mistakes += [f"{day}: both off and worked" for day in sorted(days["off"] & days["worked"])]
    mistakes += [
        f"worked: {day} is no day of a weekend"
        for day in sorted(days["worked"])
        if day.weekday() < _SATURDAY
    ]
    if mistakes:
        raise SettingsInvalid(mistakes, source=name)
    return year, Year(days["off"], days["worked"])


def _days(given: object, key: str, year: int, mistakes: list[str]) -> frozenset[date]:
    if not isinstance(given, list):
        mistakes.append(f"{key}: a list of days, such as [{year}-01-01]")
        return frozenset()
    found = {day for day in given if type(day) is date}
    mistakes += [f"{key}: {item!r} is no day" for item in given if type(item) is not date]
    mistakes += [f"{key}: {day} is not in {year}" for day in sorted(found) if day.year != year]
    return frozenset(found)


def day_of(moment: datetime) -> date:
    """The day in Beijing. `moment` carries a zone."""
    return moment.astimezone(BEIJING).date()


def end_of_day(day: date) -> datetime:
    """The moment at which `day` is over in Beijing, in UTC."""
    return datetime.combine(day + _DAY, time(), BEIJING).astimezone(UTC)
