"""One lane with a process that commits and one that consumes, over a broker, in one test."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from yarl import URL

from gateway.clock import SystemClock
from gateway.ports import Consumer, Store
from gateway.queues.rabbitmq import LOOK_SECONDS, RabbitQueue
from gateway.simulation.store import MemoryStore
from tests.ports.gateway.records import ticket, write
from tests.processes.patience import until_then

LANE = "partner/440100"
NEVER = 3600.0
"""Seconds. With `poll` NEVER, what is taken later than at the start was heard of."""


@dataclass
class Lane:
    """`commit` in one process; `taken` is what the consumer of the other has taken, in order.

    What was taken is done at once, so a ticket that comes twice stands in `taken` twice.
    """

    store: Store
    sender: RabbitQueue
    taken: list[str] = field(default_factory=list)

    async def commit(self, *names: str) -> None:
        for name in names:
            await write(self.store, tickets=[ticket(name, LANE)])
            await self.sender.announce([LANE])

    async def drain(self, consumer: Consumer) -> None:
        """Take until cancelled."""
        while True:
            tickets = await consumer.take(10, NEVER)
            self.taken += [each.message_id for each in tickets]
            await write(self.store, tickets_done=[each.position for each in tickets])

    async def all_taken(self, names: Sequence[str], *, within: float = 60.0) -> None:
        """Wait for so many; then they are these, each once, in this order."""
        await until_then(
            lambda: len(self.taken) >= len(names), f"{len(names)} taken", within=within
        )
        assert self.taken == list(names)


def rabbit_queue(
    store: Store, address: str, *, owner: str, poll: float = LOOK_SECONDS, prefix: str = "tongban.t"
) -> RabbitQueue:
    """The queue of one process."""
    return RabbitQueue(store, SystemClock(), URL(address), owner=owner, prefix=prefix, poll=poll)


@asynccontextmanager
async def lane_over(address: str, *, poll: float = LOOK_SECONDS) -> AsyncIterator[Lane]:
    """Both processes run, and the consumer's has taken a first ticket."""
    store = MemoryStore()
    lane = Lane(store, rabbit_queue(store, address, owner="sender"))
    receiver = rabbit_queue(store, address, owner="receiver", poll=poll)
    try:
        async with receiver.consume(LANE) as consumer:
            draining = asyncio.create_task(lane.drain(consumer))
            await lane.commit("first")
            await lane.all_taken(["first"])
            yield lane
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
    finally:
        await receiver.close()
        await lane.sender.close()
