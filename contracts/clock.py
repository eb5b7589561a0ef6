"""The clock of a case: how much of its time limit is used, and when the rest is over. Pure.

Whoever holds the same messages and the same calendar reads the same clock; nothing is stored,
so a holiday that is announced later, or a message that comes late, is simply counted in.

How time is counted (Administrative Licensing Law, articles 32, 42, 45 and 82; Civil Code,
articles 201 to 203):

- Days: that on which something begins is not counted; the last is over at its end, 24:00. In
  working days, only those count. A last calendar day that is no working day moves to the next.
- Months: to the same day of the month, or its last; then as calendar days.
- Hours and minutes: from the moment itself.
- The clock stands still from a correction's request to its answer, and through a special
  procedure. The day on which it stops still counts, that on which it goes on again does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from contracts.matter import TimeLimit, TimeUnit
from contracts.messages import Kind
from contracts.working_days import Calendar, day_of, end_of_day

SILENCE = 5
"""Working days after which papers that nobody answered to count as accepted (article 32)."""

MOST_DAYS = 20_000
"""No limit reaches further: some fifty years."""

_Spans: TypeAlias = Sequence[tuple[datetime, datetime]]
"""From when until when the clock stands still, in order and apart."""

_DAY = timedelta(days=1)
_YEARS = range(1949, 9000)  # what somebody wrote may be any time at all
_LENGTHS = {TimeUnit.HOUR: timedelta(hours=1), TimeUnit.MINUTE: timedelta(minutes=1)}
_NO_LIMIT = TimeLimit(amount=0, unit=TimeUnit.WORKING_DAY)  # for its unit alone
_STOPS = {Kind.REQUEST_CORRECTION: Kind.CORRECT, Kind.SUSPEND: Kind.RESUME}
_ENDS = frozenset({Kind.DECIDE, Kind.TERMINATE})
_ANSWERS = frozenset({Kind.REQUEST_CORRECTION, Kind.ACCEPT, Kind.DECLINE, Kind.TERMINATE})


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened to a case, and when: a kind of message, and the time that it states."""

    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """The clock stands still; `until` None: still."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """How the clock of a case went. `deemed`: accepted by silence, not by a word; `ended_at`
    None: it is not decided yet."""

    started_at: datetime
    stops: tuple[Stop, ...] = ()
    ended_at: datetime | None = None
    deemed: bool = False

    def __post_init__(self) -> None:
        if self.ended_at is not None and any(stop.until is None for stop in self.stops):
            raise ValueError("a clock that has ended does not stand still")

    @property
    def stands(self) -> bool:
        """Whether it stands still now."""
        return self.ended_at is None and any(stop.until is None for stop in self.stops)


class Card(StrEnum):
    """红黄牌."""

    NONE = "none"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock at a moment. `used` is in the unit of the limit, months in calendar days, the
    day that runs counted in; `due_at`: when the limit is over, None while the clock stands, and
    without a limit; `provisional`: counted through days whose year is not announced."""

    used: int
    due_at: datetime | None
    provisional: bool
    card: Card


def run_of(history: Iterable[Moment], calendar: Calendar, now: datetime) -> Run | None:
    """How the clock went until `now`; None: it has not begun.

    `history` is in the order of the case's life, as far as its rules allowed it.
    """
    said = list(history)
    accepted = next((each for each in said if each.kind is Kind.ACCEPT), None)
    silent = deemed_accepted(said, calendar, now)
    start = silent.received_at if silent else accepted.at if accepted else None
    if start is None:
        return None
    ended = next((each.at for each in said if each.kind in _ENDS and each.at >= start), None)
    return Run(start, tuple(_stops(said, start)), ended, deemed=silent is not None)


def _stops(said: Sequence[Moment], start: datetime) -> Iterator[Stop]:
    """Stops after `start`; what one is answered with is next of its kind."""
    for index, each in enumerate(said):
        over = _STOPS.get(each.kind)
        if over is None or each.at < start:
            continue
        until = next((later.at for later in said[index + 1 :] if later.kind is over), None)
        if until is None:  # a decision ends what a correction or a procedure left open
            until = next((later.at for later in said[index + 1 :] if later.kind in _ENDS), None)
        yield Stop(each.at, until)


# --- acceptance by silence --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Silence:
    """The papers came at `received_at`, nobody answered in time: from `since` on they count as
    accepted, and the clock as begun when they came."""

    received_at: datetime
    since: datetime
    provisional: bool


def deemed_accepted(history: Sequence[Moment], calendar: Calendar, now: datetime) -> Silence | None:
    """Article 32 (4): whoever is not told within five working days what is missing is accepted
    from the day on which the papers came. None: answered in time, or there is time yet.
    """
    received = next((each for each in history if each.kind is Kind.RECEIVE), None)
    if received is None or received.at.year not in _YEARS:
        return None
    last, provisional = _last_day(day_of(received.at), SILENCE, calendar, (), working=True)
    since = end_of_day(last)
    answered = any(each.kind in _ANSWERS and each.at < since for each in history)
    return None if answered or now < since else Silence(received.at, since, provisional)


# --- the reading --------------------------------------------------------------------------------


def read_clock(
    run: Run, limit: TimeLimit | None, calendar: Calendar, now: datetime, *, yellow: float = 0.8
) -> Reading:
    """The clock of `run` at `now`. `yellow`: the share of the limit from which it is nearly late;
    without a limit, the working days that are used.

    Raises ValueError for a limit that reaches further than `MOST_DAYS`, and for a time that
    nothing can begin at.
    """
    if run.started_at.year not in _YEARS:
        raise ValueError(f"a clock that begins in the year {run.started_at.year}")
    at = min(now, run.ended_at) if run.ended_at else now
    stops = _apart((stop.since, stop.until or max(at, stop.since)) for stop in run.stops)
    if limit is None:
        return Reading(
            _used(run.started_at, stops, _NO_LIMIT, calendar, at), None, False, Card.NONE
        )
    used = _used(run.started_at, stops, limit, calendar, at)
    due, provisional = _due(run.started_at, stops, limit, calendar)
    late = at >= due
    near = run.ended_at is None and used >= yellow * _whole(run.started_at, limit)
    card = Card.RED if late else Card.YELLOW if near else Card.NONE
    if run.stands and not late:
        return Reading(used, None, False, card)
    return Reading(used, due, provisional, card)


def limit_until(start: datetime, promised: datetime, calendar: Calendar) -> TimeLimit:
    """A promised day as a limit in working days, so that stops move it.

    Raises ValueError for a day that is more than `MOST_DAYS` away.
    """
    day, last, amount = day_of(start), day_of(promised), 0
    if (last - day).days > MOST_DAYS:
        raise ValueError(f"promised for {last.year}")
    while day < last:
        day += _DAY
        amount += calendar.is_working_day(day)
    return TimeLimit(amount=amount, unit=TimeUnit.WORKING_DAY)


def _whole(start: datetime, limit: TimeLimit) -> int:
    """All of the limit, in the unit of `Reading.used`."""
    if limit.unit is not TimeUnit.MONTH:
        return limit.amount
    first = day_of(start)
    return (_months_later(first, limit.amount) - first).days


def _used(
    start: datetime, stops: _Spans, limit: TimeLimit, calendar: Calendar, at: datetime
) -> int:
    if limit.unit in _LENGTHS:
        gone = max(at - start, timedelta()) - _stood(stops, at)
        return gone // _LENGTHS[limit.unit]
    working = limit.unit is TimeUnit.WORKING_DAY
    day, end, used = day_of(start), day_of(at), 0
    while day < end:
        day += _DAY
        used += _counts(day, stops, calendar, working=working)
    return used


def _due(
    start: datetime, stops: _Spans, limit: TimeLimit, calendar: Calendar
) -> tuple[datetime, bool]:
    """When the limit is over as far as is known, and whether that may still move."""
    if limit.unit in _LENGTHS:
        due = start + limit.amount * _LENGTHS[limit.unit]
        for since, until in stops:
            if since < due:
                due += until - since
        return due, False
    working = limit.unit is TimeUnit.WORKING_DAY
    days = _whole(start, limit)
    last, provisional = _last_day(day_of(start), days, calendar, stops, working=working)
    return end_of_day(last), provisional


def _last_day(
    first: date, days: int, calendar: Calendar, stops: _Spans, *, working: bool
) -> tuple[date, bool]:
    """The day on which the last of `days` after `first` ends; whether it may still move."""
    if days > MOST_DAYS:
        raise ValueError(f"a time limit of more than {MOST_DAYS} days")
    day, provisional = first, False
    while days > 0 or (not working and not calendar.is_working_day(day)):
        day += _DAY
        provisional = provisional or not calendar.is_announced(day)
        if days > 0:
            days -= _counts(day, stops, calendar, working=working)
    return day, provisional


def _counts(day: date, stops: _Spans, calendar: Calendar, *, working: bool) -> bool:
    if working and not calendar.is_working_day(day):
        return False
    return not any(day_of(since) < day <= day_of(until) for since, until in stops)


def _stood(stops: _Spans, at: datetime) -> timedelta:
    """How long the clock stood still until `at`."""
    return sum((min(until, at) - since for since, until in stops if since < at), timedelta())


def _apart(stops: Iterable[tuple[datetime, datetime]]) -> _Spans:
    """The same spans without overlap, in order: what stands still twice stands still once."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in sorted(stops):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        raise ValueError("a time limit of more months than a calendar has")
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + (day.day - 1) * _DAY, after - _DAY)
