"""Several processes of one gateway: when one dies, another carries its lanes on."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes.city import City, beside, cities
from tests.processes.ledger import ask, assert_same_story, count
from tests.processes.office import all_settled, offices
from tests.processes.patience import until_then

ROUNDS, CASES = 3, 40


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[City]]:
    """Two cities, on each store that several processes may share."""
    with cities(tmp_path, {"410100": "intl", "440100": "sm"}) as made:
        if request.param == "postgres":
            new_database = request.getfixturevalue("new_database")
            for city in made:
                city.move_to(new_database())
        yield made


@pytest.mark.slow
async def test_another_process_takes_over_the_lanes_of_a_dead_one(both: list[City]) -> None:
    chance = random.Random(7)
    here, there = both
    with ExitStack() as end:
        twin = beside(here)
        end.callback(twin.clear_away)
        for city in (here, twin, there):
            city.start()
        for city in (here, twin, there):
            city.ready()
        async with offices([here]) as (office,):
            for turn in range(ROUNDS):
                for number in range(CASES):
                    await office.file(f"{turn}-{number}", there.code)
                    if number == CASES // 2:
                        dying = _consumer(here, twin)
                        dying.kill()
                await all_settled(here)
                assert count(there.books, "message") == (turn + 1) * CASES
                dying.start()
                if chance.random() < 0.5:
                    dying.ready()
        assert_same_story(here.books, there.books, here.folder / "members.json")


async def test_a_stopped_process_hands_its_lanes_over_at_once(both: list[City]) -> None:
    here, there = both
    with ExitStack() as end:
        twin = beside(here)
        end.callback(twin.clear_away)
        for city in (here, twin, there):
            city.start().ready()
        async with offices([here]) as (office,):
            stopped = _consumer(here, twin)
            assert stopped.stop() == 0
            await until_then(lambda: _owner(here), "the lane has an owner again", within=60)
            await office.file("T-1", there.code)
            await all_settled(here)


def _owner(city: City) -> str:
    """Who holds the lane to the one partner; empty when nobody does."""
    found = ask(city.books, "SELECT owner FROM lane WHERE lane LIKE 'partner/%'")
    return str(found[0][0]) if found else ""


def _consumer(one: City, other: City) -> City:
    """The process that carries the lane to the partner: its id stands in the lease."""
    assert one.process is not None
    return one if _owner(one).split("/")[1] == str(one.process.pid) else other


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_processes_that_share_a_port_stand_in_for_each_other(
    tmp_path: Path, tls: bool
) -> None:
    suites = {"410100": "intl", "440100": "sm"}
    with cities(tmp_path, suites, tls=tls) as (here, there), ExitStack() as end:
        there.env["TONGBAN_GATEWAY__SHARE_PORT"] = "true"
        twin = replace(there, env=dict(there.env), process=None)
        end.callback(twin.clear_away)
        for city in (here, there, twin):
            city.start()
        await until_then(lambda: there.log().count("listens on") == 2, "both listen at one port")
        async with offices([here.ready()]) as (office,):
            for number in range(CASES):
                await office.file(str(number), there.code)
                if number == CASES // 2:
                    there.kill()
            await all_settled(here)
        assert twin.stop() == 0
        assert count(there.books, "message") == CASES
        assert_same_story(here.books, there.books, here.folder / "members.json")
