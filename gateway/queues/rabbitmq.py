"""The queue with a broker: RabbitMQ carries the news, the store keeps the tickets.

What the embedded queue sees by looking, a process with this queue is told: a commit in any
process wakes the consumer of the lane in any other at once. The rest is the embedded queue's:
tickets are read from the store, and a lease in the store says who consumes a lane. The
broker decides nothing, so losing or emptying it loses nothing and doubles nothing; while it
is away the consumers look into the store every few seconds.
"""

import contextlib
from collections.abc import AsyncIterator, Collection

from yarl import URL

from gateway.lanes import leases_of
from gateway.lease import LEASE_SECONDS
from gateway.ports import Backlog, Clock, Consumer, Store
from gateway.queues.broker import Broker
from gateway.queues.embedded import EmbeddedConsumer, EmbeddedQueue
from gateway.queues.topology import Topology

LOOK_SECONDS = 2.0
"""How often a consumer asks the store without having been told to."""


class RabbitQueue:
    """A `Queue` over any store and a broker."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        address: URL,
        *,
        owner: str,
        prefix: str,
        poll: float = LOOK_SECONDS,
        lease: float = LEASE_SECONDS,
    ) -> None:
        """`address` holds the password. `owner`: a name that no other process has; `prefix`:
        one that no other gateway at the broker has; `lease` as in the embedded queue."""
        self._store = store
        self._lanes = EmbeddedQueue(store, clock, owner=owner, poll=poll, lease=lease)
        self._consumers: dict[str, EmbeddedConsumer] = {}
        self._broker = Broker(
            address, Topology(prefix), name=owner, wanted=self._held, heard=self._lanes.wake
        )

    async def announce(self, lanes: Collection[str]) -> None:
        told = leases_of(lanes)
        for lane in told:
            self._lanes.wake(lane)
        if unheard := told - self._held():
            self._broker.announce(unheard)

    @contextlib.asynccontextmanager
    async def consume(self, lane: str) -> AsyncIterator[Consumer]:
        async with self._lanes.consume(lane) as consumer:
            self._consumers[lane] = consumer
            self._broker.compare()
            try:
                yield consumer
            finally:
                del self._consumers[lane]
                self._broker.compare()

    async def check(self) -> None:
        await self._broker.check()

    def connected(self) -> bool:
        return self._broker.connected

    async def rebuild(self) -> list[Backlog]:
        backlog = await self._store.backlog()
        await self._broker.refill(leases_of(each.lane for each in backlog))
        return backlog

    async def close(self) -> None:
        await self._broker.close()

    def _held(self) -> set[str]:
        """The lanes that this process consumes, and has not lost."""
        return {lane for lane, consumer in self._consumers.items() if consumer.held}
