"""Give up: a message of ours goes back to the city, or is dropped; a city document likewise.

It is held first, so that no courier seals it any more; only then we look whether a seal of
ours covers it. If none does, nobody outside can have heard it: it is taken back, with all that
was said after it in its case, and its sequence number is free again. If one does, the partner
may have taken it. Then its number is used up, and only the partner's receipt can say what
became of it; so what goes back to the city stays held until its time is over and is
offered once more, as what expired is (docs/decisions/0010, 0014).
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from contracts import limits
from contracts.errors import Wrong
from gateway.exchange.history import case_of
from gateway.exchange.holding import Holding, Order, Subject, letting_go
from gateway.exchange.home import Home
from gateway.lanes import CITY_LEASES, city_lane
from gateway.ports import Queue, Store, Verdict
from gateway.records import (
    OPEN_STATES,
    Changes,
    Direction,
    GivenUp,
    Hold,
    Incident,
    MessageRecord,
    MessageState,
    Scope,
    Snapshot,
    Ticket,
)

_CLOCK_BACK_MS = 24 * 3600 * 1000  # a seal may bear an earlier time than its message
RETURNED, DISCARDED = "operator.returned", "operator.discarded"


@dataclass(frozen=True, slots=True)
class Gone:
    """What was given up: message ids, the one that was named first. `asked_again_at`: when,
    in Unix milliseconds, the partner is asked what became of what it may have."""

    messages: tuple[str, ...]
    in_doubt: bool = False
    asked_again_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Deed:
    """What the rules need: who and why, of what, and what can be known of it."""

    subject: Subject
    order: Order
    message: MessageRecord
    holds: frozenset[tuple[str, int]]
    """What held it while we looked: gone when somebody let it go meanwhile."""
    in_doubt: bool
    now: int


class GiveUp:
    """Use case: return, or discard, a message that waits."""

    def __init__(
        self, home: Home, store: Store, queue: Queue, holding: Holding, *, to_city: bool
    ) -> None:
        """`to_city`: whether the city's own system can be told."""
        self._home = home
        self._store = store
        self._queue = queue
        self._holding = holding
        self._to_city = to_city

    async def return_(self, subject: Subject, order: Order) -> Gone:
        """Give our own message back to the city. Raises Wrong (`queue.not_waiting`)."""
        return await self._held(subject, order, self._returning)

    async def discard(self, subject: Subject, order: Order, *, in_doubt: bool = False) -> Gone:
        """Drop it; its content stays in an incident. `in_doubt` allows it for what the partner
        may have. Raises Wrong (`queue.not_waiting`, `operator.in_doubt`)."""

        def rule(deed: _Deed, snapshot: Snapshot) -> Verdict[Gone]:
            return self._discarding(deed, snapshot, allowed=in_doubt)

        return await self._held(subject, order, rule)

    async def _held(
        self,
        subject: Subject,
        order: Order,
        decide: Callable[[_Deed, Snapshot], Verdict[Gone]],
    ) -> Gone:
        """Hold it, look whether it was ever sealed, decide; release it when that fails."""
        message = await self._store.message(subject.sender, subject.message_id)
        if message is None:
            raise Wrong("name one message", code="not_found", value=subject.message_id)
        before = {hold.key for hold in await self._store.holds()}
        holds = await self._holding.hold(subject, order)
        try:
            ours = message.direction is Direction.OUT
            deed = _Deed(
                subject=subject,
                order=order,
                message=message,
                holds=frozenset(hold.key for hold in holds),
                in_doubt=ours and await self.sealed(message),
                now=self._home.now_ms(),
            )
            scope = Scope(
                cases=[message.case_id],
                history=[message.case_id],
                tickets_of=[message.case_id],
                holds=[message.case_id],
            )
            gone = await self._store.apply(scope, lambda snapshot: decide(deed, snapshot))
        except BaseException:
            ours_alone = [hold for hold in holds if hold.key not in before]
            await self._holding.undo(message.case_id, ours_alone)
            raise
        await self._queue.announce({*CITY_LEASES, *(hold.lane for hold in holds)})
        return gone

    async def sealed(self, message: MessageRecord) -> bool:
        """Whether a batch seal of ours covers it: then the partner may have it."""
        now = self._home.now_ms()
        since = message.recorded_at - _CLOCK_BACK_MS if message.recorded_at <= now else 0
        found = await self._store.seal_over(message.digest, self._home.code, since)
        return found is not None

    # --- what is decided, inside the transaction --------------------------------------------

    def _returning(self, deed: _Deed, snapshot: Snapshot) -> Verdict[Gone]:
        ticket = _waiting(deed, snapshot)
        if _state(deed, snapshot) is not MessageState.QUEUED:
            raise Wrong(
                "it was given back already", code="queue.not_waiting", message=deed.message.id
            )
        if not deed.in_doubt:
            changes, gone = _taken_back(deed, snapshot, RETURNED)
        else:
            changes, gone = _handed_back(deed, ticket)
        if self._to_city:
            case_id = deed.subject.case_id
            lane = city_lane(deed.message.receiver, case_id, snapshot.cases.get(case_id))
            changes.tickets = [
                Ticket(lane, message_id, deed.subject.sender, deed.subject.case_id, deed.now)
                for message_id in gone.messages
            ]
        return Verdict(changes, gone)

    @staticmethod
    def _discarding(deed: _Deed, snapshot: Snapshot, *, allowed: bool) -> Verdict[Gone]:
        waiting = [ticket for ticket in _tickets(snapshot) if deed.subject.is_of(ticket)]
        to_partner = [ticket for ticket in waiting if ticket.lane.startswith("partner/")]
        if not waiting:
            raise Wrong("it waits no more", code="queue.not_waiting", message=deed.message.id)
        if to_partner and not deed.in_doubt:
            changes, gone = _taken_back(deed, snapshot, DISCARDED)
        else:
            if to_partner and not allowed:
                raise Wrong(
                    "it was sent, and no receipt came: the partner may have it",
                    code="operator.in_doubt",
                    message=deed.message.id,
                )
            changes, gone = _dropped(deed, snapshot, waiting)
        # A notice of it that waits for the city goes as well.
        done = {*changes.tickets_done, *(ticket.position for ticket in waiting)}
        changes.tickets_done = sorted(done)
        return Verdict(changes, gone)


def _taken_back(deed: _Deed, snapshot: Snapshot, code: str) -> tuple[Changes, Gone]:
    """Nobody heard it: it, and what followed it in the case, was never said."""
    history = snapshot.history.get(deed.message.case_id, [])
    record = snapshot.cases.get(deed.message.case_id)
    following = [
        m
        for m in history
        if m.direction is Direction.OUT and m.sequence >= deed.message.sequence
        if m.state is not MessageState.RETURNED
    ]
    if any(m.state not in OPEN_STATES for m in following) or record is None:
        raise Wrong(  # settled since we looked
            "it waits no more", code="queue.not_waiting", message=deed.message.id
        )
    ids = {m.id for m in following}
    done = [
        t
        for t in _tickets(snapshot)
        if t.message_id in ids and t.sender == deed.message.sender and t.lane.startswith("partner/")
    ]
    positions = {ticket.position for ticket in done}
    holds = snapshot.holds.get(deed.message.case_id, ())
    if not deed.holds <= {hold.key for hold in holds}:  # it may have been sealed since we looked
        raise Wrong("somebody let it go meanwhile: try again", code="queue.not_held")
    kept = [m for m in history if m.direction is Direction.IN or m.id not in ids]
    changes = Changes(
        cases={
            record.id: replace(
                record,
                case=case_of(kept),
                sent=deed.message.sequence - 1,
                changed_at=deed.now,
            )
        },
        given_up=[GivenUp(m.id, MessageState.RETURNED, code) for m in following],
        tickets_done=sorted(positions),
        holds_over=[hold.key for hold in holds if hold.position in positions],
        incidents=[_incident(deed, m, code) for m in following],
    )
    return changes, Gone(tuple(m.id for m in following))


def _handed_back(deed: _Deed, ticket: Ticket) -> tuple[Changes, Gone]:
    """The partner may have it: the city is told, and the last word is asked for later."""
    until = deed.message.expires_at + limits.CLOCK_SKEW_S * 1000  # expired by any clock
    hold = Hold(
        case_id=ticket.case_id,
        lane=ticket.lane,
        position=ticket.position,
        sender=ticket.sender,
        message_id=ticket.message_id,
        at=deed.now,
        by=deed.order.by,
        reason=deed.order.reason,
        until=until,
    )
    changes = Changes(
        given_up=[GivenUp(deed.message.id, MessageState.EXPIRED, RETURNED)],
        holds_over=[hold.key],
        holds=[hold],
        incidents=[_incident(deed, deed.message, RETURNED)],
    )
    return changes, Gone((deed.message.id,), in_doubt=True, asked_again_at=until)


def _dropped(deed: _Deed, snapshot: Snapshot, waiting: Sequence[Ticket]) -> tuple[Changes, Gone]:
    """Out of its lanes for good; what waited behind it goes on."""
    positions = {ticket.position for ticket in waiting}
    holds = snapshot.holds.get(deed.message.case_id, ())
    changes = letting_go(snapshot, [hold for hold in holds if hold.position in positions])
    changes.reissued = [place for place in changes.reissued if place not in positions]
    changes.incidents = [_incident(deed, deed.message, DISCARDED)]
    if deed.in_doubt:
        changes.given_up = [GivenUp(deed.message.id, MessageState.EXPIRED, DISCARDED)]
    return changes, Gone((deed.message.id,), in_doubt=deed.in_doubt)


def _tickets(snapshot: Snapshot) -> list[Ticket]:
    return [ticket for _, ticket in sorted(snapshot.tickets.items())]


def _waiting(deed: _Deed, snapshot: Snapshot) -> Ticket:
    for ticket in _tickets(snapshot):
        if deed.subject.is_of(ticket) and ticket.lane.startswith("partner/"):
            return ticket
    raise Wrong(
        "no message of ours that waits for a partner",
        code="queue.not_waiting",
        message=deed.message.id,
    )


def _state(deed: _Deed, snapshot: Snapshot) -> MessageState | None:
    """As the transaction sees it; the record may be older by a moment."""
    for message in snapshot.history.get(deed.message.case_id, ()):
        if (message.sender, message.id) == (deed.message.sender, deed.message.id):
            return message.state
    return None


def _incident(deed: _Deed, message: MessageRecord, code: str) -> Incident:
    """Who, when, what and why; of what was named, its whole content."""
    ours = message.direction is Direction.OUT
    whole = deed.message if message.id == deed.message.id else message
    return Incident(
        id=f"{code}/{message.sender}/{message.id}/{deed.now}",
        at=deed.now,
        code=code,
        partner=message.receiver if ours else message.sender,
        detail=deed.order.reason,
        where={
            "by": deed.order.by,
            "case": message.case_id,
            "kind": message.kind,
            "in_doubt": "yes" if deed.in_doubt else "no",
        },
        message_id=message.id,
        content=_content(whole),
    )


def _content(message: MessageRecord) -> bytes:
    """Envelope and sealed parts, as JSON."""
    return orjson.dumps(
        {
            "envelope": message.envelope.decode(errors="replace"),
            "parts": [
                {
                    "name": part.name,
                    "media_type": part.media_type,
                    "sealed": base64.b64encode(part.sealed).decode(),
                }
                for part in message.parts
            ],
        }
    )
