"""Whoever is told to end, ends: also when news comes in the same turn of the loop."""

import asyncio
import random
from datetime import timedelta

from gateway.exchange.courier import Courier
from gateway.exchange.pace import Pace
from gateway.exchange.submit import Submit
from gateway.ports import Answer
from gateway.queues.embedded import EmbeddedQueue
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.drafts import submission
from gateway.simulation.members import new_keyring, roll_of
from gateway.simulation.network import SimulatedNetwork, Weather
from gateway.simulation.store import MemoryStore

KEYRINGS = [new_keyring("410100"), new_keyring("440100")]


async def some_turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def ends(task: asyncio.Task[None]) -> bool:
    for _ in range(50):
        await asyncio.sleep(0)
        if task.done():
            return True
    task.cancel()
    return False


async def test_a_courier_that_is_cancelled_while_it_is_woken_ends() -> None:
    """It pauses, since its partner does not answer; then both happen at once."""
    clock, store = SimulatedClock(), MemoryStore()
    home = KEYRINGS[0].home(roll_of(KEYRINGS), clock)
    queue = EmbeddedQueue(store, clock, owner="here")
    link = SimulatedNetwork(clock, random.Random(1), Weather.fair()).link("440100")
    courier = Courier(home, store, queue, link, "440100", pace=Pace(), to_city=False)
    submit = Submit(home, store, queue, life=timedelta(hours=1))
    await submit(submission("1", receiving="410100", handling="440100", at=clock.now()))
    running = asyncio.create_task(courier.run())
    await some_turns()
    clock.advance(1.0)
    await some_turns()
    assert courier.status.failures == 1
    courier.wake()
    running.cancel()
    assert await ends(running)
    assert running.cancelled()


async def test_a_consumer_that_is_cancelled_while_news_comes_ends() -> None:
    queue = EmbeddedQueue(MemoryStore(), SimulatedClock(), owner="here")
    took = False

    async def consume() -> None:
        nonlocal took
        async with queue.consume("lane") as consumer:
            while True:
                await consumer.take(1, wait=1.0)
                took = True

    running = asyncio.create_task(consume())
    await some_turns()
    await queue.announce(["lane"])
    running.cancel()
    assert await ends(running)
    assert not took


async def test_a_courier_that_is_cancelled_leaves_no_flight_behind() -> None:
    """Else it would write to a store that is closed by then, or settle after another took over."""
    clock, store = SimulatedClock(), MemoryStore()
    home = KEYRINGS[0].home(roll_of(KEYRINGS), clock)
    queue = EmbeddedQueue(store, clock, owner="here")
    network = SimulatedNetwork(clock, random.Random(1), Weather.fair())
    arrived = asyncio.Event()

    async def never_answers(_path: str, _body: bytes) -> Answer:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    network.join("440100", never_answers)
    link = network.link("440100")
    courier = Courier(home, store, queue, link, "440100", pace=Pace(), to_city=False)
    submit = Submit(home, store, queue, life=timedelta(hours=1))
    await submit(submission("1", receiving="410100", handling="440100", at=clock.now()))
    before = asyncio.all_tasks()
    running = asyncio.create_task(courier.run())
    await some_turns()
    clock.advance(1.0)
    await arrived.wait()
    running.cancel()
    assert await ends(running)
    assert asyncio.all_tasks() <= before
