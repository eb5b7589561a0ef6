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
from gateway.ports import Backlog, Clock, Store
from gateway.records import Ticket

_LEASE_SECONDS = 6.0
_ASK_SECONDS = 0.5  # between two attempts to get the lease of another


class EmbeddedQueue:
    """A `Queue` over any store."""

    def __init__(self, store: Store, clock: Clock, *, owner: str, poll: float = 0.1) -> None:
        """`owner`: a name that no other process has."""
        self._store = store
        self._clock = clock
        self._owner = owner
        self._poll = poll
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._one: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def announce(self, lanes: Collection[str]) -> None:
        for lane in lanes:
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
        async with self._one[lane]:  # the lease tells processes apart, not our own tasks
            while not await self._lease(lane):
                await self._clock.sleep(_ASK_SECONDS)
            consumer = EmbeddedConsumer(
                self._store, self._clock, lane, self._news[lane], self._poll
            )
            renewing = asyncio.create_task(self._renew(lane, consumer))
            try:
                yield consumer
            finally:
                renewing.cancel()
                with contextlib.suppress(StoreUnavailable):
                    await self._store.release(lane, self._owner)

    async def _lease(self, lane: str) -> bool:
        now = int(self._clock.now().timestamp() * 1000)
        try:
            until = now + int(_LEASE_SECONDS * 1000)
            return await self._store.lease(lane, self._owner, now, until)
        except StoreUnavailable:
            return False

    async def _renew(self, lane: str, consumer: "EmbeddedConsumer") -> None:
        """Renew the lease well before it runs out; a consumer that lost it stops taking."""
        held_until = self._clock.monotonic() + _LEASE_SECONDS
        while True:
            await self._clock.sleep(_LEASE_SECONDS / 4)
            asked = self._clock.monotonic()
            if await self._lease(lane):
                held_until = asked + _LEASE_SECONDS
                consumer.held = True
            elif self._clock.monotonic() > held_until:
                consumer.held = False


class EmbeddedConsumer:
    """A `Consumer` that remembers how far it has read."""

    def __init__(
        self, store: Store, clock: Clock, lane: str, news: asyncio.Event, poll: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._lane = lane
        self._news = news
        self._poll = poll
        self._read_to = 0
        self.held = True

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
