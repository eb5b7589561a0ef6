"""Holding: an operator keeps a message, or a whole case, where it is, and lets it go again.

A hold stands beside the tickets. Whoever is about to send, or to hand over, looks whether the
tickets still stand in their lane and nobody holds them, and forgets those that do not: a
courier in the transaction that puts the batch's seal on record, so after a hold is committed
nothing of it is sealed any more. Letting go issues the tickets anew, behind everything else
and in their old order, so every consumer in every process takes them again.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from contracts.errors import StoreUnavailable, Wrong
from gateway.exchange.home import Home
from gateway.ports import Queue, Store, Verdict
from gateway.records import Changes, Hold, Scope, Snapshot, Ticket

_SWEEP_SECONDS = 1.0
_MOST_REASON = 500  # characters


@dataclass(frozen=True, slots=True)
class Subject:
    """What an operator named: a message that waits somewhere, or, without one, a whole case."""

    case_id: str
    sender: str = ""
    message_id: str = ""

    def is_of(self, waiting: Ticket | Hold) -> bool:
        return (waiting.sender, waiting.message_id) == (self.sender, self.message_id)


@dataclass(frozen=True, slots=True)
class Order:
    """Who says so, and why. `by` is a name of the operating system."""

    by: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or len(self.reason) > _MOST_REASON:
            raise Wrong(
                f"a reason of 1 to {_MOST_REASON} characters is needed", code="queue.reason"
            )


def going(tickets: Iterable[Ticket], snapshot: Snapshot) -> list[Ticket]:
    """Those that still stand in their lane and that nobody holds. Pure.

    `snapshot` is of the scope `scope_of`.
    """
    standing = [ticket for ticket in tickets if ticket.position in snapshot.standing]
    if not snapshot.holds:
        return standing
    return [
        ticket
        for ticket in standing
        if not any(hold.keeps(ticket) for hold in snapshot.holds.get(ticket.case_id, ()))
    ]


def scope_of(tickets: Collection[Ticket]) -> Scope:
    """What `going` must see."""
    return Scope(
        tickets=[ticket.position for ticket in tickets],
        holds=sorted({ticket.case_id for ticket in tickets}),
    )


async def may_go(store: Store, ticket: Ticket) -> bool:
    """As `going`, of this moment: for what can be taken back no more, nor need be."""
    standing = await store.tickets(ticket.lane, ticket.position - 1, 1)
    if not standing or standing[0].position != ticket.position:
        return False
    return not any(hold.keeps(ticket) for hold in await store.holds())


def letting_go(snapshot: Snapshot, over: Collection[Hold]) -> Changes:
    """The end of holds of one case: all that waited for them is issued anew, in order, also
    what another hold keeps on waiting, or it would be overtaken. Pure."""
    kept = [t for _, t in sorted(snapshot.tickets.items()) if any(h.keeps(t) for h in over)]
    return Changes(
        holds_over=[hold.key for hold in over], reissued=[ticket.position for ticket in kept]
    )


class Holding:
    """Use case: hold and release, and end the holds that are over by themselves."""

    def __init__(self, home: Home, store: Store, queue: Queue) -> None:
        self._home = home
        self._store = store
        self._queue = queue

    async def find(self, name: str) -> Subject:
        """A case by id or number, or a message that waits, by id or ``SENDER/ID``.

        Raises Wrong (`not_found`, `queue.not_waiting`, `queue.ambiguous`).
        """
        case = await self._store.case(name) or await self._store.case_by_number(name)
        sender, _, message_id = name.rpartition("/")
        found = {
            Subject(ticket.case_id, ticket.sender, ticket.message_id)
            for ticket in await self._store.tickets_of(message_id)
            if ticket.message_id == message_id and sender in {"", ticket.sender}
        }
        if len(found) + (case is not None) > 1:
            raise Wrong("more than one thing has this name", code="queue.ambiguous", value=name)
        if case is not None:
            return Subject(case.id)
        if found:
            return found.pop()
        if await self._store.message(sender or None, message_id) is None:
            raise Wrong("this city knows no such message or case", code="not_found", value=name)
        raise Wrong("it waits in no lane", code="queue.not_waiting", message=message_id)

    async def hold(self, subject: Subject, order: Order) -> list[Hold]:
        """Hold it; durable when it returns. What is held already stays held as it was.

        What is in flight at this moment may still arrive: its receipt settles it, and the hold
        is over. Raises Wrong (`queue.not_waiting`).
        """
        now = self._home.now_ms()

        def rule(snapshot: Snapshot) -> Verdict[list[Hold]]:
            holds = _holds(subject, snapshot, order, now)
            known = {hold.key: hold for hold in snapshot.holds.get(subject.case_id, ())}
            new = [hold for hold in holds if hold.key not in known]
            return Verdict(Changes(holds=new), [known.get(hold.key, hold) for hold in holds])

        return await self._store.apply(_whole(subject), rule)

    async def release(self, subject: Subject) -> int:
        """Let it go on; how many tickets do. Raises Wrong (`queue.not_held`,
        `operator.in_doubt` for what waits for the end of its time)."""

        def check(snapshot: Snapshot) -> None:
            mine = [h for h in snapshot.holds.get(subject.case_id, ()) if subject.is_of(h)]
            if not mine:
                raise _not_held(subject, snapshot)
            if all(hold.until is not None for hold in mine):
                raise Wrong(
                    "it was given back; it is offered once more when its time is over",
                    code="operator.in_doubt",
                    message=subject.message_id,
                )

        return await self._end(
            subject.case_id, lambda h: subject.is_of(h) and h.until is None, check
        )

    async def undo(self, case_id: str, holds: Collection[Hold]) -> None:
        """As if these had never been."""
        keys = {hold.key for hold in holds}
        await self._end(case_id, lambda hold: hold.key in keys)

    async def run(self) -> None:
        """End the holds that are over, for as long as the gateway runs."""
        while True:
            with contextlib.suppress(StoreUnavailable):  # the couriers say so
                await self.sweep()
            await self._home.clock.sleep(_SWEEP_SECONDS)

    async def sweep(self) -> int:
        """One look; how many tickets were let go."""
        now, count = self._home.now_ms(), 0
        for case_id in {h.case_id for h in await self._store.holds() if _is_over(h, now)}:
            count += await self._end(case_id, lambda hold: _is_over(hold, now))
        return count

    async def _end(
        self,
        case_id: str,
        over: Callable[[Hold], bool],
        check: Callable[[Snapshot], None] = lambda _: None,
    ) -> int:
        """End those holds of a case, unless `check` raises; how many tickets go on."""
        lanes: set[str] = set()

        def rule(snapshot: Snapshot) -> Verdict[int]:
            check(snapshot)
            ending = [hold for hold in snapshot.holds.get(case_id, ()) if over(hold)]
            changes = letting_go(snapshot, ending)
            lanes.update(snapshot.tickets[position].lane for position in changes.reissued)
            return Verdict(changes, len(changes.reissued))

        count = await self._store.apply(_whole(Subject(case_id)), rule)
        await self._queue.announce(lanes)
        return count


def _whole(subject: Subject) -> Scope:
    return Scope(tickets_of=[subject.case_id], holds=[subject.case_id])


def _holds(subject: Subject, snapshot: Snapshot, order: Order, now: int) -> list[Hold]:
    """What there is to hold: a case everywhere, a message in each lane where it waits."""
    if not subject.message_id:
        return [Hold(subject.case_id, "", 0, "", "", now, order.by, order.reason)]
    found = [
        Hold(
            case_id=subject.case_id,
            lane=ticket.lane,
            position=position,
            sender=subject.sender,
            message_id=subject.message_id,
            at=now,
            by=order.by,
            reason=order.reason,
        )
        for position, ticket in sorted(snapshot.tickets.items())
        if subject.is_of(ticket)
    ]
    if not found:  # settled since the operator looked
        raise Wrong("it waits no more", code="queue.not_waiting", message=subject.message_id)
    return found


def _not_held(subject: Subject, snapshot: Snapshot) -> Wrong:
    """What it waits behind instead, if it does."""
    waiting = [ticket for ticket in snapshot.tickets.values() if subject.is_of(ticket)]
    for hold in snapshot.holds.get(subject.case_id, ()):
        if any(hold.keeps(ticket) for ticket in waiting):
            front = hold.message_id or hold.case_id
            return Wrong(f"it waits behind what is held: {front}", code="queue.not_held")
    return Wrong("nobody holds it", code="queue.not_held")


def _is_over(hold: Hold, now: int) -> bool:
    return not hold.waits or (hold.until is not None and hold.until <= now)
