"""A month of parts taken out of the store, and what keeps it in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from contracts.errors import StoreUnavailable, Wrong
from gateway.ports import Store
from gateway.records import partner_lane
from gateway.stores import archive
from gateway.stores.postgres import connect, store_over
from tests.ports.gateway.records import (
    THEM,
    US,
    message,
    received,
    ticket,
    waiting,
    write,
)
from tests.ports.gateway.test_store_months import Calendar


def ms(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


MARCH, APRIL = ms(2025, 3, 9), ms(2025, 4, 1)
NOW = ms(2025, 4, 20)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """One message each of March and April, done with, and made in their time."""
    clock = Calendar(2025, 3, 9)
    made = store_over(connect(database), clock)
    await write(made, messages=[received("old", recorded_at=MARCH)])
    clock.date = datetime(2025, 4, 20, tzinfo=UTC)
    await write(made, messages=[received("new", recorded_at=APRIL)])
    yield made
    await made.close()


def detach(database: str, month: str = "2025-03") -> str:
    with archive.opened(database, None) as connection:
        return archive.detach(connection, month, NOW)


def attached(database: str) -> dict[str, bool]:
    with archive.opened(database, None) as connection:
        return {each.name: each.attached for each in archive.month_tables(connection)}


async def test_a_month_that_is_over_is_taken_out_whole(store: Store, database: str) -> None:
    assert await store.archive_of(MARCH) is None
    assert detach(database) == "part_2025_03"
    assert attached(database)["part_2025_03"] is False
    assert attached(database)["part_2025_04"] is True
    old, new = await store.message(THEM, "old"), await store.message(THEM, "new")
    assert old is not None
    assert old.parts == ()
    assert old.receipt == received("old").receipt
    assert new is not None
    assert new.parts
    assert await store.archive_of(MARCH) == "part_2025_03"
    assert await store.archive_of(APRIL) is None
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT message_id FROM part_2025_03").fetchall() == [("old",)]
        connection.execute("DROP TABLE part_2025_03")
    assert await store.archive_of(MARCH) == "part_2025_03"


async def test_tables_are_listed_with_their_rows_and_size(store: Store, database: str) -> None:
    with archive.opened(database, None) as connection:
        found = {each.name: each for each in archive.month_tables(connection)}
    assert (found["part_2025_03"].rows, found["part_2025_05"].rows) == (1, 0)
    assert found["part_2025_03"].bytes > 8192
    assert list(found)[-1] == "part_other"


OPEN: dict[str, dict[str, Any]] = {
    "not sent": {"messages": [message("open", recorded_at=MARCH)]},
    "expired and still offered": {
        "messages": [message("open", recorded_at=MARCH)],
        "tickets": [ticket("open", partner_lane(THEM), sender=US)],
        "expired": ["open"],
    },
    "not handed over": {
        "messages": [received("open", recorded_at=MARCH)],
        "tickets": [ticket("open", sender=THEM)],
    },
    "too early": {"waiting": [waiting("open")]},
}


@pytest.mark.parametrize("changes", OPEN.values(), ids=list(OPEN))
async def test_a_month_with_a_message_that_is_not_done_with_stays(
    store: Store, database: str, changes: dict[str, Any]
) -> None:
    await write(store, **changes)
    if "waiting" in changes:
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE waiting SET arrived_at = %s", [MARCH])
    with pytest.raises(Wrong, match="open") as caught:
        detach(database)
    assert caught.value.code == "store.month"
    assert attached(database)["part_2025_03"] is True


@pytest.mark.parametrize(
    ("month", "code"),
    [
        ("2025-04", "store.month"),
        ("2025-05", "store.month"),
        ("2024-01", "not_found"),
        ("2025-13", "store.month"),
        ("2025_03; DROP TABLE part", "store.month"),
    ],
)
async def test_what_is_not_over_or_is_no_month_is_refused(
    store: Store, database: str, month: str, code: str
) -> None:
    with pytest.raises(Wrong) as caught:
        detach(database, month)
    assert caught.value.code == code


async def test_whoever_reads_parts_for_long_is_not_waited_for(store: Store, database: str) -> None:
    with psycopg.connect(database) as dump:
        dump.execute("LOCK TABLE part IN ACCESS SHARE MODE")
        with pytest.raises(StoreUnavailable):
            detach(database)
    assert detach(database) == "part_2025_03"
