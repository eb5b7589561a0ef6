"""What a queue owes: order, one consumer a lane, and nothing forgotten.

The embedded queue plays in simulated time, the one with a broker in real time.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from yarl import URL

from contracts.errors import QueueUnavailable, StoreUnavailable
from gateway.clock import SystemClock
from gateway.ports import Backlog, Clock, Consumer, Queue, Store
from gateway.queues.embedded import EmbeddedQueue
from gateway.queues.rabbitmq import LOOK_SECONDS, RabbitQueue
from gateway.simulation.around import StoreInThreads
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.loop import SimulatedLoop, simulate
from gateway.simulation.store import MemoryStore
from gateway.stores.sqlite import open_sqlite
from tests.ports.gateway.records import ticket, write
from tests.processes.ports import free_port

LANE = "partner/440100"


@dataclass
class Stage:
    """A store and its clock; every queue on it stands for a process."""

    store: Store
    clock: Clock
    make: Callable[[str], Queue]
    long: float = 60.0
    """Seconds in which a lease that nobody renews has long run out."""
    poll: float = 0.5
    """Seconds after which what nobody announced is seen at the latest."""
    at_once: float = 0.0
    """Seconds that nothing needs to take; simulated time stands still meanwhile."""
    queues: list[Queue] = field(default_factory=list)

    def queue(self, owner: str = "here") -> Queue:
        self.queues.append(self.make(owner))
        return self.queues[-1]

    async def add(self, *names: str) -> None:
        await write(self.store, tickets=[ticket(name, LANE) for name in names])

    async def clear_away(self) -> None:
        for queue in self.queues:
            await queue.close()
        await self.store.close()


Scene = Callable[[Stage], Awaitable[None]]
Play = Callable[[Scene], None]


@pytest.fixture(params=["memory", "sqlite", "rabbitmq"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """Plays a scene on the embedded queue over each store, or on the one with a broker."""
    path = tmp_path / "store.sqlite"
    if request.param == "rabbitmq":
        address = URL(request.getfixturevalue("rabbitmq"))
        return lambda scene: asyncio.run(_with_broker(scene, address, path))
    clock = SimulatedClock()
    return lambda scene: simulate(
        lambda: _embedded(scene, clock, path if request.param == "sqlite" else None), clock
    )


async def _embedded(scene: Scene, clock: SimulatedClock, path: Path | None) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    store: Store = StoreInThreads(open_sqlite(path, clock), loop) if path else MemoryStore()
    stage = Stage(store, clock, lambda owner: EmbeddedQueue(store, clock, owner=owner))
    async with asyncio.timeout(600):
        await scene(stage)
    await stage.clear_away()


async def _with_broker(scene: Scene, address: URL, path: Path) -> None:
    clock = SystemClock()
    store = open_sqlite(path, clock)
    prefix = f"tongban.test.{secrets.token_hex(4)}"
    stage = Stage(
        store,
        clock,
        lambda owner: RabbitQueue(store, clock, address, owner=owner, prefix=prefix),
        long=10.0,
        poll=LOOK_SECONDS + 0.5,
        at_once=0.5,
    )
    try:
        async with asyncio.timeout(120):
            await scene(stage)
    finally:
        await stage.clear_away()


async def names(consumer: Consumer, limit: int = 10, wait: float = 0.0) -> list[str]:
    return [each.message_id for each in await consumer.take(limit, wait)]


def test_tickets_are_taken_once_and_in_order(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await stage.add("m1", "m2", "m3")
        async with stage.queue().consume(LANE) as consumer:
            assert await names(consumer, limit=2) == ["m1", "m2"]
            await stage.add("m4")
            assert await names(consumer) == ["m3", "m4"]
            assert await names(consumer) == []

    play(scene)


def test_another_lane_is_nobodys_business(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await write(stage.store, tickets=[ticket("m1", "city")])
        async with stage.queue().consume(LANE) as consumer:
            assert await names(consumer) == []

    play(scene)


def test_what_is_put_back_comes_again_in_its_old_order(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await stage.add("m1", "m2", "m3")
        async with stage.queue().consume(LANE) as consumer:
            taken = await consumer.take(10, 0.0)
            await write(stage.store, tickets_done=[taken[1].position])
            await consumer.done(taken[1:2])
            await consumer.put_back([taken[2], taken[0]])
            assert await names(consumer) == ["m1", "m3"]

    play(scene)


def test_take_waits_as_long_as_it_was_told(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with stage.queue().consume(LANE) as consumer:
            before = stage.clock.monotonic()
            assert await names(consumer, wait=3.0) == []
            assert stage.clock.monotonic() - before == pytest.approx(3.0, abs=0.2 + stage.at_once)

    play(scene)


def test_an_announcement_wakes_the_consumer_at_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        queue = stage.queue()
        async with queue.consume(LANE) as consumer:
            waiting = asyncio.create_task(names(consumer, wait=60.0))
            await stage.clock.sleep(1.01)
            before = stage.clock.monotonic()
            await stage.add("m1")
            await queue.announce([LANE])
            assert await waiting == ["m1"]
            passed = stage.clock.monotonic() - before
            assert passed <= stage.at_once, "no time passes between commit and taking"

    play(scene)


def test_a_commit_of_another_process_is_seen_soon_without_being_announced(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with stage.queue().consume(LANE) as consumer:
            waiting = asyncio.create_task(names(consumer, wait=60.0))
            await stage.clock.sleep(1.01)
            before = stage.clock.monotonic()
            await stage.add("m1")
            assert await waiting == ["m1"]
            assert stage.clock.monotonic() - before < stage.poll

    play(scene)


@pytest.mark.parametrize("owner", ["there", "here"])
def test_a_lane_has_one_consumer_at_a_time(play: Play, owner: str) -> None:
    """Another process, or another task of the same one."""

    async def scene(stage: Stage) -> None:
        here = stage.queue("here")
        second = stage.queue("there") if owner == "there" else here
        entered = asyncio.Event()

        async def wait_for_the_lane() -> None:
            async with second.consume(LANE):
                entered.set()

        async with here.consume(LANE):
            other = asyncio.create_task(wait_for_the_lane())
            await stage.clock.sleep(stage.long)
            assert not entered.is_set(), "the lease is renewed as long as it is used"
        before = stage.clock.monotonic()
        await other
        assert stage.clock.monotonic() - before < 2.0, "a lane that was given up is free"

    play(scene)


def test_the_lane_of_a_dead_process_is_taken_over_from_the_first_ticket_not_done(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await stage.add("m1", "m2")
        now = int(stage.clock.now().timestamp() * 1000)
        assert await stage.store.lease(LANE, "a process that died", now, now + 6_000)
        before = stage.clock.monotonic()
        async with stage.queue("there").consume(LANE) as consumer:
            assert 5.0 < stage.clock.monotonic() - before < 8.0
            assert await names(consumer) == ["m1", "m2"]

    play(scene)


def test_a_consumer_that_lost_its_lane_stops_taking(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await stage.add("m1")
        async with stage.queue("here").consume(LANE) as consumer:
            await stage.store.release(LANE, "here")
            async with stage.queue("there").consume(LANE):
                await stage.clock.sleep(stage.long)
                with pytest.raises(StoreUnavailable):
                    await consumer.take(10, 0.0)

    play(scene)


def test_what_waits_in_the_store_can_be_announced_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        queue = stage.queue()
        assert await queue.rebuild() == []
        async with queue.consume(LANE) as consumer:
            waiting = asyncio.create_task(names(consumer, wait=60.0))
            await stage.clock.sleep(1.01)
            await stage.add("m1", "m2")
            assert await queue.rebuild() == [Backlog(LANE, 2, 1_000)]
            assert await waiting == ["m1", "m2"]
            assert await names(consumer) == [], "once is enough"

    play(scene)


def test_a_queue_that_is_there_can_be_checked_at_any_time(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        queue = stage.queue()
        await queue.check()
        async with queue.consume(LANE) as consumer:
            await stage.clock.sleep(1.01)
            await queue.check()
            assert queue.connected() in {True, None}
            await stage.add("m1")
            await queue.announce([LANE])
            assert await names(consumer, wait=60.0) == ["m1"]
        await queue.close()
        assert queue.connected() in {False, None}

    play(scene)


async def test_a_broker_that_is_away_is_neither_connected_nor_good() -> None:
    address = URL(f"amqp://me:secret-of-ours@127.0.0.1:{free_port()}/v")
    queue = RabbitQueue(MemoryStore(), SystemClock(), address, owner="here", prefix="tongban.x")
    with pytest.raises(QueueUnavailable) as error:
        await queue.check()
    assert "secret-of-ours" not in str(error.value)
    assert not queue.connected()
    await queue.close()


def test_a_queue_may_be_closed_twice(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        queue = stage.queue()
        await queue.announce([LANE])
        await queue.close()
        await queue.close()

    play(scene)


def test_processes_share_the_lanes_of_a_kind_and_a_new_one_gets_its_part(play: Play) -> None:
    lanes = [f"partner/44010{number}" for number in range(4)]

    async def scene(stage: Stage) -> None:
        held: dict[str, str] = {}

        async def carry(queue: Queue, owner: str, lane: str) -> None:
            while True:
                async with queue.consume(lane) as consumer:
                    assert lane not in held, "one consumer at a time"
                    held[lane] = owner
                    while not consumer.surplus:
                        await stage.clock.sleep(0.2)
                    del held[lane]

        async def all_held(**owners: int) -> None:
            for _ in range(200):
                if Counter(held.values()) == owners:
                    return
                await stage.clock.sleep(0.2)
            pytest.fail(f"{held}, expected {owners}")

        def joins(owner: str) -> list[asyncio.Task[None]]:
            queue = stage.queue(owner)
            return [asyncio.create_task(carry(queue, owner, lane)) for lane in lanes]

        here = joins("here")
        await all_held(here=4)
        there = joins("there")
        await all_held(here=2, there=2)
        for task in here:
            task.cancel()
        await asyncio.gather(*here, return_exceptions=True)
        for lane in [lane for lane, owner in held.items() if owner == "here"]:
            del held[lane]
        await all_held(there=4)
        for task in there:
            task.cancel()
        await asyncio.gather(*there, return_exceptions=True)

    play(scene)


def test_news_comes_at_once_or_in_time_and_wakes_whoever_consumes_lanes_below(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        queue = stage.queue()
        async with queue.consume("city/3") as consumer:
            assert consumer.held
            await consumer.news(0.0)
            before = stage.clock.monotonic()
            await consumer.news(60.0)
            assert stage.clock.monotonic() - before <= stage.poll, "looks without being told"
            await queue.announce(["city/3/440100"])
            before = stage.clock.monotonic()
            await consumer.news(60.0)
            assert stage.clock.monotonic() - before <= stage.at_once

    play(scene)
