"""Lanes with more tickets than anybody counts: how many about, and from when."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, delete, insert, text

from gateway.ports import Store
from gateway.stores import depth
from gateway.stores.migrate import migrate
from gateway.stores.postgres import connect
from gateway.stores.schema import TICKET
from tests.ports.gateway.records import ticket, write


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """On an empty store."""
    if request.param == "postgres":
        engine = connect(request.getfixturevalue("database"))
    else:
        engine = create_engine("sqlite://")
        migrate(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def fill(connection: Connection, lane: str, positions: range) -> None:
    rows = [
        {"position": p, "lane": lane, "message_id": "m", "sender": "s", "case_id": "c", "at": p,
         "size": 1}
        for p in positions
    ]  # fmt: skip
    connection.execute(insert(TICKET), rows)


def test_up_to_the_bound_every_ticket_is_counted(connection: Connection) -> None:
    fill(connection, "partner/1", range(1, depth.COUNTED + 1))
    fill(connection, "city", range(20_000, 20_003))
    found = {each.lane: each for each in depth.backlog(connection)}
    assert (found["partner/1"].depth, found["partner/1"].about) == (depth.COUNTED, False)
    assert (found["city"].depth, found["city"].oldest_at) == (3, 20_000)


@pytest.mark.parametrize("every", [1, 3])
def test_beyond_it_the_depth_is_near_and_says_that_it_is_no_more(
    connection: Connection, every: int
) -> None:
    fill(connection, "partner/1", range(7, 7 + 20_000 * every, every))
    fill(connection, "partner/2", range(8 + 20_000 * every, 9 + 20_000 * every))
    found = {each.lane: each for each in depth.backlog(connection)}
    assert found["partner/1"].about
    assert found["partner/1"].oldest_at == 7
    assert abs(found["partner/1"].depth - 20_000) < 200
    assert (found["partner/2"].depth, found["partner/2"].about) == (1, False)


def test_a_lane_that_is_thin_in_places_is_estimated_within_its_bounds(
    connection: Connection,
) -> None:
    fill(connection, "partner/1", range(1, 40_001))
    connection.execute(delete(TICKET).where(text("position > 15000 AND position % 4 > 0")))
    (found,) = depth.backlog(connection)
    assert abs(found.depth - 21_250) < 2_000


async def test_the_oldest_is_found_though_it_came_later(store: Store) -> None:
    await write(store, tickets=[ticket("m1", at=5), ticket("m2", at=3), ticket("m3", at=7)])
    (found,) = await store.backlog()
    assert found.oldest_at == 3
