"""The view of a case: whose turn it is, and what each message made of the case."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.case import Case, State
from contracts.envelope import CONTRACT, Envelope
from contracts.ids import uuid7
from contracts.lifecycle import LIFE, Role, Then
from contracts.messages import Kind
from gateway.exchange.view import CaseView, events_of, whose_turn
from gateway.records import CaseRecord, Direction, MessageRecord, MessageState

_RECEIVING, _HANDLING = "410100", "440100"
_CASE_ID = uuid7(1_600_000_000_000, bytes(10))


def _case(state: State, *, withdrawal_asked: bool = False) -> Case:
    return Case(
        id=_CASE_ID,
        receiving=_RECEIVING,
        handling=_HANDLING,
        state=state,
        returns_to=State.RECEIVED if state is State.CORRECTING else None,
        withdrawal_asked=withdrawal_asked,
    )


@pytest.mark.parametrize("state", list(State))
def test_a_turn_is_what_the_life_of_a_case_allows(state: State) -> None:
    turn = whose_turn(_case(state))
    for kind in turn.kinds if turn else ():
        rule = next(rule for rule in LIFE if rule.kind is kind)
        assert state in rule.states
        assert turn
        assert turn.member == (_RECEIVING if rule.by is Role.RECEIVING else _HANDLING)


@pytest.mark.parametrize("state", list(State))
def test_nobody_has_a_turn_exactly_where_nothing_leads_on(state: State) -> None:
    leads_on = any(
        state in rule.states and (isinstance(rule.then, State) or rule.then is Then.BACK)
        for rule in LIFE
    )
    assert (whose_turn(_case(state)) is not None) == leads_on


@pytest.mark.parametrize("state", [State.SUBMITTED, State.CORRECTING, State.ACCEPTED])
def test_whoever_was_asked_to_withdraw_must_answer(state: State) -> None:
    turn = whose_turn(_case(state, withdrawal_asked=True))
    assert turn
    assert (turn.member, turn.kinds) == (_HANDLING, (Kind.TERMINATE,))


def test_a_case_that_was_never_opened_waits_for_nobody() -> None:
    assert whose_turn(None) is None


def _message(kind: Kind, sequence: int, state: MessageState = MessageState.TAKEN) -> MessageRecord:
    rule = next(rule for rule in LIFE if rule.kind is kind)
    ways = (_RECEIVING, _HANDLING) if rule.by is Role.RECEIVING else (_HANDLING, _RECEIVING)
    now = datetime.now(UTC)
    envelope = Envelope(
        id=uuid7(1_600_000_000_000 + sequence, kind.encode()[-10:].rjust(10)),
        kind=kind,
        contract=CONTRACT,
        sender=ways[0],
        receiver=ways[1],
        case_id=_CASE_ID,
        sequence=sequence,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    return MessageRecord(
        id=envelope.id,
        sender=envelope.sender,
        receiver=envelope.receiver,
        direction=Direction.OUT,
        case_id=_CASE_ID,
        kind=kind,
        sequence=sequence,
        state=state,
        envelope=envelope.to_json(),
        digest=bytes(32),
        recorded_at=0,
        expires_at=0,
    )


def test_every_message_shows_what_it_made_of_the_case() -> None:
    messages = [
        _message(Kind.SUBMIT, 1),
        _message(Kind.RECEIVE, 1),
        _message(Kind.REQUEST_CORRECTION, 2),
        _message(Kind.CORRECT, 2),
        _message(Kind.WITHDRAW, 3),
        _message(Kind.TERMINATE, 3),
    ]
    assert [event.state for event in events_of(messages, {})] == [
        State.SUBMITTED,
        State.RECEIVED,
        State.CORRECTING,
        State.RECEIVED,
        State.RECEIVED,
        State.WITHDRAWN,
    ]


def test_what_was_refused_or_crossed_changes_nothing() -> None:
    messages = [
        _message(Kind.SUBMIT, 1),
        _message(Kind.RECEIVE, 1),
        _message(Kind.DECLINE, 2, MessageState.REFUSED),
        _message(Kind.CORRECT, 2),
    ]
    states = [event.state for event in events_of(messages, {})]
    assert states == [State.SUBMITTED, State.RECEIVED, State.RECEIVED, State.RECEIVED]


def test_a_refused_submission_still_names_both_cities() -> None:
    record = CaseRecord(_CASE_ID, _HANDLING, None, 1, 0, "N-1", 0, 0)
    events = events_of([_message(Kind.SUBMIT, 1, MessageState.REFUSED)], {})
    view = CaseView(_RECEIVING, record, events)
    assert (view.receiving, view.handling, view.state) == (_RECEIVING, _HANDLING, None)
