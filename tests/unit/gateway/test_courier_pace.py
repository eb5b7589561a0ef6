"""A courier whose partner asks for less: it slows down, loses nothing, and keeps the order."""

import asyncio
import random

from contracts.messages import Kind
from gateway.exchange.allowance import Allowed
from gateway.records import MessageState
from gateway.simulation.city import SimulatedCity
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.drafts import said, submission
from gateway.simulation.loop import simulate
from gateway.simulation.network import SimulatedNetwork, Weather
from gateway.simulation.store import MemoryStore
from tests.unit.gateway.stage import HERE, KEYRINGS, THERE, TRUST

RATE, CASES, MESSAGES = 5.0, 100, 300


def test_a_flood_arrives_at_the_pace_that_the_partner_takes() -> None:
    clock, chance = SimulatedClock(), random.Random(11)
    network = SimulatedNetwork(clock, chance, Weather.fair())
    allowed = Allowed(messages_per_s=RATE, burst_s=4.0)

    def city(code: str, partner: str) -> SimulatedCity:
        return SimulatedCity(
            KEYRINGS[code], [partner], trust=TRUST, disk=MemoryStore(), network=network,
            clock=clock, chance=chance, allowed=allowed,
        )  # fmt: skip

    here, there = city(HERE, THERE), city(THERE, HERE)
    sent: list[str] = []
    started: list[float] = []

    async def play() -> None:
        here.start()
        there.start()
        for number in range(CASES):
            at = clock.now()
            draft = submission(f"N{number}", receiving=HERE, handling=THERE, at=at)
            sent.append((await here.submit(draft)).case_id)
            for _ in range(2):
                await here.submit(said(f"N{number}", Kind.REMIND, at))
        started.append(clock.monotonic())
        while await here.disk.backlog():
            await clock.sleep(0.5)
        started.append(clock.monotonic())
        await here.stop()
        await there.stop()

    simulate(play, clock)
    for case_id in sent:
        arrived = asyncio.run(there.disk.messages(case_id))
        assert [message.sequence for message in arrived] == [1, 2, 3]
        assert {message.state for message in arrived} == {MessageState.TAKEN}
    took = started[1] - started[0]
    assert (MESSAGES - RATE * 4) / RATE * 0.9 < took < 2.0 * MESSAGES / RATE
    assert 1 <= there.told_to_slow_down < MESSAGES / 10, "told now and then, not all the time"
