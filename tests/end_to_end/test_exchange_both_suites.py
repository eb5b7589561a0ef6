"""A city of suite sm and one of suite intl send each other cases, both ways at once."""

import asyncio
from pathlib import Path

import pytest

from contracts.case import State
from tests.processes.city import cities
from tests.processes.ledger import ask, assert_same_story
from tests.processes.office import all_settled, offices

CASES = 25


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_cases_go_both_ways_between_the_suites_until_closed(
    tmp_path: Path, tls: bool
) -> None:
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}, tls=tls) as both:
        for city in both:
            city.start()
        for city in both:
            city.ready()
        async with offices(both) as (zhengzhou, guangzhou):
            for number in range(CASES):
                await zhengzhou.file(f"Z-{number}", "440100")
                await guangzhou.file(f"G-{number}", "410100")
            await asyncio.gather(
                guangzhou.answer_all("410100", CASES), zhengzhou.answer_all("440100", CASES)
            )
            await all_settled(*both)
        one, other = both
        assert assert_same_story(one.store, other.store, one.folder / "members.json") == CASES * 10
        for city in both:
            states = ask(city.store, "SELECT DISTINCT state FROM case_record")
            assert states == [(State.CLOSED.value,)]
            assert ask(city.store, "SELECT * FROM incident") == []
            assert city.metric("tongban_receipts_total", outcome="taken") == CASES * 5
            assert city.stop() == 0
