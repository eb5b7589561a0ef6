"""Gateways that are killed at any moment, fifty times, while five hundred cases flow."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from contracts.case import State
from tests.processes.city import City, cities
from tests.processes.ledger import ask, assert_same_story
from tests.processes.office import all_settled, offices

CASES, KILLS, SEED = 500, 50, 20_260_301
HURRY_SECONDS = 100.0
FILING, ANSWERING = "410100", "440100"


async def kill_now_and_then(city: City, kills: int, chance: random.Random) -> None:
    """Kill the gateway at random moments and start it again at once: seven times of ten while
    it works, with the lanes of the last one or without them yet, else while it starts.

    On a machine so busy that starts take for ever, the last ones do not wait for it.
    """
    hurry_from = time.monotonic() + HURRY_SECONDS
    for number in range(kills):
        if number % 10 < 7 and time.monotonic() < hurry_from:
            await asyncio.to_thread(city.ready)
        await asyncio.sleep(chance.uniform(0.0, 1.5))
        city.kill()
        city.start()


@pytest.mark.slow
async def test_no_message_is_lost_doubled_or_disordered_by_fifty_kills(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with cities(tmp_path, {FILING: "sm", ANSWERING: "intl"}) as both:
        for city in both:
            city.env["TONGBAN_QUEUE__LEASE_S"] = "1"
            city.start()
        async with offices(both) as (filing, answering):

            async def file_all() -> None:
                for number in range(CASES):
                    await filing.file(f"K-{number}", ANSWERING)
                    await asyncio.sleep(chance.uniform(0.0, 0.12))

            await asyncio.gather(
                file_all(),
                answering.answer_all(FILING, CASES, within=600),
                *(kill_now_and_then(city, KILLS // 2, chance) for city in both),
            )
            await all_settled(*both, within=600)
        one, other = both
        messages = assert_same_story(one.store, other.store, one.folder / "members.json")
        assert messages == CASES * 5
        for city in both:
            assert ask(city.store, "SELECT DISTINCT state FROM message") == [("taken",)]
            states = ask(city.store, "SELECT state, count(*) FROM case_record GROUP BY state")
            assert states == [(State.CLOSED.value, CASES)]
            assert ask(city.store, "SELECT * FROM incident") == []
            assert city.ready().stop() == 0
