"""Expire: messages whose time is over are given back to the city, never silently dropped.

The sequence number of an expired message is used up, so its courier goes on offering it:
the partner refuses it as expired and the case's later messages may follow. Should the
partner have taken it in time after all, its first receipt says so and the city is told.
"""

from collections.abc import Sequence

from contracts.errors import StoreUnavailable
from gateway.exchange.home import Home
from gateway.lanes import city_lane
from gateway.ports import Queue, Store, Verdict
from gateway.records import (
    Changes,
    Incident,
    MessageRecord,
    MessageState,
    Scope,
    Snapshot,
    Ticket,
)

_AT_ONCE = 500


class Expire:
    """Use case: look for what expired, every few seconds."""

    def __init__(
        self, home: Home, store: Store, queue: Queue, *, to_city: bool, every: float = 5.0
    ) -> None:
        """`every`: seconds between two looks."""
        self._home = home
        self._store = store
        self._queue = queue
        self._to_city = to_city
        self._every = every

    async def run(self) -> None:
        while True:
            try:
                found = await self.once()
            except StoreUnavailable:
                found = 0
            if found < _AT_ONCE:
                await self._home.clock.sleep(self._every)

    async def once(self) -> int:
        """One look; the number of messages found."""
        now = self._home.now_ms()
        expired = await self._store.expiring(now, _AT_ONCE)
        waiting = await self._store.waiting_expired(now, _AT_ONCE)
        if not expired and not waiting:
            return 0
        scope = Scope(
            messages=[(message.sender, message.id) for message in expired],
            cases=sorted({message.case_id for message in expired}),
        )
        lanes = await self._store.apply(
            scope, lambda seen: self._verdict(seen, expired, waiting, now)
        )
        await self._queue.announce(lanes)
        return max(len(expired), len(waiting))

    def _verdict(
        self,
        snapshot: Snapshot,
        expired: Sequence[MessageRecord],
        waiting: Sequence[MessageRecord],
        now: int,
    ) -> Verdict[set[str]]:
        """What is still queued is given back; a receipt may have come since the look, and another
        process may have looked as well. The lanes of the tickets."""
        states = {key: known.state for key, known in snapshot.messages.items()}
        over = [m for m in expired if states.get((m.sender, m.id)) is MessageState.QUEUED]
        changes = Changes(
            expired=[message.id for message in over],
            waiting_over=[(message.sender, message.id) for message in waiting],
            incidents=[
                *(self._incident(m, now, "envelope.expired", m.receiver) for m in over),
                *(self._incident(m, now, "order.waiting", m.sender) for m in waiting),
            ],
        )
        if self._to_city:
            for m in over:
                lane = city_lane(m.receiver, m.case_id, snapshot.cases.get(m.case_id))
                changes.tickets.append(Ticket(lane, m.id, m.sender, m.case_id, now))
        return Verdict(changes, {ticket.lane for ticket in changes.tickets})

    def _incident(self, message: MessageRecord, now: int, code: str, partner: str) -> Incident:
        return Incident(
            id=f"expired/{message.sender}/{message.id}",
            at=now,
            code=code,
            partner=partner,
            detail=f"{message.kind} of case {message.case_id} expired",
            message_id=message.id,
        )
