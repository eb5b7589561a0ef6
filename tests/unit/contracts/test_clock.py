"""The clock of a case, by examples that a clerk would count on his fingers."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.clock import (
    MOST_DAYS,
    Card,
    Moment,
    Run,
    Stop,
    deemed_accepted,
    read_clock,
    run_of,
)
from contracts.matter import TimeLimit, TimeUnit
from contracts.messages import Kind
from contracts.working_days import BEIJING, Calendar, built_in

CALENDAR = built_in()
FIVE = TimeLimit(amount=5, unit=TimeUnit.WORKING_DAY)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BEIJING)


def over(month: int, day: int, year: int = 2026) -> datetime:
    """The end of a day."""
    return at(month, day, 0, year) + timedelta(days=1)


def due(start: datetime, limit: TimeLimit, *stops: Stop) -> datetime | None:
    return read_clock(Run(start, stops), limit, CALENDAR, start).due_at


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at(3, 2), over(3, 9)),  # from Monday to Monday
        (at(2, 10), over(2, 24)),  # through the Spring Festival; Saturday 14 is worked
        (at(2, 14, 23), over(2, 28)),  # into Saturday 28, which is worked
        (at(2, 16), over(2, 28)),  # begun on a day off
        (at(9, 29), over(10, 12)),  # through the National Day; Saturday 10 October is worked
    ],
)
def test_five_working_days(start: datetime, end: datetime) -> None:
    assert due(start, FIVE) == end


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        (at(3, 2), 10, TimeUnit.CALENDAR_DAY, over(3, 12)),
        (at(2, 10), 10, TimeUnit.CALENDAR_DAY, over(2, 24)),  # the 20th is off: the next one
        (at(1, 31), 1, TimeUnit.MONTH, over(2, 28)),
        (at(12, 31), 2, TimeUnit.MONTH, over(3, 1, 2027)),  # 28 February 2027 is a Sunday
        (at(2, 28, 9), 36, TimeUnit.HOUR, at(3, 1, 21)),
        (at(2, 28, 9), 90, TimeUnit.MINUTE, at(2, 28, 10) + timedelta(minutes=30)),
        (at(3, 2), 0, TimeUnit.WORKING_DAY, over(3, 2)),  # at once: the same day
    ],
)
def test_other_units(start: datetime, amount: int, unit: TimeUnit, end: datetime) -> None:
    assert due(start, TimeLimit(amount=amount, unit=unit)) == end


def test_the_clock_stands_still_while_something_is_corrected() -> None:
    """Accepted on Monday 2; asked on Tuesday 3, corrected on Friday 6: 4, 5, 6 do not count."""
    assert due(at(3, 2), FIVE, Stop(at(3, 3), at(3, 6))) == over(3, 12)
    hours = TimeLimit(amount=10, unit=TimeUnit.HOUR)
    assert due(at(3, 2, 8), hours, Stop(at(3, 2, 9), at(3, 2, 12))) == at(3, 2, 21)


def test_stops_that_overlap_stand_once() -> None:
    both = Stop(at(3, 3), at(3, 5)), Stop(at(3, 4), at(3, 6))
    assert due(at(3, 2), FIVE, *both) == over(3, 12)
    hours = TimeLimit(amount=2, unit=TimeUnit.HOUR)
    assert due(
        at(3, 2, 8), hours, Stop(at(3, 2, 9), at(3, 2, 11)), Stop(at(3, 2, 10), at(3, 2, 12))
    ) == at(3, 2, 13)


def test_while_it_stands_nobody_knows_when_it_is_over() -> None:
    run = Run(at(3, 2), (Stop(at(3, 4)),))
    reading = read_clock(run, FIVE, CALENDAR, at(3, 20))
    assert run.stands
    assert (reading.used, reading.due_at, reading.card) == (2, None, Card.NONE)


def test_what_was_late_when_it_stopped_stays_late() -> None:
    reading = read_clock(Run(at(3, 2), (Stop(at(3, 10)),)), FIVE, CALENDAR, at(3, 20))
    assert (reading.due_at, reading.card) == (over(3, 9), Card.RED)


@pytest.mark.parametrize(
    ("now", "used", "card"),
    [
        (at(3, 2), 0, Card.NONE),
        (at(3, 4), 2, Card.NONE),
        (at(3, 5), 3, Card.NONE),
        (at(3, 6), 4, Card.YELLOW),
        (at(3, 8), 4, Card.YELLOW),
        (over(3, 9) - timedelta(seconds=1), 5, Card.YELLOW),
        (over(3, 9), 6, Card.RED),
    ],
)
def test_cards(now: datetime, used: int, card: Card) -> None:
    reading = read_clock(Run(at(3, 2)), FIVE, CALENDAR, now)
    assert (reading.used, reading.card) == (used, card)


def test_the_share_of_a_yellow_card_is_a_setting() -> None:
    assert read_clock(Run(at(3, 2)), FIVE, CALENDAR, at(3, 4), yellow=0.4).card is Card.YELLOW


def test_a_decision_in_time_ends_the_clock_without_a_card() -> None:
    in_time, late = Run(at(3, 2), (), at(3, 9, 18)), Run(at(3, 2), (), at(3, 10))
    assert read_clock(in_time, FIVE, CALENDAR, LATER).card is Card.NONE
    assert read_clock(late, FIVE, CALENDAR, LATER).card is Card.RED


def test_a_year_that_is_not_announced_makes_a_date_provisional() -> None:
    until_2025 = Calendar({})
    assert read_clock(Run(at(9, 29)), FIVE, until_2025, at(9, 29)).provisional
    known = read_clock(Run(at(9, 29)), FIVE, CALENDAR, at(9, 29))
    assert (known.provisional, known.due_at) == (False, over(10, 12))
    crossing = read_clock(Run(at(12, 30, year=max(CALENDAR.years))), FIVE, CALENDAR, at(12, 30))
    assert crossing.provisional


@pytest.mark.parametrize("year", [1, 1948, 9000, 9999])
def test_a_time_that_nothing_begins_at_is_refused(year: int) -> None:
    start = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match=f"year {year}"):
        read_clock(Run(start), FIVE, CALENDAR, at(3, 2))
    assert deemed_accepted([Moment(Kind.RECEIVE, start)], CALENDAR, LATER) is None


@pytest.mark.parametrize("unit", [TimeUnit.CALENDAR_DAY, TimeUnit.MONTH])
def test_a_limit_without_end_is_refused(unit: TimeUnit) -> None:
    with pytest.raises(ValueError, match="time limit"):
        read_clock(Run(at(3, 2)), TimeLimit(amount=MOST_DAYS + 1, unit=unit), CALENDAR, at(3, 2))


# --- from the history ---------------------------------------------------------------------------


def history(*said: tuple[Kind, datetime]) -> list[Moment]:
    return [Moment(kind, moment) for kind, moment in said]


def test_it_begins_with_the_acceptance_and_ends_with_the_decision() -> None:
    said = history(
        (Kind.SUBMIT, at(3, 1)),
        (Kind.RECEIVE, at(3, 2)),
        (Kind.REQUEST_CORRECTION, at(3, 3)),
        (Kind.CORRECT, at(3, 4)),
        (Kind.ACCEPT, at(3, 5)),
        (Kind.SUSPEND, at(3, 6)),
        (Kind.RESUME, at(3, 9)),
        (Kind.REQUEST_CORRECTION, at(3, 10)),
        (Kind.CORRECT, at(3, 11)),
        (Kind.DECIDE, at(3, 12)),
    )
    assert run_of(said[:4], CALENDAR, at(3, 4)) is None
    whole = Run(at(3, 5), (Stop(at(3, 6), at(3, 9)), Stop(at(3, 10), at(3, 11))), at(3, 12))
    assert run_of(said, CALENDAR, LATER) == whole


def test_an_end_closes_what_stood_open() -> None:
    said = history((Kind.ACCEPT, at(3, 5)), (Kind.SUSPEND, at(3, 6)), (Kind.TERMINATE, at(3, 9)))
    assert run_of(said, CALENDAR, LATER) == Run(at(3, 5), (Stop(at(3, 6), at(3, 9)),), at(3, 9))
    with pytest.raises(ValueError, match="does not stand still"):
        Run(at(3, 5), (Stop(at(3, 6)),), at(3, 9))


def test_five_working_days_of_silence_are_an_acceptance() -> None:
    said = history((Kind.RECEIVE, at(3, 2)))
    assert deemed_accepted(said, CALENDAR, over(3, 9) - timedelta(seconds=1)) is None
    silence = deemed_accepted(said, CALENDAR, over(3, 9))
    assert silence is not None
    assert (silence.received_at, silence.since, silence.provisional) == (
        at(3, 2),
        over(3, 9),
        False,
    )
    assert run_of(said, CALENDAR, over(3, 9)) == Run(at(3, 2), deemed=True)


@pytest.mark.parametrize("kind", [Kind.REQUEST_CORRECTION, Kind.ACCEPT, Kind.DECLINE])
def test_who_answers_in_time_was_not_silent(kind: Kind) -> None:
    said = history((Kind.RECEIVE, at(3, 2)), (kind, at(3, 9, 23)))
    assert deemed_accepted(said, CALENDAR, LATER) is None


def test_who_answers_too_late_has_accepted_from_the_day_the_papers_came() -> None:
    said = history((Kind.RECEIVE, at(3, 2)), (Kind.ACCEPT, at(3, 10)))
    assert run_of(said, CALENDAR, LATER) == Run(at(3, 2), deemed=True)
