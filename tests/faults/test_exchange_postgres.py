"""Two cities on PostgreSQL: a gateway is killed, their server crashes, and cases flow on."""

import asyncio
from pathlib import Path

import pytest

from contracts.case import State
from tests.processes.city import City, cities
from tests.processes.ledger import ask, assert_same_story
from tests.processes.office import Office, all_settled, offices
from tests.processes.outages import in_spite_of_outages
from tests.processes.patience import until
from tests.processes.postgres import private_server

CASES = 120
FILING, ANSWERING = "410100", "440100"


async def file_all(filing: Office, half: asyncio.Event) -> None:
    for number in range(CASES):
        await in_spite_of_outages(lambda n=number: filing.file(f"P-{n}", ANSWERING))  # type: ignore[misc]
        if number == CASES // 2:
            half.set()


@pytest.mark.slow
async def test_neither_a_killed_gateway_nor_a_crashed_server_loses_or_doubles_anything(
    tmp_path: Path,
) -> None:
    with (
        private_server() as server,
        cities(tmp_path, {FILING: "sm", ANSWERING: "intl"}) as both,
    ):
        for city in both:
            city.move_to(server.database())
            city.start()
        for city in both:
            city.ready()
        half = asyncio.Event()

        def outage() -> None:
            both[1].kill()
            server.stop()
            until(lambda: both[0].health()[0] == 503, "the other gateway says that it is ill")
            server.start()
            both[1].start()

        async def in_the_middle() -> None:
            await half.wait()
            await asyncio.to_thread(outage)

        async with offices(both) as (filing, answering):
            await asyncio.gather(
                file_all(filing, half),
                in_spite_of_outages(lambda: answering.answer_all(FILING, CASES)),
                in_the_middle(),
            )
            await all_settled(*both)
        one, other = both
        messages = assert_same_story(one.books, other.books, one.folder / "members.json")
        assert messages == CASES * 5
        for city in both:
            assert_done(city)


def assert_done(city: City) -> None:
    """Every message taken, every case closed, nothing to report; and it stops in order."""
    assert ask(city.books, "SELECT DISTINCT state FROM message") == [("taken",)]
    states = ask(city.books, "SELECT state, count(*) FROM case_record GROUP BY state")
    assert states == [(State.CLOSED.value, CASES)]
    assert ask(city.books, "SELECT id FROM incident") == []
    assert city.ready().stop() == 0
