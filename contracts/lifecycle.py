"""The life of a case, as one table, and `advance`, the only way along it.

The handling city states facts; the receiving city asks and reports. A message that the
table does not allow changes nothing and is refused with a reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from contracts.case import Case, State
from contracts.envelope import Envelope
from contracts.errors import Refusal
from contracts.messages import Kind


class Role(Enum):
    """Which city may say it."""

    RECEIVING = "receiving"
    HANDLING = "handling"


class Then(Enum):
    """What becomes of the state, where it is not simply another state."""

    STAY = "stays as it is"
    BACK = "returns to where it came from"
    ASK = "stays; the withdrawal is asked for"
    END = "withdrawn if that was asked for, else terminated"
    RATE = "stays; the evaluation is given"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `kind`, said by `by` in one of `states`, leads to `then`."""

    kind: Kind
    by: Role
    states: frozenset[State]
    then: State | Then


def _row(kind: Kind, by: Role, states: Iterable[State], then: State | Then) -> Rule:
    return Rule(kind, by, frozenset(states), then)


_S = State
_BEFORE_DECIDED = {_S.SUBMITTED, _S.RECEIVED, _S.CORRECTING, _S.ACCEPTED, _S.SUSPENDED}
_IN_HAND = {_S.RECEIVED, _S.CORRECTING, _S.ACCEPTED, _S.SUSPENDED, _S.DECIDED}
_OVER = {_S.CLOSED, _S.DELIVERED, _S.DECLINED, _S.WITHDRAWN, _S.TERMINATED}
_RCV, _HDL = Role.RECEIVING, Role.HANDLING

LIFE: tuple[Rule, ...] = (
    # kind                       by    from                        to
    _row(Kind.SUBMIT, _RCV, (), _S.SUBMITTED),
    _row(Kind.RECEIVE, _HDL, {_S.SUBMITTED}, _S.RECEIVED),
    _row(Kind.REQUEST_CORRECTION, _HDL, {_S.RECEIVED, _S.ACCEPTED}, _S.CORRECTING),
    _row(Kind.CORRECT, _RCV, {_S.CORRECTING}, Then.BACK),
    _row(Kind.ACCEPT, _HDL, {_S.RECEIVED}, _S.ACCEPTED),
    _row(Kind.DECLINE, _HDL, {_S.RECEIVED, _S.CORRECTING}, _S.DECLINED),
    _row(Kind.SUSPEND, _HDL, {_S.ACCEPTED}, _S.SUSPENDED),
    _row(Kind.RESUME, _HDL, {_S.SUSPENDED}, Then.BACK),
    _row(Kind.PROGRESS, _HDL, _IN_HAND, Then.STAY),
    _row(Kind.DECIDE, _HDL, {_S.ACCEPTED}, _S.DECIDED),
    _row(Kind.CLOSE, _HDL, {_S.DECIDED}, _S.CLOSED),
    _row(Kind.DELIVER, _RCV, {_S.CLOSED}, _S.DELIVERED),
    _row(Kind.WITHDRAW, _RCV, _BEFORE_DECIDED, Then.ASK),
    _row(Kind.TERMINATE, _HDL, _BEFORE_DECIDED, Then.END),
    _row(Kind.REMIND, _RCV, _BEFORE_DECIDED | {_S.DECIDED}, Then.STAY),
    _row(Kind.EVALUATE, _RCV, _OVER, Then.RATE),
    _row(Kind.ANSWER_EVALUATION, _HDL, _OVER, Then.STAY),
)

RULES: dict[str, Rule] = {rule.kind.value: rule for rule in LIFE}

_CORRECTION = {State.CORRECTING, State.SUSPENDED}


def advance(case: Case | None, message: Envelope) -> Case | Refusal:
    """The case after `message`, or why the message is refused. Pure; `case` is not changed.

    `case` is None when no such case was opened. The refusal codes: `envelope.kind_unknown`,
    `case.unknown`, `case.exists`, `case.wrong_city`, `case.not_allowed`.
    """
    rule = RULES.get(message.kind)
    if rule is None:
        return Refusal("envelope.kind_unknown", f"kind {message.kind}", {"kind": message.kind})
    if rule.kind is Kind.SUBMIT:
        return _open(case, message)
    if case is None:
        return Refusal("case.unknown", f"no case {message.case_id}", {"case": message.case_id})
    speaker = case.receiving if rule.by is Role.RECEIVING else case.handling
    listener = case.handling if rule.by is Role.RECEIVING else case.receiving
    if (message.sender, message.receiver) != (speaker, listener):
        return Refusal(
            "case.wrong_city",
            f"{rule.kind} is said by the {rule.by.value} city, {speaker}",
            {"kind": rule.kind, "sender": message.sender},
        )
    if case.state not in rule.states or not _sensible(rule, case):
        return Refusal(
            "case.not_allowed",
            f"{rule.kind} is not allowed in state {case.state}",
            {"kind": rule.kind, "state": case.state},
        )
    return _follow(rule, case)


def _open(case: Case | None, message: Envelope) -> Case | Refusal:
    if case is not None:
        return Refusal("case.exists", f"case {case.id} is open", {"state": case.state})
    return Case(
        id=message.case_id,
        receiving=message.sender,
        handling=message.receiver,
        state=State.SUBMITTED,
    )


def _sensible(rule: Rule, case: Case) -> bool:
    """What the columns of the table cannot say."""
    if rule.kind is Kind.DECLINE and case.state is State.CORRECTING:
        return case.returns_to is State.RECEIVED  # once accepted, a case is decided
    if rule.kind is Kind.EVALUATE:
        return not case.evaluated
    if rule.kind is Kind.ANSWER_EVALUATION:
        return case.evaluated
    return True


def _follow(rule: Rule, case: Case) -> Case:
    match rule.then:
        case Then.STAY:
            return case
        case Then.RATE:
            return case.model_copy(update={"evaluated": True})
        case Then.ASK:
            return case.model_copy(update={"withdrawal_asked": True})
        case Then.BACK:
            return case.model_copy(update={"state": case.returns_to, "returns_to": None})
        case Then.END:
            end = State.WITHDRAWN if case.withdrawal_asked else State.TERMINATED
            return case.model_copy(update={"state": end, "returns_to": None})
        case State() as state:
            origin = case.state if state in _CORRECTION else None
            return case.model_copy(update={"state": state, "returns_to": origin})
