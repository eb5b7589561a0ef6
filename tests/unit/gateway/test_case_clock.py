"""The clock of a case, from messages: what they state, and what is left when they are gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from contracts.case import Decision, Outcome
from contracts.clock import Card, Run, Stop
from contracts.envelope import CONTRACT, Envelope
from contracts.ids import uuid7
from contracts.matter import TimeLimit, TimeUnit
from contracts.messages import (
    AcceptBody,
    CorrectBody,
    DecideBody,
    Kind,
    ReceiveBody,
    RequestCorrectionBody,
)
from contracts.model import Model
from contracts.working_days import BEIJING, built_in
from gateway.exchange.case_clock import CaseClock, Counting, clock_of
from gateway.records import Direction, MessageRecord, MessageState

COUNTING = Counting(built_in(), 0.8)
WRITTEN = datetime(2026, 3, 20, 9, tzinfo=UTC)


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 10, tzinfo=BEIJING)


def record(kind: Kind, state: MessageState = MessageState.TAKEN) -> MessageRecord:
    envelope = Envelope(
        id=uuid7(1_700_000_000_000, kind.value.encode()[-10:].rjust(10)),
        kind=kind,
        contract=CONTRACT,
        sender="440100",
        receiver="410100",
        case_id=uuid7(1_600_000_000_000, bytes(10)),
        sequence=1,
        created_at=WRITTEN,
        expires_at=WRITTEN + timedelta(days=3),
        parts=(),
    )
    return MessageRecord(
        id=envelope.id,
        sender=envelope.sender,
        receiver=envelope.receiver,
        direction=Direction.IN,
        case_id=envelope.case_id,
        kind=kind,
        sequence=1,
        state=state,
        envelope=envelope.to_json(),
        digest=bytes(32),
        recorded_at=0,
        expires_at=0,
    )


SAID: dict[Kind, Callable[[datetime], Model]] = {
    Kind.RECEIVE: lambda at: ReceiveBody(case_number="1", received_at=at),
    Kind.ACCEPT: lambda at: AcceptBody(accepted_at=at, promised_at=at + timedelta(days=7)),
    Kind.REQUEST_CORRECTION: lambda at: RequestCorrectionBody(requested_at=at, reason="x"),
    Kind.CORRECT: lambda at: CorrectBody(corrected_at=at),
    Kind.DECIDE: lambda at: DecideBody(decision=Decision(outcome=Outcome.GRANTED, decided_at=at)),
}


def clock(now: datetime, *said: tuple[Kind, datetime]) -> CaseClock | None:
    messages = [record(kind) for kind, _ in said]
    bodies: dict[tuple[str, str], Model] = {
        (message.sender, message.id): SAID[kind](moment)
        for message, (kind, moment) in zip(messages, said, strict=True)
    }
    return clock_of(messages, bodies, COUNTING, now)


def test_a_promise_is_moved_by_what_stood_still() -> None:
    """Accepted on Monday 2, promised for Monday 9; from the 3rd to the 6th something lacked."""
    found = clock(
        at(10),
        (Kind.RECEIVE, at(2)),
        (Kind.ACCEPT, at(2)),
        (Kind.REQUEST_CORRECTION, at(3)),
        (Kind.CORRECT, at(6)),
    )
    assert found is not None
    assert found.run == Run(at(2), (Stop(at(3), at(6)),))
    assert found.limit == TimeLimit(amount=5, unit=TimeUnit.WORKING_DAY)
    assert found.reading.due_at == datetime(2026, 3, 13, tzinfo=BEIJING)
    assert (found.reading.used, found.reading.card) == (3, Card.NONE)


def test_a_late_decision_has_a_red_card() -> None:
    found = clock(at(30), (Kind.ACCEPT, at(2)), (Kind.DECIDE, at(10)))
    assert found is not None
    assert (found.run.ended_at, found.reading.card) == (at(10), Card.RED)


def test_without_a_promise_the_days_are_counted_all_the_same() -> None:
    found = clock(at(12), (Kind.RECEIVE, at(2)))  # nobody answered
    assert found is not None
    assert (found.run.deemed, found.limit, found.reading.used) == (True, None, 8)


def test_what_cannot_be_opened_counts_as_it_was_written() -> None:
    found = clock_of([record(Kind.ACCEPT)], {}, COUNTING, WRITTEN)
    assert found is not None
    assert (found.run, found.limit) == (Run(WRITTEN), None)


def test_what_was_refused_was_not_said() -> None:
    assert clock_of([record(Kind.ACCEPT, MessageState.REFUSED)], {}, COUNTING, WRITTEN) is None


def test_before_acceptance_there_is_no_clock() -> None:
    assert clock(at(3), (Kind.RECEIVE, at(2))) is None


def test_a_time_that_nothing_begins_at_shows_no_clock() -> None:
    assert clock(at(3), (Kind.ACCEPT, datetime(9998, 1, 1, tzinfo=UTC))) is None
