"""The baseline of the engines: RabbitMQ moves the same bytes from quorum queue to quorum queue.

One shovel, as RabbitMQ brings it, within one node: what it takes from one queue is confirmed by the
other before it is acknowledged. Nothing is signed, sealed, checked or kept in a database.
"""

import asyncio
import os
import time

import aio_pika
import orjson
import uvloop
from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable
from yarl import URL

from benchmarks.servers import Servers

_FROM, _TO = "shovel-from", "shovel-to"
_AT_ONCE = 256
_PREFETCH = 1000
_LOOK_SECONDS = 0.02
_QUORUM: FieldTable = {"x-queue-type": "quorum"}


def measure(servers: Servers, *, messages: int, size: int) -> dict[str, float]:
    """Messages of `size` bytes a second, as they stand in ``bench.json``."""
    return {
        "baseline.shovel.messages_per_s": uvloop.run(_move(servers, messages, size)),
        "baseline.shovel.message_bytes": size,
    }


async def _move(servers: Servers, messages: int, size: int) -> float:
    rabbit = servers.rabbit
    address = rabbit.address("bench").with_password(rabbit.password)
    async with await aio_pika.connect(str(address)) as connection:
        channel = await connection.channel()
        for queue in (_FROM, _TO):
            await channel.declare_queue(queue, durable=True, arguments=_QUORUM)
        await _fill(channel, messages, size)
        started = time.perf_counter()
        await asyncio.to_thread(_start, servers, address)
        first_at, first = await _until(channel, 1)
        last_at, last = await _until(channel, messages)
        await asyncio.to_thread(rabbit.command, "clear_parameter", "-p", "bench", "shovel", "bench")
        for queue in (_FROM, _TO):
            await channel.queue_delete(queue)
    assert last_at > started
    return (last - first) / (last_at - first_at)  # without the seconds in which it starts


async def _fill(channel: AbstractChannel, messages: int, size: int) -> None:
    body, room = os.urandom(size), asyncio.Semaphore(_AT_ONCE)

    async def publish() -> None:
        async with room:
            message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, _FROM)

    await asyncio.gather(*(publish() for _ in range(messages)))


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


async def _until(channel: AbstractChannel, count: int) -> tuple[float, int]:
    """When the queue was first seen to hold `count` messages, and how many it held then."""
    while True:
        queue = await channel.declare_queue(_TO, passive=True)
        held = queue.declaration_result.message_count or 0
        if held >= count:
            return time.perf_counter(), held
        await asyncio.sleep(_LOOK_SECONDS)
