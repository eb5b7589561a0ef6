"""Times as partners write them: all Beijing time, none with an offset; ours are UTC.

==============  ======================  ==========================
name            looks like              carries
==============  ======================  ==========================
compact         20201124153005          seconds
seconds         2020-11-24 15:30:05     seconds
date            2020-11-24              the day
compact_date    20201124                the day
epoch_seconds   1606203005              seconds
epoch_millis    1606203005123           milliseconds
==============  ======================  ==========================

Beijing time is UTC+8 without summer time; the summer times of 1986 to 1991 are not looked
for, because the systems of partners do not know them either.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.engine.rejection import Unfit
from contracts.working_days import BEIJING

Read = Callable[[str], datetime]
Write = Callable[[datetime], str]

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_SECONDS = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_EPOCH = re.compile(r"-?\d{1,15}", re.ASCII)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """One way to write a time. `read` and `write` raise Unfit; `step` is what it can tell apart."""

    name: str
    looks_like: str
    read: Read
    write: Write
    step: timedelta

    def carries(self, moment: datetime) -> bool:
        """Whether writing and reading gives `moment` again."""
        if self.step >= timedelta(days=1):
            local = moment.astimezone(BEIJING)
            return not (local.hour or local.minute or local.second or local.microsecond)
        return not moment.microsecond % (self.step // timedelta(microseconds=1))


def _read_with(pattern: re.Pattern[str], looks_like: str) -> Read:
    def read(text: str) -> datetime:
        found = pattern.fullmatch(text)
        if found is None:
            raise Unfit(f"not a time like {looks_like}")
        try:
            year, month, day, hour, minute, second = (*map(int, found.groups()), 0, 0, 0)[:6]
            local = datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
            return local.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Unfit(f"no such time: {error}") from error

    return read


def _write_with(template: str) -> Write:
    def write(moment: datetime) -> str:
        try:
            t = moment.astimezone(BEIJING)
        except OverflowError as error:
            raise Unfit("outside the years that Beijing time can be told for") from error
        return template % (t.year, t.month, t.day, t.hour, t.minute, t.second)

    return write


def _write_date_with(template: str) -> Write:
    def write(moment: datetime) -> str:
        try:
            t = moment.astimezone(BEIJING)
        except OverflowError as error:
            raise Unfit("outside the years that Beijing time can be told for") from error
        return template % (t.year, t.month, t.day)

    return write


def _read_epoch(unit: timedelta) -> Read:
    def read(text: str) -> datetime:
        if _EPOCH.fullmatch(text) is None:
            raise Unfit("not a whole number of seconds or milliseconds since 1970")
        try:
            return _BEGINNING + int(text) * unit
        except OverflowError as error:
            raise Unfit("no such time") from error

    return read


def _write_epoch(unit: timedelta) -> Write:
    return lambda moment: str((moment - _BEGINNING) // unit)


def _table() -> dict[str, TimeFormat]:
    second, milli, day = timedelta(seconds=1), timedelta(milliseconds=1), timedelta(days=1)
    rows = []
    for name, looks, pattern, template in (
        ("compact", "20201124153005", _COMPACT, "%04d%02d%02d%02d%02d%02d"),
        ("seconds", "2020-11-24 15:30:05", _SECONDS, "%04d-%02d-%02d %02d:%02d:%02d"),
    ):
        rows.append(
            TimeFormat(name, looks, _read_with(pattern, looks), _write_with(template), second)
        )
    for name, looks, pattern, template in (
        ("date", "2020-11-24", _DATE, "%04d-%02d-%02d"),
        ("compact_date", "20201124", _COMPACT_DATE, "%04d%02d%02d"),
    ):
        rows.append(
            TimeFormat(name, looks, _read_with(pattern, looks), _write_date_with(template), day)
        )
    rows.append(
        TimeFormat("epoch_seconds", "1606203005", _read_epoch(second), _write_epoch(second), second)
    )
    rows.append(
        TimeFormat("epoch_millis", "1606203005123", _read_epoch(milli), _write_epoch(milli), milli)
    )
    return {row.name: row for row in rows}


FORMATS: dict[str, TimeFormat] = _table()
