"""Two cities of two processes each, on PostgreSQL and RabbitMQ, and everything that can break.

One pair of cities for the whole file: each test adds its cases, and at its end both stores
must tell the same story from the very beginning.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from sqlalchemy import make_url

from contracts.case import State
from tests.processes.broker import use_broker
from tests.processes.city import City, beside, cities
from tests.processes.commit_cutter import CommitCutter, commit_cutter
from tests.processes.ledger import ask, assert_same_story
from tests.processes.office import Office, all_settled, offices
from tests.processes.outages import in_spite_of_outages
from tests.processes.patience import until_then
from tests.processes.ports import free_port
from tests.processes.postgres import PrivateServer, private_server
from tests.processes.rabbitmq import RabbitServer, rabbit_server

SEED = 20_261_125
CASES, KILLS, CUTS = 20, 6, 25
SUITES = {"410100": "sm", "440100": "intl"}


@dataclass
class Pair:
    """`processes` of both members; those of one share a folder, a database and a vhost."""

    members: list[City]
    processes: list[City]
    postgres: PrivateServer
    rabbit: RabbitServer
    road: CommitCutter
    """By it the gateways reach PostgreSQL."""
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    filed: int = 0
    """Cases that each city has filed with the other."""

    def ready(self) -> None:
        for process in self.processes:
            process.ready()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with (
        private_server() as postgres,
        rabbit_server() as rabbit,
        cities(tmp_path_factory.mktemp("production"), SUITES) as members,
        commit_cutter(postgres.node.port, free_port(), random.Random(SEED)) as road,
        ExitStack() as end,
    ):
        processes: list[City] = []
        for city in members:
            city.move_to(postgres.database())
            use_broker(city, rabbit, rabbit.new_vhost())
            # The gateways alone: desks in the test's own process go straight to the server.
            by_road = make_url(city.database or "").set(port=road.port).render_as_string()
            city.env["TONGBAN_STORE__URL"] = by_road
            twin = beside(city)
            end.callback(twin.clear_away)
            processes += [city, twin]
        yield Pair(members, processes, postgres, rabbit, road)


@pytest.fixture
def pair(made: Pair) -> Pair:
    """Everything runs and is ready."""
    for process in made.processes:
        if process.process is None:
            process.start()
    made.ready()
    return made


async def flow_while(pair: Pair, trouble: Callable[[], Awaitable[object]], cases: int) -> None:
    """Cases go both ways, each to its close, while there is trouble; then the books are laid
    side by side."""
    over = asyncio.Event()

    async def file_all(office: Office, partner: str) -> None:
        for number in range(cases):
            name = f"{pair.filed + number}"
            await in_spite_of_outages(lambda: office.file(name, partner))  # noqa: B023

    async def make_trouble() -> None:
        await trouble()
        over.set()

    one, other = pair.members
    async with offices(pair.members) as (here, there):
        whole = pair.filed + cases
        await asyncio.gather(
            file_all(here, other.code),
            file_all(there, one.code),
            in_spite_of_outages(lambda: here.answer_all(other.code, whole)),
            in_spite_of_outages(lambda: there.answer_all(one.code, whole)),
            make_trouble(),
        )
        await asyncio.to_thread(pair.ready)
        await all_settled(one, other)
    pair.filed = whole
    messages = assert_same_story(one.books, other.books, one.folder / "members.json")
    assert messages == whole * 2 * 5
    for city in (one, other):
        assert ask(city.books, "SELECT DISTINCT state FROM message") == [("taken",)]
        states = ask(city.books, "SELECT state, count(*) FROM case_record GROUP BY state")
        assert states == [(State.CLOSED.value, whole * 2)]
        assert ask(city.books, "SELECT code FROM incident") == []


@pytest.mark.slow
async def test_any_process_is_killed_at_any_moment(pair: Pair) -> None:
    async def kill_now_and_then() -> None:
        for _ in range(KILLS):
            await asyncio.sleep(pair.chance.uniform(0.2, 1.0))
            victim = pair.chance.choice(pair.processes)
            await asyncio.to_thread(victim.ready)  # a process that works, not one that starts
            victim.kill()
            victim.start()

    await flow_while(pair, kill_now_and_then, CASES)


@pytest.mark.slow
async def test_connections_end_in_the_middle_of_commits(pair: Pair) -> None:
    async def cut_now_and_then() -> None:
        pair.road.share = 0.05
        databases = [str(city.books) for city in pair.members]
        for _ in range(CUTS):
            await asyncio.sleep(pair.chance.uniform(0.02, 0.3))
            database = pair.chance.choice(databases)
            await asyncio.to_thread(pair.postgres.end_connections, database)
        await until_then(
            lambda: pair.road.cut_before and pair.road.cut_after, "commits are cut at both moments"
        )
        pair.road.share = 0.0

    await flow_while(pair, cut_now_and_then, CASES)


@pytest.mark.slow
async def test_both_servers_stop_and_come_back(pair: Pair) -> None:
    async def stop_and_start() -> None:
        await asyncio.sleep(pair.chance.uniform(0.2, 0.8))
        await asyncio.to_thread(pair.rabbit.stop)
        await asyncio.to_thread(pair.postgres.stop)
        starting = asyncio.create_task(asyncio.to_thread(pair.rabbit.start))
        await asyncio.sleep(pair.chance.uniform(1.0, 2.0))
        await asyncio.to_thread(pair.postgres.start)
        await starting

    await flow_while(pair, stop_and_start, CASES)
    for process in pair.processes:
        process.terminate()
    for process in pair.processes:
        assert await asyncio.to_thread(process.ended) == 0
