"""The life of a case: held to a table written by hand, and to every sequence of messages.

`EXPECTED` was written from the paper that describes the life of a case, not from the code:
one line a kind, one column a state, so that a reader can compare it with the paper.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.case import Case, State
from contracts.envelope import Envelope
from contracts.errors import Refusal
from contracts.lifecycle import LIFE, RULES, Role, advance
from contracts.messages import BODIES, Kind

RECEIVING, HANDLING, THIRD = "410100", "440100", "430100"
CASE_ID = "0190f5b4-0000-7000-8000-000000000001"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
STATES = [
    State.SUBMITTED, State.RECEIVED, State.CORRECTING, State.ACCEPTED, State.SUSPENDED,
    State.DECIDED, State.CLOSED, State.DELIVERED, State.DECLINED, State.WITHDRAWN,
    State.TERMINATED,
]  # fmt: skip

# "-" refused; "=" the state stays; "<" back to where it came from; else the new state.
# SUB submitted, RCV received, COR correcting, ACC accepted, SUS suspended, DEC decided,
# CLO closed, DLV delivered, DCL declined, WDR withdrawn, TRM terminated
EXPECTED = """
who kind                    SUB RCV COR ACC SUS DEC CLO DLV DCL WDR TRM
R   case.submit             -   -   -   -   -   -   -   -   -   -   -
H   case.receive            RCV -   -   -   -   -   -   -   -   -   -
H   case.request_correction -   COR -   COR -   -   -   -   -   -   -
R   case.correct            -   -   <   -   -   -   -   -   -   -   -
H   case.accept             -   ACC -   -   -   -   -   -   -   -   -
H   case.decline            -   DCL DCL -   -   -   -   -   -   -   -
H   case.suspend            -   -   -   SUS -   -   -   -   -   -   -
H   case.resume             -   -   -   -   <   -   -   -   -   -   -
H   case.progress           -   =   =   =   =   =   -   -   -   -   -
H   case.decide             -   -   -   DEC -   -   -   -   -   -   -
H   case.close              -   -   -   -   -   CLO -   -   -   -   -
R   case.deliver            -   -   -   -   -   -   DLV -   -   -   -
R   case.withdraw           =   =   =   =   =   -   -   -   -   -   -
H   case.terminate          TRM TRM TRM TRM TRM -   -   -   -   -   -
R   case.remind             =   =   =   =   =   =   -   -   -   -   -
R   case.evaluate           -   -   -   -   -   -   =   =   =   =   =
H   case.answer_evaluation  -   -   -   -   -   -   -   -   -   -   -
"""
SHORT = dict(
    zip(
        ["SUB", "RCV", "COR", "ACC", "SUS", "DEC", "CLO", "DLV", "DCL", "WDR", "TRM"],
        STATES,
        strict=True,
    )
)


def expected() -> list[tuple[str, Kind, State, str]]:
    _, *lines = EXPECTED.strip().splitlines()
    cells = []
    for line in lines:
        who, kind, *outcomes = line.split()
        cells += [
            (who, Kind(kind), state, outcome)
            for state, outcome in zip(STATES, outcomes, strict=True)
        ]
    return cells


def says(kind: str, sender: str, receiver: str) -> Envelope:
    return Envelope(
        id="0190f5b4-0000-7000-8000-00000000000a",
        kind=kind,
        contract="1.0",
        sender=sender,
        receiver=receiver,
        case_id=CASE_ID,
        sequence=1,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


def case_in(state: State, **different: object) -> Case:
    """A case in `state`; a correction or suspension came from where it usually comes from."""
    usual = {State.CORRECTING: State.RECEIVED, State.SUSPENDED: State.ACCEPTED}
    return Case.model_validate(
        {
            "id": CASE_ID,
            "receiving": RECEIVING,
            "handling": HANDLING,
            "state": state,
            "returns_to": usual.get(state),
            **different,
        }
    )


def test_the_hand_written_table_speaks_of_every_kind_and_state() -> None:
    assert {kind for _, kind, _, _ in expected()} == set(Kind) == set(BODIES)
    assert set(STATES) == set(State)


@pytest.mark.parametrize(("who", "kind", "state", "outcome"), expected())
def test_every_kind_in_every_state_from_every_city(
    who: str, kind: Kind, state: State, outcome: str
) -> None:
    case = case_in(state)
    speaker, listener = (RECEIVING, HANDLING) if who == "R" else (HANDLING, RECEIVING)
    after = advance(case, says(kind, speaker, listener))
    if outcome == "-":
        assert isinstance(after, Refusal)
        assert after.code == ("case.exists" if kind is Kind.SUBMIT else "case.not_allowed")
    else:
        assert isinstance(after, Case)
        states = {"=": state, "<": case.returns_to}
        assert after.state is states.get(outcome, SHORT.get(outcome))
    for sender, receiver in [(listener, speaker), (THIRD, listener), (speaker, THIRD)]:
        other = advance(case, says(kind, sender, receiver))
        assert isinstance(other, Refusal)
        assert other.code == ("case.exists" if kind is Kind.SUBMIT else "case.wrong_city")


@pytest.mark.parametrize("kind", [*Kind, "case.nonsense"])
def test_only_a_submission_opens_a_case(kind: str) -> None:
    after = advance(None, says(kind, RECEIVING, HANDLING))
    if kind == Kind.SUBMIT:
        assert after == case_in(State.SUBMITTED)
    else:
        assert isinstance(after, Refusal)
        unknown = kind not in set(Kind)
        assert after.code == ("envelope.kind_unknown" if unknown else "case.unknown")


@pytest.mark.parametrize("origin", [State.RECEIVED, State.ACCEPTED])
def test_a_correction_returns_to_where_it_was_asked_for(origin: State) -> None:
    asked = advance(case_in(origin), says(Kind.REQUEST_CORRECTION, HANDLING, RECEIVING))
    assert asked == case_in(State.CORRECTING, returns_to=origin)
    back = advance(asked, says(Kind.CORRECT, RECEIVING, HANDLING))
    assert back == case_in(origin)


def test_a_case_that_was_accepted_is_not_declined_while_it_is_corrected() -> None:
    asked = case_in(State.CORRECTING, returns_to=State.ACCEPTED)
    refused = advance(asked, says(Kind.DECLINE, HANDLING, RECEIVING))
    assert isinstance(refused, Refusal)
    assert refused.code == "case.not_allowed"


@pytest.mark.parametrize(("asked", "end"), [(True, State.WITHDRAWN), (False, State.TERMINATED)])
def test_a_termination_agrees_to_a_withdrawal_where_one_was_asked_for(
    asked: bool, end: State
) -> None:
    case = case_in(State.ACCEPTED)
    if asked:
        following = advance(case, says(Kind.WITHDRAW, RECEIVING, HANDLING))
        assert isinstance(following, Case)
        case = following
    ended = advance(case, says(Kind.TERMINATE, HANDLING, RECEIVING))
    assert isinstance(ended, Case)
    assert ended.state is end


def test_a_case_is_evaluated_once_and_answered_only_then() -> None:
    closed = case_in(State.CLOSED)
    answer = says(Kind.ANSWER_EVALUATION, HANDLING, RECEIVING)
    assert isinstance(advance(closed, answer), Refusal)
    rated = advance(closed, says(Kind.EVALUATE, RECEIVING, HANDLING))
    assert rated == case_in(State.CLOSED, evaluated=True)
    assert isinstance(advance(rated, says(Kind.EVALUATE, RECEIVING, HANDLING)), Refusal)
    assert advance(rated, answer) == rated


messages = st.builds(
    says,
    st.sampled_from([*Kind, "case.nonsense", "catalogue.publish"]),
    st.sampled_from([RECEIVING, HANDLING, THIRD]),
    st.sampled_from([RECEIVING, HANDLING, THIRD]),
)


@given(st.lists(messages, max_size=60))
def test_no_sequence_of_messages_leaves_the_table(sequence: list[Envelope]) -> None:
    case: Case | None = None
    for message in sequence:
        before = case.model_copy(deep=True) if case else None
        after = advance(case, message)
        assert case == before, "advance changes nothing itself"
        if isinstance(after, Refusal):
            continue
        if case is None:
            assert message.kind == Kind.SUBMIT
            assert (after.receiving, after.handling) == (message.sender, message.receiver)
        else:
            _one_step(case, message, after)
        _holds_together(after)
        case = after


def _one_step(case: Case, message: Envelope, after: Case) -> None:
    rule = RULES[message.kind]
    assert message.sender == (case.receiving if rule.by is Role.RECEIVING else case.handling)
    assert (after.id, after.receiving, after.handling) == (case.id, case.receiving, case.handling)
    if after.state is not case.state:
        moved_by_the_receiving_city = {Kind.CORRECT, Kind.DELIVER}
        if Kind(message.kind) not in moved_by_the_receiving_city:
            assert message.sender == case.handling, "facts are the handling city's to state"
    over = {State.DELIVERED, State.DECLINED, State.WITHDRAWN, State.TERMINATED}
    assert case.state not in over or after.state is case.state, "what is over stays over"


def _holds_together(case: Case) -> None:
    stands_still = case.state in {State.CORRECTING, State.SUSPENDED}
    assert (case.returns_to is not None) == stands_still
    assert case.returns_to in {None, State.RECEIVED, State.ACCEPTED}
    if case.state is State.WITHDRAWN:
        assert case.withdrawal_asked


def test_each_kind_has_one_row() -> None:
    assert sorted(rule.kind for rule in LIFE) == sorted(Kind)
