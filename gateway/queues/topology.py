"""What stands in the broker: one queue a lane, and one for what no consumer could read.

All are quorum queues, so they outlive a node of the broker. A queue of announcements is short:
whoever has one waiting reads everything there is, so more than a few say nothing new, and a
lane that nobody consumes must not fill the broker.
"""

from dataclasses import dataclass
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractQueue

_WAITING = 100
"""Announcements that wait in a lane's queue at most; further ones are refused."""

_UNREADABLE = 1000
"""Messages that are kept for an operator at most; the oldest go first."""

_QUORUM = {"x-queue-type": "quorum"}


@dataclass(frozen=True, slots=True)
class Topology:
    """The queues of one gateway. `prefix` tells it from others at the same broker."""

    prefix: str

    def of_lane(self, lane: str) -> str:
        return f"{self.prefix}.{lane}"

    @property
    def unreadable(self) -> str:
        return f"{self.prefix}.unreadable"

    async def declare_unreadable(self, channel: AbstractChannel) -> None:
        """Declaring what is there already, with the same arguments, changes nothing."""
        arguments: dict[str, Any] = {
            **_QUORUM,
            "x-max-length": _UNREADABLE,
            "x-overflow": "drop-head",
        }
        await channel.declare_queue(self.unreadable, durable=True, arguments=arguments)

    async def declare_lane(self, channel: AbstractChannel, lane: str) -> AbstractQueue:
        arguments: dict[str, Any] = {
            **_QUORUM,
            "x-single-active-consumer": True,
            "x-max-length": _WAITING,
            # Not drop-head: what is dropped would be taken for unreadable.
            "x-overflow": "reject-publish",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.unreadable,
        }
        return await channel.declare_queue(self.of_lane(lane), durable=True, arguments=arguments)
