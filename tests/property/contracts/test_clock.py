"""The clock against a straightforward count, over a year with the Spring Festival in it.

The count is by another hand: it walks from day to day, or from minute to minute, asks the
package itself what is a working day, and knows nothing of spans.
"""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import Card, Run, Stop, read_clock
from contracts.matter import TimeLimit, TimeUnit
from contracts.working_days import BEIJING, built_in

CALENDAR = built_in()
NEW_YEAR = datetime(2026, 1, 1, tzinfo=BEIJING)

day_limits = st.builds(
    TimeLimit,
    amount=st.integers(0, 30),
    unit=st.sampled_from([TimeUnit.WORKING_DAY, TimeUnit.CALENDAR_DAY]),
)


def moment(minute: int) -> datetime:
    return NEW_YEAR + timedelta(minutes=minute)


@st.composite
def runs(draw: st.DrawFn, days: int = 200) -> tuple[Run, datetime]:
    """A run within the first `days` of the year, and a moment after all that happened in it."""
    minutes = st.integers(0, days * 24 * 60)
    points = sorted(draw(st.lists(minutes, min_size=2, max_size=8, unique=True)))
    start, *rest, now = points
    stops = [Stop(moment(a), moment(b)) for a, b in zip(rest[::2], rest[1::2], strict=False)]
    if len(rest) % 2:
        stops.append(Stop(moment(rest[-1])))
    return Run(moment(start), tuple(stops)), moment(now)


def works(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def stood_through(day: date, run: Run, now: datetime) -> bool:
    """The day on which it stops counts, that on which it goes on again does not."""
    return any(
        stop.since.astimezone(BEIJING).date() < day
        and day <= (stop.until or now).astimezone(BEIJING).date()
        for stop in run.stops
    )


@given(runs(), day_limits)
def test_days(case: tuple[Run, datetime], limit: TimeLimit) -> None:
    run, now = case
    working = limit.unit is TimeUnit.WORKING_DAY
    first, today = (m.astimezone(BEIJING).date() for m in (run.started_at, now))
    used, last, day, left = 0, first, first, limit.amount
    while left or (not working and not works(last)):
        day += timedelta(days=1)
        counts = (works(day) or not working) and not stood_through(day, run, now)
        used_day = counts and day <= today
        used += used_day
        if left:
            left -= counts
            last = day
        else:
            last += timedelta(days=1)
    while day < today:
        day += timedelta(days=1)
        used += (works(day) or not working) and not stood_through(day, run, now)
    reading = read_clock(run, limit, CALENDAR, now)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), BEIJING)
    late = now >= end
    assert reading.used == used
    assert reading.due_at == (None if run.stands and not late else end)
    assert (reading.card is Card.RED) == late
    assert not reading.provisional


@given(runs(days=2), st.integers(0, 3000))
def test_minutes(case: tuple[Run, datetime], amount: int) -> None:
    run, now = case
    limit = TimeLimit(amount=amount, unit=TimeUnit.MINUTE)
    at, used = run.started_at, 0
    while at < now:
        used += not any(stop.since <= at < (stop.until or now) for stop in run.stops)
        at += timedelta(minutes=1)
    reading = read_clock(run, limit, CALENDAR, now)
    assert reading.used == used
    assert (reading.card is Card.RED) == (used >= amount)


@given(runs(), day_limits, st.timedeltas(timedelta(), timedelta(days=60)))
def test_a_clock_never_runs_backwards(
    case: tuple[Run, datetime], limit: TimeLimit, later: timedelta
) -> None:
    run, now = case
    before, after = (read_clock(run, limit, CALENDAR, at) for at in (now, now + later))
    assert before.used <= after.used
    assert before.card is not Card.RED or after.card is Card.RED


def test_the_year_is_the_one_it_says() -> None:
    assert {works(date(2026, 2, day)) for day in (14, 28)} == {True}
    assert NEW_YEAR.astimezone(UTC).year == 2025
