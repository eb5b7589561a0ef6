"""What a store on a server owes beyond: connections break, servers crash, and nobody is lied to."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import psycopg
import pytest
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable
from gateway.clock import SystemClock
from gateway.ports import Store, Verdict
from gateway.records import Changes, Scope, Snapshot
from gateway.stores.postgres import _SESSION, connect, open_postgres, store_over
from gateway.stores.sql import SqlStore
from tests.ports.gateway.records import ANOTHER, CASE_ID, US, case, message, ticket, write
from tests.processes.patience import until, until_then
from tests.processes.postgres import Server, private_server

CLOCK = SystemClock()


def count(snapshot: Snapshot) -> Verdict[int]:
    """One more message sent in the case."""
    known = snapshot.cases[CASE_ID]
    changed = replace(known, sent=known.sent + 1)
    return Verdict(Changes(cases={CASE_ID: changed}, tickets=[ticket("m1")]), changed.sent)


async def counted(store: Store) -> int | None:
    """The number that a step got, None when the store could not take it."""
    try:
        return await store.apply(Scope(cases=[CASE_ID]), count)
    except StoreUnavailable:
        return None


async def assert_kept(store: Store, answers: list[int | None]) -> None:
    """What was answered was kept, once, and what was not answered was not."""
    kept = sorted(answer for answer in answers if answer is not None)
    assert kept == list(range(1, len(kept) + 1))
    record = await store.case(CASE_ID)
    assert record is not None
    assert record.sent == len(kept)
    assert len(await store.tickets("city", 0, 10_000)) == len(kept)


async def test_connections_that_are_ended_at_any_moment_lose_and_double_nothing(
    postgres: Server, database: str
) -> None:
    stores = [open_postgres(database, None, CLOCK) for _ in range(2)]
    await write(stores[0], cases={CASE_ID: case(sent=0)})
    answers: list[int | None] = []
    for _ in range(15):
        steps = [asyncio.create_task(counted(stores[n % 2])) for n in range(40)]
        await asyncio.sleep(0)
        await asyncio.to_thread(postgres.end_connections, database)
        answers += await asyncio.gather(*steps)
    assert any(answers)
    assert await counted(stores[0]) is not None, "and the store works again by itself"
    answers.append(max(answer for answer in answers if answer) + 1)
    await assert_kept(stores[1], answers)
    for store in stores:
        await store.close()


async def test_a_server_that_crashes_and_comes_back_is_used_again() -> None:
    with private_server() as server:
        store = open_postgres(server.database(), None, CLOCK)
        await write(store, cases={CASE_ID: case(sent=0)})
        steps = [asyncio.create_task(counted(store)) for _ in range(100)]
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreUnavailable):
            await store.backlog()
        await asyncio.to_thread(server.start)
        answers = await asyncio.gather(*steps)
        assert await counted(store) is not None
        answers.append(max((answer for answer in answers if answer), default=0) + 1)
        await assert_kept(store, answers)
        await store.close()


@pytest.mark.parametrize("committed", [True, False])
async def test_a_commit_whose_answer_is_lost_is_asked_for(
    postgres: Server, database: str, *, committed: bool
) -> None:
    engine = connect(database)
    store = store_over(engine, CLOCK)

    @event.listens_for(engine, "commit", once=True)
    def cut_off(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        if committed:
            driver.commit()
        postgres.end_connections(database)
        connection.exec_driver_sql("SELECT 1")  # fails as the COMMIT would have

    if committed:
        await write(store, messages=[message("m1")])
        assert await store.message(US, "m1") == message("m1")
    else:
        with pytest.raises(StoreUnavailable):
            await write(store, messages=[message("m1")])
        assert await store.message(US, "m1") is None
    await store.close()


async def test_a_commit_that_a_crash_undid_is_not_taken_for_that_of_somebody_else() -> None:
    """The server had not written down the number of the transaction, and gives it again."""
    with private_server() as server:
        engine = connect(server.database())
        store = open_postgres(engine.url.render_as_string(hide_password=False), None, CLOCK)
        await store.close()
        store = store_over(engine, CLOCK)

        @event.listens_for(engine, "commit", once=True)
        def crash(connection: Connection) -> None:
            server.stop()
            server.start()
            for _ in range(50):
                server.execute("SELECT pg_current_xact_id()")
            connection.exec_driver_sql("SELECT 1")  # fails as the COMMIT would have

        with pytest.raises(StoreUnavailable):
            await write(store, messages=[message("m1")])
        assert await store.message(US, "m1") is None
        await store.close()


@pytest.mark.parametrize("committed", [True, False])
async def test_what_nobody_can_tell_is_called_in_doubt(
    postgres: Server, database: str, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    monkeypatch.setattr("gateway.stores.doubt._PATIENCE_SECONDS", 0.3)
    engine = connect(database)
    store = store_over(engine, CLOCK)
    allow = f"ALTER DATABASE {make_url(database).database} ALLOW_CONNECTIONS "

    @event.listens_for(engine, "commit", once=True)
    def cut_off(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        if committed:
            driver.commit()
        postgres.execute(f"{allow} false")
        postgres.end_connections(database)
        connection.exec_driver_sql("SELECT 1")  # fails as the COMMIT would have

    with pytest.raises(StoreUnavailable) as caught:
        await write(store, messages=[message("m1")])
    assert (caught.value.code, store.fault()) == ("store.in_doubt", "store.in_doubt")
    postgres.execute(f"{allow} true")
    assert (await store.message(US, "m1") is not None) is committed
    await write(store, messages=[message("m2")])
    assert store.fault() is None
    await store.close()


async def test_a_process_that_was_halted_while_it_wrote_keeps_nobody_out(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_SESSION, "idle_in_transaction_session_timeout", "1s")
    engine, store = connect(database), open_postgres(database, None, CLOCK)
    with suppress(DBAPIError), engine.begin():  # its end fails: it was cut off
        await write(store, messages=[message("m1")])
    assert await store.message(US, "m1") == message("m1")
    engine.dispose()
    await store.close()


async def test_a_connection_that_ends_while_months_are_made_is_an_outage_like_any(
    postgres: Server, database: str
) -> None:
    engine = connect(database)
    store = store_over(engine, CLOCK)

    @event.listens_for(engine, "savepoint", once=True)
    def cut_off(_connection: Connection, _name: str) -> None:
        postgres.end_connections(database)

    with pytest.raises(StoreUnavailable):
        await write(store, messages=[message("m1")])
    await write(store, messages=[message("m1")])
    assert await store.message(US, "m1") == message("m1")
    await store.close()


@pytest.mark.parametrize("minutes", [2, -2])
async def test_leases_go_by_the_time_of_the_server(database: str, minutes: int) -> None:
    class Off(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(minutes=minutes)

    async def lease(store: SqlStore, clock: SystemClock) -> bool:
        now = int(clock.now().timestamp() * 1000)
        return await store.lease("city", type(clock).__name__, now, now + 6_000)

    right, wrong = open_postgres(database, None, CLOCK), open_postgres(database, None, Off())
    for (one, its), (other, others) in permutations([(right, CLOCK), (wrong, Off())]):
        assert await lease(one, its)
        assert not await lease(other, others)
        assert await lease(one, its)
        await one.release("city", type(its).__name__)
    for store in (right, wrong):
        await store.close()


async def test_a_full_disk_is_called_full(postgres: Server, database: str) -> None:
    store = open_postgres(database, None, CLOCK)
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON message EXECUTE FUNCTION full_disk()"
        )
    with pytest.raises(StoreUnavailable) as caught:
        await write(store, messages=[message("m1")])
    assert caught.value.code == store.fault() == "store.full"
    await write(store, tickets=[ticket("m1")])
    assert store.fault() is None
    await store.close()


async def test_a_fault_is_told_without_what_people_wrote(database: str) -> None:
    store = open_postgres(database, None, CLOCK)
    await write(store, cases={CASE_ID: case(number="private-7")})
    with pytest.raises(StoreUnavailable) as caught:
        await write(store, cases={ANOTHER: case(ANOTHER, number="private-7")})
    assert "23505" in str(caught.value)
    shown: BaseException | None = caught.value
    assert "private-7" not in str(shown)
    await store.close()


async def test_several_processes_may_start_on_an_empty_database(postgres: Server) -> None:
    empty = postgres.database()
    with ThreadPoolExecutor(4) as starters:
        stores = list(starters.map(lambda _: open_postgres(empty, None, CLOCK), range(4)))
    for store in stores:
        await write(store, tickets=[ticket("m1")])
        await store.close()
    postgres.drop(empty)


async def test_a_database_of_another_encoding_is_refused(postgres: Server) -> None:
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    url = postgres.url.rpartition("/")[0] + "/latin"
    with pytest.raises(StoreUnavailable, match="UTF8"):
        open_postgres(url, None, CLOCK)
    postgres.drop(url)


@pytest.mark.parametrize(
    "url", ["postgresql://tongban@127.0.0.1:1/nothing", "no address at all", "postgresql://h:x/d"]
)
async def test_a_server_that_is_not_there_is_said_not_to_be(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_postgres(url, "the password", CLOCK)
    assert "the password" not in repr(caught.value) + str(caught.value)


async def test_a_server_that_does_not_flush_is_told_to(postgres: Server, database: str) -> None:
    name = database.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    engine = connect(database)
    with engine.connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
            for setting in ("synchronous_commit", "transaction_isolation")
        ]
    assert shown == ["on", "read committed"]
    engine.dispose()
    until(lambda: postgres.end_connections(database) == 0, "nobody is connected")


@pytest.mark.parametrize("values", [[b"\x00\xff"], ["通办"], [1, 2**40], [True, None]])
def test_columns_of_rows_go_and_come_in_the_binary_format(
    database: str, values: list[object]
) -> None:
    """As text a part is twice as long and read digit by digit: half of the rate was lost to it."""
    engine = connect(database)
    try:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            dumper = Transformer(driver).get_dumper(values, PyFormat.AUTO)
            assert dumper.format == Format.BINARY
            assert driver.cursor().format == Format.BINARY
    finally:
        engine.dispose()


async def test_an_empty_lane_is_seen_to_be_empty_however_full_another_is(database: str) -> None:
    """As in a city whose own system is away: the couriers of its partners look every moment."""
    store = open_postgres(database, None, CLOCK)
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO ticket (lane, message_id, sender, case_id, at, size)"
            " SELECT 'city/440100', n::text, '440100', n::text, 0, 0"
            " FROM generate_series(1, 50000) AS n"
        )
        connection.execute("ANALYZE ticket")
    before = _tickets_read(database)
    assert await store.tickets("partner/440100", 0, 128) == []
    assert [t.message_id for t in await store.tickets("city/440100", 3, 2)] == ["4", "5"]
    assert await store.tickets("city/44010", 0, 2) == []
    await store.close()
    read = await until_then(lambda: _tickets_read(database) - before or None, "it was counted")
    assert read is not None
    assert read < 1000


def _tickets_read(database: str) -> int:
    """Entries of indexes, and rows, that questions to the table of tickets went through so far."""
    with psycopg.connect(database, autocommit=True) as connection:
        found = connection.execute(
            "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'ticket'"
        ).fetchone()
        return int(found[0]) if found else 0
