"""The baseline of the engines: RabbitMQ moves the same bytes from quorum queue to quorum queue.

One shovel, as RabbitMQ brings it, within one node: what it takes from one queue is confirmed by the
other before it is acknowledged. Nothing is signed, sealed, checked or kept in a database.

Measured twice: end to end, as the exchange is (published with confirms, moved, consumed and
acknowledged, with as many messages under way), and moving alone, out of a queue that stands full.
"""

import asyncio
import os
import time
from collections.abc import Iterator

import aio_pika
import orjson
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiormq.abc import FieldTable
from yarl import URL

from benchmarks.servers import Servers

_FROM, _TO = "shovel-from", "shovel-to"
_AT_ONCE = 256
_UNDER_WAY = 2048  # messages published and not yet consumed, at most; as of the exchange
_WARM_UP = 500
_PREFETCH = 1000
_LOOK_SECONDS = 0.02
_QUORUM: FieldTable = {"x-queue-type": "quorum"}


def measure(servers: Servers, *, messages: int, size: int) -> dict[str, float]:
    """Messages of `size` bytes a second, as they stand in ``bench.json``."""
    before = servers.cpu_seconds()[1]
    end_to_end = uvloop.run(_end_to_end(servers, messages, size))
    used = servers.cpu_seconds()[1] - before
    return {
        "baseline.shovel.messages_per_s": end_to_end,
        "baseline.shovel.rabbitmq_cpu_us": used / (messages + _WARM_UP) * 1e6,
        "baseline.shovel.moved_per_s": uvloop.run(_move(servers, messages, size)),
        "baseline.shovel.message_bytes": size,
    }


async def _end_to_end(servers: Servers, messages: int, size: int) -> float:
    """Publisher, shovel and consumer at work at once."""
    address = _address(servers)
    async with (
        await aio_pika.connect(str(address)) as publisher,
        await aio_pika.connect(str(address)) as consumer,
    ):
        channel, taking = await publisher.channel(), await consumer.channel()
        await taking.set_qos(prefetch_count=_PREFETCH)
        await _declare(channel)
        await asyncio.to_thread(_start, servers, address)
        taken = _Taken()
        await (await taking.get_queue(_TO)).consume(taken)
        await _publish(channel, _WARM_UP, size, taken)
        await taken.reach(_WARM_UP)
        started = time.perf_counter()
        await _publish(channel, messages, size, taken)
        await taken.reach(_WARM_UP + messages)
        seconds = time.perf_counter() - started
        await asyncio.to_thread(_stop, servers)
    await _delete(address)
    return messages / seconds


class _Taken:
    """Counts what arrives, and lets as many more be published."""

    def __init__(self) -> None:
        self.room = asyncio.Semaphore(_UNDER_WAY)
        self._count = 0
        self._changed = asyncio.Event()

    async def __call__(self, message: AbstractIncomingMessage) -> None:
        await message.ack()
        self._count += 1
        self.room.release()
        self._changed.set()

    async def reach(self, count: int) -> None:
        while self._count < count:
            self._changed.clear()
            await self._changed.wait()


async def _publish(channel: AbstractChannel, messages: int, size: int, taken: _Taken) -> None:
    body = os.urandom(size)

    async def worker(numbers: Iterator[int]) -> None:
        for _ in numbers:
            await taken.room.acquire()
            await channel.default_exchange.publish(_message(body), _FROM)

    numbers = iter(range(messages))
    await asyncio.gather(*(worker(numbers) for _ in range(_AT_ONCE)))


async def _move(servers: Servers, messages: int, size: int) -> float:
    """The shovel by itself: from a queue that stands full into one that nobody consumes."""
    address = _address(servers)
    async with await aio_pika.connect(str(address)) as connection:
        channel = await connection.channel()
        await _declare(channel)
        await _fill(channel, messages, size)
        started = time.perf_counter()
        await asyncio.to_thread(_start, servers, address)
        first_at, first = await _until(channel, 1)
        last_at, last = await _until(channel, messages)
        await asyncio.to_thread(_stop, servers)
    await _delete(address)
    assert last_at > started
    return (last - first) / (last_at - first_at)  # without the seconds in which it starts


async def _fill(channel: AbstractChannel, messages: int, size: int) -> None:
    body, room = os.urandom(size), asyncio.Semaphore(_AT_ONCE)

    async def publish() -> None:
        async with room:
            await channel.default_exchange.publish(_message(body), _FROM)

    await asyncio.gather(*(publish() for _ in range(messages)))


def _message(body: bytes) -> aio_pika.Message:
    return aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


def _address(servers: Servers) -> URL:
    return servers.rabbit.address("bench").with_password(servers.rabbit.password)


async def _declare(channel: AbstractChannel) -> None:
    for queue in (_FROM, _TO):
        await channel.declare_queue(queue, durable=True, arguments=_QUORUM)


async def _delete(address: URL) -> None:
    async with await aio_pika.connect(str(address)) as connection:
        channel = await connection.channel()
        for queue in (_FROM, _TO):
            await channel.queue_delete(queue)


def _start(servers: Servers, address: URL) -> None:
    shovel = {
        "src-protocol": "amqp091",
        "src-uri": str(address),
        "src-queue": _FROM,
        "src-prefetch-count": _PREFETCH,
        "dest-protocol": "amqp091",
        "dest-uri": str(address),
        "dest-queue": _TO,
        "ack-mode": "on-confirm",
    }
    text = orjson.dumps(shovel).decode()
    servers.rabbit.command("set_parameter", "-p", "bench", "shovel", "bench", text)


def _stop(servers: Servers) -> None:
    servers.rabbit.command("clear_parameter", "-p", "bench", "shovel", "bench")


async def _until(channel: AbstractChannel, count: int) -> tuple[float, int]:
    """When the queue was first seen to hold `count` messages, and how many it held then."""
    while True:
        queue = await channel.declare_queue(_TO, passive=True)
        held = queue.declaration_result.message_count or 0
        if held >= count:
            return time.perf_counter(), held
        await asyncio.sleep(_LOOK_SECONDS)
