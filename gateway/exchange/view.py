"""View: what this gateway knows of a case, put together for whoever reads it.

The pure half, `CaseView`, is made of records alone: whose turn it is, and what each message
made of the case. The reading half, `ViewCase`, fetches the records, and opens what is
private only where it is asked to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from contracts.case import Application, Case, State
from contracts.errors import MessageRefused, Wrong
from contracts.lifecycle import Role
from contracts.messages import Kind, SubmitBody
from contracts.receipt import Receipt
from gateway.exchange.case_clock import CLOCK_KINDS, CaseClock, Counting, clock_of
from gateway.exchange.history import after
from gateway.exchange.open_message import Opened, OpenMessage
from gateway.ports import Clock, Store
from gateway.records import UNSAID_STATES, CaseRecord, MessageRecord

_S, _HANDLING, _RECEIVING = State, Role.HANDLING, Role.RECEIVING

_TURNS: dict[State, tuple[Role, tuple[Kind, ...]]] = {
    _S.SUBMITTED: (_HANDLING, (Kind.RECEIVE,)),
    _S.RECEIVED: (_HANDLING, (Kind.ACCEPT, Kind.DECLINE, Kind.REQUEST_CORRECTION)),
    _S.CORRECTING: (_RECEIVING, (Kind.CORRECT,)),
    _S.ACCEPTED: (_HANDLING, (Kind.DECIDE,)),
    _S.SUSPENDED: (_HANDLING, (Kind.RESUME,)),
    _S.DECIDED: (_HANDLING, (Kind.CLOSE,)),
    _S.CLOSED: (_RECEIVING, (Kind.DELIVER,)),
}
"""Who moves a case on from a state, and with what; nobody from the others."""

_ALWAYS_OPENED = CLOCK_KINDS | {Kind.SUBMIT}
_BEFORE_DECIDED = {_S.SUBMITTED, _S.RECEIVED, _S.CORRECTING, _S.ACCEPTED, _S.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Turn:
    """The member who must act next, and the kinds of message that would be the act."""

    member: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One message of the case. `state` is the case's after it, None when it never opened.

    `receipted_at` is the receiver's time in the receipt; `opened` lacks unless asked for.
    """

    message: MessageRecord
    state: State | None
    receipted_at: datetime | None
    opened: Opened | None = None


Bodies = dict[tuple[str, str], Opened]
"""What messages say, by sender and id: an id is unique for its sender alone."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the member `us` knows it."""

    us: str
    record: CaseRecord
    events: tuple[Event, ...]
    application: Application | None = None
    clock: CaseClock | None = None

    @property
    def receiving(self) -> str:
        """The member that received the case; who submitted it, when it was never opened."""
        if self.record.case is not None:
            return self.record.case.receiving
        return self.events[0].message.sender if self.events else self.us

    @property
    def handling(self) -> str:
        return self.record.partner if self.receiving == self.us else self.us

    @property
    def state(self) -> State | None:
        return self.record.case.state if self.record.case else None

    @property
    def turn(self) -> Turn | None:
        """Who must act next; None when nobody has to."""
        return whose_turn(self.record.case)


def whose_turn(case: Case | None) -> Turn | None:
    """Who must act next in `case`, and how. Pure."""
    if case is None:
        return None
    if case.withdrawal_asked and case.state in _BEFORE_DECIDED:
        return Turn(case.handling, (Kind.TERMINATE,))
    if case.state not in _TURNS:
        return None
    role, kinds = _TURNS[case.state]
    return Turn(case.handling if role is _HANDLING else case.receiving, kinds)


def events_of(messages: Sequence[MessageRecord], opened: Bodies) -> tuple[Event, ...]:
    """The messages of a case, in the order recorded, each with what it made of the case."""
    case: Case | None = None
    events = []
    for message in messages:
        case = after(case, message)
        events.append(
            Event(
                message=message,
                state=case.state if case else None,
                receipted_at=_receipted_at(message),
                opened=opened.get((message.sender, message.id)),
            )
        )
    return tuple(events)


def _application(messages: Sequence[MessageRecord], bodies: Bodies) -> Application | None:
    """What the case is about: what was submitted and stands, else what does not."""
    by_worth = sorted(messages, key=lambda message: message.state in UNSAID_STATES)
    found = (bodies.get((message.sender, message.id)) for message in by_worth)
    return next((b.body.application for b in found if b and isinstance(b.body, SubmitBody)), None)


def _receipted_at(message: MessageRecord) -> datetime | None:
    if message.receipt is None:
        return None
    try:
        return Receipt.model_validate_json(message.receipt).at
    except ValidationError:
        return None


class ViewCase:
    """Use case: read one case, or the list of them."""

    def __init__(
        self,
        us: str,
        store: Store,
        open_message: OpenMessage,
        clock: Clock,
        counting: Counting,
    ) -> None:
        self._us = us
        self._store = store
        self._open = open_message
        self._clock = clock
        self._counting = counting

    async def find(self, name: str) -> CaseRecord:
        """A case by its id or its number. Raises Wrong (`not_found`)."""
        record = await self._store.case(name) or await self._store.case_by_number(name)
        if record is None:
            raise Wrong("this city knows no such case", code="not_found", case=name)
        return record

    async def __call__(self, record: CaseRecord, *, opened: bool = False) -> CaseView:
        """The whole view. What the application and the clock say is opened in any case, the rest
        when `opened`.

        What cannot be opened any more, because its parts or the key are gone, is left out.
        """
        messages = await self._store.messages(record.id)
        bodies: Bodies = {}
        for message in messages:
            if opened or message.kind in _ALWAYS_OPENED:
                body = await self._opened(message)
                if body is not None:
                    bodies[message.sender, message.id] = body
        shown = bodies if opened else {}
        events = events_of(messages, shown)
        said = {key: body.body for key, body in bodies.items()}
        clock = clock_of(messages, said, self._counting, self._clock.now())
        return CaseView(self._us, record, events, _application(messages, bodies), clock)

    async def _opened(self, message: MessageRecord) -> Opened | None:
        whole = await self._store.message(message.sender, message.id)
        try:
            return await self._open(whole) if whole and whole.parts else None
        except (MessageRefused, KeyError):
            return None
