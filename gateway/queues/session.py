"""What is done over one connection to the broker. With the next one all of it is made anew.

Nothing here is repeated or repaired: whatever fails ends the session, and its owner opens
another. What must survive a session stands with the owner.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import (
    AbstractChannel,
    AbstractIncomingMessage,
    AbstractQueue,
    DeliveryMode,
)
from aio_pika.exceptions import DeliveryError, PublishError
from pydantic import ValidationError
from yarl import URL

from contracts.announcement import Announcement
from gateway.queues.topology import Topology

_LOG = logging.getLogger("tongban.queue")
_CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
_GONE_SECONDS = 0.5
_DELETE_SECONDS = 30.0  # the broker waits for the members of a queue before it gives them up
_HEARTBEAT_SECONDS = 10  # a connection that was cut in silence is noticed after two of these
_UNACKNOWLEDGED = 16


class LaneStuckError(Exception):
    """The queue of `lane` does not answer, though the broker does, or the connection is dead."""

    def __init__(self, lane: str) -> None:
        super().__init__(f"the queue of {lane} does not answer")
        self.lane = lane


class Session:
    """One open connection, its channel, and what is consumed over it."""

    def __init__(
        self, channel: AbstractChannel, topology: Topology, heard: Callable[[str], None]
    ) -> None:
        self._channel = channel
        self._topology = topology
        self._heard = heard
        self._queues: dict[str, AbstractQueue] = {}  # by lane, those that are known to exist
        self._consumed: dict[str, str] = {}  # lane to consumer tag

    async def consume(self, lanes: Collection[str]) -> None:
        """Consume these lanes and no others. Raises LaneStuckError, and what the client raises."""
        for lane in list(self._consumed):
            if lane not in lanes:
                async with _answer(lane):
                    await (await self._queue(lane)).cancel(self._consumed.pop(lane))
        for lane in lanes:
            if lane not in self._consumed:
                async with _answer(lane):
                    queue = await self._queue(lane)
                    self._consumed[lane] = await queue.consume(self._receiver(lane))
                self._heard(lane)  # what was announced before must be looked for

    async def announce(self, lanes: Collection[str]) -> None:
        """Returns when the broker has confirmed all of them. Raises as `consume` does."""
        await asyncio.gather(*map(self._announce, lanes))

    async def delete(self, lane: str) -> None:
        """Delete a lane's queue, whatever state it is in and whatever it was made with.

        Who consumes it notices, makes it anew and asks the store, so no news is missed.
        """
        async with asyncio.timeout(_DELETE_SECONDS):
            await self._channel.queue_delete(self._topology.of_lane(lane))
        # RabbitMQ 3.10 forgets to tell the consumers of a queue that is back at once.
        await asyncio.sleep(_GONE_SECONDS)
        self._queues.pop(lane, None)

    async def try_out(self, name: str) -> None:
        """Whether queues of this kind can be made, take a message, and be deleted."""
        async with _answer(name):
            await self._topology.declare_lane(self._channel, name)
            await self._channel.default_exchange.publish(
                aio_pika.Message(b"", delivery_mode=DeliveryMode.PERSISTENT),
                self._topology.of_lane(name),
                mandatory=True,
            )
        async with asyncio.timeout(_DELETE_SECONDS):
            await self._channel.queue_delete(self._topology.of_lane(name))

    async def _announce(self, lane: str) -> None:
        said = Announcement(lane=lane, announced_at=datetime.now(UTC))
        message = aio_pika.Message(
            said.to_json(),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        try:
            async with _answer(lane):
                await self._queue(lane)
                await self._channel.default_exchange.publish(
                    message, self._topology.of_lane(lane), mandatory=True
                )
        except PublishError:
            raise  # the queue is gone: the next session makes it again
        except DeliveryError:
            _LOG.debug("%s: enough announcements wait there already", lane)

    async def _queue(self, lane: str) -> AbstractQueue:
        if lane not in self._queues:
            self._queues[lane] = await self._topology.declare_lane(self._channel, lane)
        return self._queues[lane]

    def _receiver(self, lane: str) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
        async def receive(message: AbstractIncomingMessage) -> None:
            # Of a connection that is gone by now; the broker will give the message again.
            with contextlib.suppress(aio_pika.exceptions.AMQPError, RuntimeError):
                if _says(message, lane):
                    self._heard(lane)
                    await message.ack()
                else:
                    _LOG.warning("%s: a message that is no announcement was set aside", lane)
                    await message.reject(requeue=False)

        return receive


@contextlib.asynccontextmanager
async def _answer(lane: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            yield
    except TimeoutError as error:
        raise LaneStuckError(lane) from error


def _says(message: AbstractIncomingMessage, lane: str) -> bool:
    """Whether this is an announcement of the lane."""
    try:
        return Announcement.model_validate_json(message.body).lane == lane
    except ValidationError:
        return False


@contextlib.asynccontextmanager
async def open_session(
    address: URL,
    topology: Topology,
    *,
    name: str,
    heard: Callable[[str], None],
    lost: Callable[[], None],
) -> AsyncIterator[Session]:
    """Connect. Raises what the client raises.

    `address` holds the password. `name`: what an operator of the broker sees. `heard` gets
    the lanes of announcements; `lost` is called once the session is of no use any more.
    """
    connection = aio_pika.Connection(
        address.update_query(heartbeat=str(_HEARTBEAT_SECONDS)),
        client_properties={"connection_name": name},
    )
    connection.close_callbacks.add(lambda *_: lost())
    try:
        await connection.connect(timeout=_CONNECT_SECONDS)
        # A message without a queue comes back and is an error.
        channel = await connection.channel(on_return_raises=True)
        channel.close_callbacks.add(lambda *_: lost())
        # The broker ends a consumer when its queue is deleted.
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(lambda _: lost())
        await channel.set_qos(prefetch_count=_UNACKNOWLEDGED)
        await topology.declare_unreadable(channel)
        yield Session(channel, topology, heard)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await connection.close()
