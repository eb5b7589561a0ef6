"""Two processes of one gateway with a broker between them that stops, and is emptied."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.processes.broker import use_broker
from tests.processes.city import beside, cities
from tests.processes.ledger import assert_same_story, count
from tests.processes.office import all_settled, offices
from tests.processes.rabbitmq import PASSWORD, RabbitServer, rabbit_server

ROUND = 30


@pytest.fixture(scope="module")
def server() -> Iterator[RabbitServer]:
    with rabbit_server() as server:
        yield server


@pytest.mark.slow
async def test_messages_flow_while_the_broker_stops_and_is_emptied(
    tmp_path: Path, server: RabbitServer
) -> None:
    vhost = server.new_vhost()
    with cities(tmp_path, {"410100": "intl", "440100": "sm"}) as (here, there), ExitStack() as end:
        use_broker(here, server, vhost)
        use_broker(there, server, vhost)  # one broker, two gateways: they do not meet there
        twin = beside(here)
        end.callback(twin.clear_away)
        for city in (here, twin, there):
            city.start()
        for city in (here, twin, there):
            city.ready()
        troubles: list[Callable[[], object]] = [
            server.stop,
            server.start,
            lambda: server.delete_vhost(vhost),
            lambda: server.make_vhost(vhost),
        ]
        async with offices([here]) as (office,):
            for turn, trouble in enumerate(troubles):
                making = asyncio.create_task(asyncio.to_thread(trouble))
                for number in range(ROUND):
                    await office.file(f"{turn}-{number}", there.code)
                await making
            await all_settled(here)
        assert count(there.store, "message") == ROUND * len(troubles)
        assert_same_story(here.store, there.store, here.folder / "members.json")
        for city in (here, twin, there):
            assert city.stop() == 0
            assert PASSWORD not in city.log()
