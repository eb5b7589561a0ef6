"""The embedded queue: the lanes are the store's own tickets, nothing else.

Whoever commits wakes the consumers of the same process at once; those of other processes
look every `poll` seconds. One consumer a lane is kept by a lease in the store: a dead
process's lease runs out and another takes over.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence

from contracts.errors import StoreUnavailable
from gateway.lanes import leases_of
from gateway.lease import LEASE_SECONDS, Lease
from gateway.ports import Backlog, Clock, Store
from gateway.queues.spread import Spread
from gateway.records import Ticket


class EmbeddedQueue:
    """A `Queue` over any store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        owner: str,
        poll: float = 0.1,
        lease: float = LEASE_SECONDS,
    ) -> None:
        """`owner`: a name that no other process has; `lease`: seconds after which the lanes
        of a dead process are taken over, the same for all processes."""
        self._store = store
        self._clock = clock
        self._owner = owner
        self._poll = poll
        self._lease_seconds = lease
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._one: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._spreads: dict[str, Spread] = {}

    async def announce(self, lanes: Collection[str]) -> None:
        for lane in leases_of(lanes):
            self.wake(lane)

    def wake(self, lane: str) -> None:
        """Let the lane's consumer, if it is in this process, look now."""
        self._news[lane].set()

    async def check(self) -> None:
        """Nothing to look at: whoever can read the store has the queue."""

    def connected(self) -> None:
        return None

    async def rebuild(self) -> list[Backlog]:
        backlog = await self._store.backlog()
        await self.announce([each.lane for each in backlog])
        return backlog

    async def close(self) -> None:
        """Nothing to do: everything is the store's."""

    @contextlib.asynccontextmanager
    async def consume(self, lane: str) -> AsyncIterator["EmbeddedConsumer"]:
        spread, lease = self._spread(lane), self._lease(lane)
        # The lease tells processes apart, not our own tasks.
        async with spread.wanting(), self._one[lane], lease.hold(spread.has_room):
            consumer = EmbeddedConsumer(
                self._store, self._clock, lane, self._news[lane], self._poll, lease, spread
            )
            with spread.holding(consumer):
                yield consumer

    def _spread(self, lane: str) -> Spread:
        kind = lane.partition("/")[0]
        if kind not in self._spreads:
            self._spreads[kind] = Spread(
                self._store, self._clock, kind, self._owner, lease=self._lease_seconds
            )
        return self._spreads[kind]

    def _lease(self, name: str) -> Lease:
        return Lease(self._store, self._clock, name, self._owner, self._lease_seconds)


class EmbeddedConsumer:
    """A `Consumer` that remembers how far it has read."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lane: str,
        news: asyncio.Event,
        poll: float,
        lease: Lease,
        spread: Spread,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lane = lane
        self._news = news
        self._poll = poll
        self._lease = lease
        self._spread = spread
        self._read_to = 0

    @property
    def held(self) -> bool:
        return self._lease.held

    @property
    def surplus(self) -> bool:
        return self._spread.is_surplus(self)

    async def news(self, wait: float) -> None:
        await self._await_news(min(wait, self._poll))
        self._news.clear()  # whoever called looks now, and sees what was said until now

    async def take(self, limit: int, wait: float) -> list[Ticket]:
        deadline = self._clock.monotonic() + wait
        while True:
            if not self.held:
                raise StoreUnavailable(f"the lane {self._lane} was lost to another process")
            self._news.clear()
            tickets = await self._store.tickets(self._lane, self._read_to, limit)
            if tickets:
                self._read_to = tickets[-1].position
                return tickets
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return []
            await self._await_news(min(left, self._poll))

    async def done(self, tickets: Sequence[Ticket]) -> None:
        """Nothing to do: whoever finished them deleted them in the same transaction."""

    async def put_back(self, tickets: Sequence[Ticket]) -> None:
        if tickets:
            self._read_to = min(self._read_to, min(t.position for t in tickets) - 1)

    async def _await_news(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
