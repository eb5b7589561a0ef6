"""A member whose clock is minutes off, and is set right again, with or without a restart."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keys.trust.member import MemberKey
from keys.trust.members_file import read_members, write_members
from tests.processes.city import City, cities
from tests.processes.ledger import ask, assert_same_story, entries
from tests.processes.office import Office, all_settled, offices
from tests.processes.other_time import set_clock

OFF = 120.0  # seconds
ROUNDS, CASES = ("right", "off", "right again", "off again", "restarted"), 5
LEASE = 30.0
"""Seconds in which lanes are taken over: a lease and what a slow machine adds to it."""


@pytest.fixture(params=["sqlite-ahead", "postgres-behind"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[City]]:
    """Two cities; the clock of the first is set by its `clock` file, to `off` or right."""
    engine = request.param.partition("-")[0]
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}) as made:
        if engine == "postgres":
            new_database = request.getfixturevalue("new_database")
            for city in made:
                city.move_to(new_database())
        for city in made:
            let_keys_be_old(city)
        set_clock(clock_of(made[0]), 0)
        made[0].command = ("tests.processes.other_time", str(clock_of(made[0])))
        yield made


@pytest.fixture
def off(request: pytest.FixtureRequest) -> float:
    return OFF if "ahead" in request.node.name else -OFF


def let_keys_be_old(city: City) -> None:
    """A key of today is not valid yet under a clock that is behind, and rightly so."""
    file, before = city.folder / "members.json", datetime.now(UTC) - timedelta(days=1)

    def old(keys: tuple[MemberKey, ...]) -> tuple[MemberKey, ...]:
        return tuple(key.model_copy(update={"valid_from": before}) for key in keys)

    members = [
        member.model_copy(
            update={
                "signing_keys": old(member.signing_keys),
                "sealing_keys": old(member.sealing_keys),
            }
        )
        for member in read_members(file).members
    ]
    write_members(file, members)


def clock_of(city: City) -> Path:
    return city.folder / "clock"


async def exchange(name: str, desks: list[Office]) -> None:
    """Cases both ways and their answers, all settled before anybody's patience ends."""
    so_far = ROUNDS.index(name) + 1
    one, other = desks
    for number in range(CASES):
        await one.file(f"{name}-{number}", other.city.code)
        await other.file(f"{name}-{number}", one.city.code)
    await asyncio.gather(
        one.answer_all(other.city.code, so_far * CASES, within=LEASE),
        other.answer_all(one.city.code, so_far * CASES, within=LEASE),
    )
    await all_settled(one.city, other.city, within=LEASE)


@pytest.mark.slow
async def test_a_clock_that_is_off_for_a_while_loses_nothing_and_stops_nothing(
    both: list[City], off: float
) -> None:
    here, there = both
    for city in both:
        city.start()
    for city in both:
        city.ready()
    async with offices(both) as desks:
        await exchange("right", desks)
        set_clock(clock_of(here), off)
        await exchange("off", desks)
        set_clock(clock_of(here), 0)
        await exchange("right again", desks)
        # Off, and right only after a crash: what the wrong clock has left in the store stands.
        set_clock(clock_of(here), off)
        await exchange("off again", desks)
        here.kill()
        set_clock(clock_of(here), 0)
        here.start().ready()
        await exchange("restarted", desks)
    messages = assert_same_story(here.books, there.books, here.folder / "members.json")
    assert messages == len(ROUNDS) * CASES * 2 * 5
    for city in both:
        assert {entry.state for entry in entries(city.books)} == {"taken"}
        assert ask(city.books, "SELECT code FROM incident") == []
        assert city.stop() == 0
