"""A courier beside other processes of its city: it hears what they know, and lets go."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from gateway.exchange.courier import Courier
from gateway.exchange.pace import Pace
from gateway.exchange.pack import pack
from gateway.ports import Answer
from gateway.queues.embedded import EmbeddedQueue
from gateway.records import partner_lane
from gateway.simulation.loop import simulate
from gateway.simulation.network import SimulatedNetwork, Weather
from tests.unit.gateway.stage import ELSEWHERE, THERE, City, keep_lease, two_cities

LANE = partner_lane(THERE)
PACE = Pace(backoff_base=600.0, backoff_ceiling=600.0)


class Scene:
    """Two cities on a network to which the other one has not come yet."""

    def __init__(self) -> None:
        self.here, self.there = two_cities()
        self.clock = self.here.clock
        self.network = SimulatedNetwork(self.clock, random.Random(3), Weather.fair())
        self.couriers: list[Courier] = []
        self.queues: dict[str, EmbeddedQueue] = {}

    def courier(self, owner: str, partner: str = THERE) -> asyncio.Task[None]:
        """Of a process of the first city that has this name."""
        here = self.here
        queue = self.queues.setdefault(owner, EmbeddedQueue(here.store, self.clock, owner=owner))
        self.couriers.append(
            Courier(
                here.home,
                here.store,
                queue,
                self.network.link(partner),
                partner,
                pace=PACE,
                to_city=False,
                uniform=random.Random(4),
            )
        )
        return asyncio.create_task(self.couriers[-1].run())

    async def answer(self, _path: str, body: bytes) -> Answer:
        _, reply = await self.there.receive(body)
        return Answer(200, reply)

    def plays(self, play: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            await play()
            for courier in self.couriers:
                courier.stop()

        simulate(whole, self.clock)

    async def until_empty(self) -> float:
        """Seconds until nothing waits for the partner any more."""
        before = self.clock.monotonic()
        while await self.here.store.tickets(LANE, 0, 1):
            await self.clock.sleep(0.1)
        return self.clock.monotonic() - before


async def say_something(sender: City, receiver: City) -> None:
    """A case of `sender` comes to another process of `receiver`."""
    await sender.opens("N-1", handling=receiver.code)
    (ticket,) = await sender.store.tickets(partner_lane(receiver.code), 0, 10)
    outgoing = await sender.store.outgoing([ticket.message_id])
    packed = await pack(sender.home, receiver.code, outgoing)
    await receiver.receive(packed.body)


def test_a_partner_that_is_heard_in_another_process_need_not_be_waited_for() -> None:
    scene = Scene()

    async def play() -> None:
        running = scene.courier("p1")
        await scene.here.opens("1")
        while not scene.couriers[0].status.failures:
            await scene.clock.sleep(0.1)
        await scene.clock.sleep(5.0)
        scene.network.join(THERE, scene.answer)
        await scene.clock.sleep(5.0)
        assert await scene.here.store.tickets(LANE, 0, 1), "it waits, up to ten minutes"
        await say_something(scene.there, scene.here)
        assert await scene.until_empty() < 3.0
        scene.couriers[0].stop()
        await running

    scene.plays(play)


def test_a_courier_that_lost_its_lane_lets_go_and_comes_back_when_it_is_free() -> None:
    scene = Scene()

    async def play() -> None:
        scene.network.join(THERE, scene.answer)
        running = scene.courier("p1")
        await scene.here.opens("1")
        await scene.until_empty()
        assert not scene.couriers[0].waiting
        await scene.here.store.release(LANE, "p1")
        another = asyncio.create_task(keep_lease(scene.here, LANE, "another"))
        await scene.clock.sleep(12.0)
        assert scene.couriers[0].waiting
        await scene.here.opens("2")
        await scene.clock.sleep(20.0)
        assert await scene.here.store.tickets(LANE, 0, 1), "it is the other's to carry"
        another.cancel()
        assert await scene.until_empty() < 60.0
        scene.couriers[0].stop()
        await running

    scene.plays(play)


def test_a_courier_process_that_joins_gets_the_lane_of_one_that_stops_at_once() -> None:
    scene = Scene()

    async def play() -> None:
        scene.network.join(THERE, scene.answer)
        first = scene.courier("p1")
        await scene.here.opens("1")
        await scene.until_empty()
        second = scene.courier("p2")
        await scene.clock.sleep(5.0)
        assert [courier.waiting for courier in scene.couriers] == [False, True]
        scene.couriers[0].stop()
        await first
        await scene.here.opens("2")
        assert await scene.until_empty() < 2.0
        scene.couriers[1].stop()
        await second

    scene.plays(play)


def test_a_process_that_joins_gets_the_lane_of_a_partner_and_what_was_sent_arrives_once() -> None:
    scene = Scene()

    async def play() -> None:
        scene.network.join(THERE, scene.answer)
        running = [scene.courier("p1"), scene.courier("p1", ELSEWHERE)]
        await scene.clock.sleep(3.0)
        assert [courier.waiting for courier in scene.couriers] == [False, False]
        running += [scene.courier("p2"), scene.courier("p2", ELSEWHERE)]
        for number in range(40):
            await scene.here.opens(str(number))
            await scene.clock.sleep(0.2)
        of_there, of_elsewhere = scene.couriers[::2], scene.couriers[1::2]
        for two in (of_there, of_elsewhere):
            assert sorted(courier.waiting for courier in two) == [False, True]
        assert sorted(courier.waiting for courier in scene.couriers[:2]) == [False, True]
        await scene.until_empty()
        assert len(await scene.there.store.cases(before=None, limit=100)) == 40
        for courier in scene.couriers:
            courier.stop()
        for task, courier in zip(running, scene.couriers, strict=True):
            if courier.waiting:
                task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    scene.plays(play)
