"""The store as a few dictionaries: what every real store must amount to.

A transaction works on a copy and the commit is one assignment, so whoever reads this file
sees what "all of it, or nothing" means; `tests/ports/` holds the real stores to the same.
Nothing survives the object, but the object survives the process that used it: a simulated
crash throws the gateway away and keeps this.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from contracts.errors import StoreUnavailable
from gateway.ports import Backlog, Verdict
from gateway.records import (
    OPEN_STATES,
    CaseRecord,
    Changes,
    Direction,
    EpochRecord,
    GivenUp,
    Hold,
    Incident,
    Known,
    LeaseRecord,
    MessageRecord,
    MessageState,
    Note,
    PartRecord,
    Scope,
    SealRecord,
    Settlement,
    Snapshot,
    Ticket,
    WaitingRecord,
)

T = TypeVar("T")
Key = tuple[str, str]
"""Sender and id: two senders may use the same id."""


@dataclass(slots=True)
class _Tables:
    """Everything, in the order it was written."""

    cases: dict[str, CaseRecord] = field(default_factory=dict)
    messages: dict[Key, MessageRecord] = field(default_factory=dict)
    our_own: dict[str, Key] = field(default_factory=dict)  # id -> key, of what we sent
    seals: dict[str, SealRecord] = field(default_factory=dict)
    epochs: dict[str, EpochRecord] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    waiting: dict[Key, WaitingRecord] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    intakes: dict[str, None] = field(default_factory=dict)
    holds: dict[tuple[str, int], Hold] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    leases: dict[str, tuple[str, int]] = field(default_factory=dict)
    last_position: int = 0

    def copy(self) -> "_Tables":
        """The records are immutable, so new dictionaries of the same records are a copy."""
        copied: dict[str, Any] = {
            each.name: dict(rows)
            for each in fields(self)
            if isinstance(rows := getattr(self, each.name), dict)
        }
        return replace(self, **copied)


class MemoryStore:
    """A `Store` in memory."""

    def __init__(self) -> None:
        self._tables = _Tables()
        self._closed = False

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        tables = await self._open()
        verdict = rule(_look(tables, scope))
        copy = tables.copy()
        _write(copy, verdict.changes)
        self._tables = copy  # the commit
        return verdict.answer

    async def tickets(self, lane: str, after: int, limit: int) -> list[Ticket]:
        found = (await self._open()).tickets.values()
        return [t for t in found if t.lane == lane and t.position > after][:limit]

    async def outgoing(
        self, ids: Sequence[str]
    ) -> list[tuple[MessageRecord, Sequence[PartRecord]]]:
        tables = await self._open()
        ours = [tables.messages[tables.our_own[i]] for i in ids if i in tables.our_own]
        return [(replace(message, parts=()), message.parts) for message in ours]

    async def message(self, sender: str | None, message_id: str) -> MessageRecord | None:
        for (its_sender, its_id), message in (await self._open()).messages.items():
            if its_id == message_id and sender in {None, its_sender}:
                return message
        return None

    async def archive_of(self, recorded_at: int) -> str | None:  # noqa: ARG002 - nothing is
        return None

    async def messages(self, case_id: str) -> list[MessageRecord]:
        return _messages_of(await self._open(), case_id)

    async def case(self, case_id: str) -> CaseRecord | None:
        return (await self._open()).cases.get(case_id)

    async def case_by_number(self, number: str) -> CaseRecord | None:
        return _by_number(await self._open(), number)

    async def cases(self, *, before: CaseRecord | None, limit: int) -> list[CaseRecord]:
        found = [
            record
            for record in (await self._open()).cases.values()
            if before is None or _newness(record) < _newness(before)
        ]
        return sorted(found, key=_newness, reverse=True)[:limit]

    async def seal(self, seal_id: str) -> SealRecord | None:
        return (await self._open()).seals.get(seal_id)

    async def seal_over(self, leaf: bytes, issuer: str, since: int) -> SealRecord | None:
        for seal in sorted((await self._open()).seals.values(), key=lambda seal: seal.at):
            if seal.issuer == issuer and seal.at >= since and leaf in _leaves(seal, len(leaf)):
                return seal
        return None

    async def seals_of(self, issuer: str, since: int, limit: int) -> list[SealRecord]:
        seals = (await self._open()).seals.values()
        found = [seal for seal in seals if seal.issuer == issuer and seal.at >= since]
        return sorted(found, key=lambda seal: (seal.at, seal.id))[:limit]

    async def epoch(self, epoch_id: str) -> EpochRecord | None:
        return (await self._open()).epochs.get(epoch_id)

    async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
        found = [
            replace(message, parts=())
            for message in (await self._open()).messages.values()
            if message.state is MessageState.QUEUED and message.expires_at <= now
        ]
        return sorted(found, key=lambda message: message.expires_at)[:limit]

    async def waiting_expired(self, now: int, limit: int) -> list[MessageRecord]:
        waiting = (await self._open()).waiting.values()
        over = [w.message for w in waiting if w.message.expires_at <= now]
        return [replace(message, parts=()) for message in over[:limit]]

    async def tickets_of(self, name: str) -> list[Ticket]:
        found = (await self._open()).tickets.values()
        return [ticket for ticket in found if name in {ticket.message_id, ticket.case_id}]

    async def holds(self) -> list[Hold]:
        found = _holds_of(await self._open(), None)
        return sorted(found, key=lambda hold: (hold.at, hold.position))

    async def notes(self, prefix: str) -> list[Note]:
        notes = (await self._open()).notes
        return [notes[key] for key in sorted(notes) if key.startswith(prefix)]

    async def backlog(self) -> list[Backlog]:
        tables = await self._open()
        lanes: dict[str, list[Ticket]] = {}
        for ticket in tables.tickets.values():
            lanes.setdefault(ticket.lane, []).append(ticket)
        return [
            Backlog(lane, len(each), min(t.at for t in each), _held(tables, each))
            for lane, each in lanes.items()
        ]

    async def lanes(self, under: str) -> list[str]:
        lanes = {ticket.lane for ticket in (await self._open()).tickets.values()}
        return sorted(lane for lane in lanes if f"{lane}/".startswith(f"{under}/"))

    async def last_heard(self, issuer: str) -> int | None:
        seals = (await self._open()).seals.values()
        return max((seal.at for seal in seals if seal.issuer == issuer), default=None)

    async def incidents(self, *, limit: int) -> list[Incident]:
        found = sorted((await self._open()).incidents.values(), key=lambda each: -each.at)
        return [replace(incident, content=None) for incident in found[:limit]]

    async def incident(self, incident_id: str) -> Incident | None:
        return (await self._open()).incidents.get(incident_id)

    async def incident_counts(self) -> dict[str, int]:
        return dict(Counter(each.code for each in (await self._open()).incidents.values()))

    async def lease(self, lane: str, owner: str, now: int, until: int) -> bool:
        leases = (await self._open()).leases
        holder, its_until = leases.get(lane, (owner, until))
        if holder != owner and now < its_until <= until + (until - now):
            return False
        leases[lane] = owner, until
        return True

    async def release(self, lane: str, owner: str) -> None:
        leases = (await self._open()).leases
        if leases.get(lane, ("", 0))[0] == owner:
            del leases[lane]

    async def leases(self, under: str) -> list[LeaseRecord]:
        leases = (await self._open()).leases
        found = [LeaseRecord(lane, *held) for lane, held in leases.items()]
        return [each for each in found if each.lane.startswith(f"{under}/")]

    def fault(self) -> str | None:
        return None  # a commit is one assignment

    async def close(self) -> None:
        self._closed = True

    async def _open(self) -> _Tables:
        """The tables, after others had their turn: a real store never answers at once."""
        await asyncio.sleep(0)
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return self._tables


def _look(tables: _Tables, scope: Scope) -> Snapshot:
    """What `scope` names, and nothing else: a rule that forgot to name it sees nothing."""
    snapshot = Snapshot(
        cases={i: tables.cases[i] for i in scope.cases if i in tables.cases},
        numbers={n: case for n in scope.numbers if (case := _by_number(tables, n))},
        intakes=frozenset(key for key in scope.intakes if key in tables.intakes),
        history={i: _messages_of(tables, i) for i in scope.history},
        waiting_count=dict.fromkeys(scope.waiting_of, 0),
        waiting_bytes=dict.fromkeys(scope.waiting_of, 0),
        standing=frozenset(place for place in scope.tickets if place in tables.tickets),
        tickets={
            position: ticket
            for position, ticket in tables.tickets.items()
            if ticket.case_id in scope.tickets_of
        },
        holds={case: holds for case in scope.holds if (holds := _holds_of(tables, case))},
    )
    keys = list(scope.messages)
    for waiting in tables.waiting.values():
        sender, case_id = waiting.message.sender, waiting.message.case_id
        if sender in scope.waiting_of:
            snapshot.waiting_count[sender] += 1
            snapshot.waiting_bytes[sender] += _size(waiting)
            if case_id in scope.cases:
                snapshot.waiting.setdefault((sender, case_id), []).append(waiting)
                keys += waiting.names
    for key in keys:
        if message := tables.messages.get(key):
            snapshot.messages[key] = Known(message.digest, message.state, message.receipt)
    return snapshot


def _messages_of(tables: _Tables, case_id: str) -> list[MessageRecord]:
    return [replace(m, parts=()) for m in tables.messages.values() if m.case_id == case_id]


def _size(waiting: WaitingRecord) -> int:
    """Near enough to what a database would hold for it."""
    message = waiting.message
    return len(message.envelope) + sum(2 * len(part.sealed) for part in message.parts)


def _holds_of(tables: _Tables, case_id: str | None) -> list[Hold]:
    return [
        replace(hold, waits=not hold.position or hold.position in tables.tickets)
        for hold in tables.holds.values()
        if case_id in {None, hold.case_id}
    ]


def _held(tables: _Tables, tickets: Sequence[Ticket]) -> int:
    holds = tables.holds.values()
    return sum(any(hold.keeps(ticket) for hold in holds) for ticket in tickets)


def _write(tables: _Tables, changes: Changes) -> None:
    _write_holds(tables, changes)
    for seal in changes.seals:
        tables.seals.setdefault(seal.id, seal)
    for epoch in changes.epochs:
        tables.epochs.setdefault(epoch.id, epoch)
    tables.intakes.update(dict.fromkeys(changes.intakes))
    for case in changes.cases.values():
        _write_case(tables, case)
    for message in changes.messages:
        _write_message(tables, message)
    for settled in changes.settlements:
        _write_settlement(tables, settled)
    for message_id in changes.expired:
        _write_expiry(tables, message_id)
    for gone in changes.given_up:
        _write_given_up(tables, gone)
    for ticket in changes.tickets:
        _write_ticket(tables, ticket)
    for position in changes.tickets_done:
        tables.tickets.pop(position, None)
    for waiting in changes.waiting:
        tables.waiting.setdefault((waiting.message.sender, waiting.message.id), waiting)
    for key in changes.waiting_over:
        tables.waiting.pop(key, None)
    for incident in changes.incidents:
        tables.incidents.setdefault(incident.id, incident)


def _write_case(tables: _Tables, case: CaseRecord) -> None:
    holder = _by_number(tables, case.number) if case.number is not None else None
    if holder is not None and holder.id != case.id:
        raise StoreUnavailable(f"the number {case.number} belongs to another case")
    opened = tables.cases.get(case.id, case)
    tables.cases[case.id] = replace(
        case, partner=opened.partner, opened_at=opened.opened_at, bucket=opened.bucket
    )


def _write_message(tables: _Tables, message: MessageRecord) -> None:
    key = message.sender, message.id
    if key in tables.messages:
        raise StoreUnavailable(f"a message {message.id} of {message.sender} is kept already")
    tables.messages[key] = message
    if message.direction is Direction.OUT:
        tables.our_own[message.id] = key


def _write_settlement(tables: _Tables, settled: Settlement) -> None:
    if key := tables.our_own.get(settled.message_id):
        tables.messages[key] = replace(
            tables.messages[key],
            state=settled.state,
            seal_id=settled.seal_id,
            position=settled.position,
            receipt=settled.receipt,
            reason=settled.reason,
        )


def _write_expiry(tables: _Tables, message_id: str) -> None:
    key = tables.our_own.get(message_id)
    if key and tables.messages[key].state is MessageState.QUEUED:
        tables.messages[key] = replace(tables.messages[key], state=MessageState.EXPIRED)


def _write_given_up(tables: _Tables, gone: GivenUp) -> None:
    key = tables.our_own.get(gone.message_id)
    if key and tables.messages[key].state in OPEN_STATES:
        tables.messages[key] = replace(tables.messages[key], state=gone.state, reason=gone.reason)


def _write_ticket(tables: _Tables, ticket: Ticket) -> int:
    tables.last_position += 1  # never given twice, not even when the ticket is done
    tables.tickets[tables.last_position] = replace(ticket, position=tables.last_position)
    return tables.last_position


def _write_holds(tables: _Tables, changes: Changes) -> None:
    for key in changes.holds_over:
        tables.holds.pop(key, None)
    for hold in changes.holds:
        tables.holds.setdefault(hold.key, hold)
    for position in changes.reissued:
        if ticket := tables.tickets.pop(position, None):
            new = _write_ticket(tables, ticket)
            for held in [h for h in tables.holds.values() if h.position == position]:
                del tables.holds[held.key]
                tables.holds[held.case_id, new] = replace(held, position=new)
    tables.notes.update({note.key: note for note in changes.notes})


def _by_number(tables: _Tables, number: str) -> CaseRecord | None:
    return next((case for case in tables.cases.values() if case.number == number), None)


def _leaves(seal: SealRecord, size: int) -> list[bytes]:
    return [seal.leaves[i : i + size] for i in range(0, len(seal.leaves), size)]


def _newness(record: CaseRecord) -> tuple[int, str]:
    return record.changed_at, record.id
