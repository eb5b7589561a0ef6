"""Parts on a server stand in tables by the month, which the store makes ahead by itself."""

from datetime import UTC, datetime

import psycopg
import pytest

from gateway.ports import Store
from gateway.stores.postgres import connect, store_over
from tests.ports.gateway.records import US, message, write


class Calendar:
    """A clock that stands still until it is moved."""

    def __init__(self, *date: int) -> None:
        self.date = datetime(*date, tzinfo=UTC)  # type: ignore[arg-type, misc]

    def now(self) -> datetime:
        return self.date

    def monotonic(self) -> float:
        return self.date.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


def ms(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


def tables(database: str) -> dict[str, int]:
    """How many rows each table of parts has, by its name."""
    with psycopg.connect(database) as connection:
        return dict(
            connection.execute(
                "SELECT c.relname, (SELECT count(*) FROM part WHERE part.tableoid = c.oid)"
                " FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
                " WHERE inhparent = 'part'::regclass ORDER BY 1"
            ).fetchall()
        )


async def assert_found(store: Store, *ids: str) -> None:
    for message_id in ids:
        found = await store.message(US, message_id)
        assert found is not None
        assert found.parts == message(message_id).parts
    await store.close()


async def test_months_are_made_ahead_across_the_end_of_a_year(database: str) -> None:
    clock = Calendar(2026, 11, 30)
    store = store_over(connect(database), clock)
    await write(store, messages=[message("m1", recorded_at=ms(2026, 11, 30, 23))])
    assert tables(database) == {
        "part_2026_11": 1, "part_2026_12": 0, "part_2027_01": 0, "part_2027_02": 0,
        "part_other": 0,
    }  # fmt: skip
    clock.date = datetime(2027, 2, 1, tzinfo=UTC)
    await write(
        store,
        messages=[
            message("m2", recorded_at=ms(2027, 2, 1)),
            message("m3", recorded_at=ms(2027, 2, 1) - 1),
        ],
    )
    counts = tables(database)
    assert (counts["part_2027_01"], counts["part_2027_02"]) == (1, 1)
    assert "part_2027_05" in counts
    await assert_found(store, "m1", "m2", "m3")


async def test_what_a_wrong_clock_recorded_is_found_and_stops_nobody(database: str) -> None:
    clock = Calendar(2026, 11, 1)
    store = store_over(connect(database), clock)
    await write(store, messages=[message("ahead", recorded_at=ms(2027, 6, 5))])
    clock.date = datetime(2027, 5, 1, tzinfo=UTC)
    await write(store, messages=[message("later", recorded_at=ms(2027, 6, 6))])
    counts = tables(database)
    assert counts["part_other"] == 2
    assert "part_2027_06" not in counts
    assert "part_2027_07" in counts
    reopened = store_over(connect(database), clock)
    both = await reopened.outgoing(["later", "ahead"])
    assert [len(parts) for _, parts in both] == [1, 1]
    await reopened.close()
    await assert_found(store, "ahead", "later")


@pytest.mark.parametrize("how", ["DETACH PARTITION part_2026_11", "DETACH PARTITION part_2026_12"])
async def test_a_month_may_be_detached_while_messages_come(database: str, how: str) -> None:
    clock = Calendar(2026, 11, 30)
    store = store_over(connect(database), clock)
    await write(store, messages=[message("m1", recorded_at=ms(2026, 11, 30))])
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE part {how}".encode())
    clock.date = datetime(2026, 12, 24, tzinfo=UTC)
    await write(store, messages=[message("m2", recorded_at=ms(2026, 12, 24))])
    found = await store.message(US, "m1")
    assert found is not None
    assert len(found.parts) == ("2026_11" not in how), "the evidence stays"
    await assert_found(store, "m2")


async def test_a_dump_that_takes_long_keeps_no_message_from_being_written(database: str) -> None:
    store = store_over(connect(database), Calendar(2026, 11, 30))
    with psycopg.connect(database) as dump:
        dump.execute("LOCK TABLE part IN ACCESS SHARE MODE")
        await write(store, messages=[message("m1", recorded_at=ms(2026, 11, 30))])
        assert tables(database) == {"part_other": 1}
    await assert_found(store, "m1")
