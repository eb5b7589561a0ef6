"""A store in a file moves to a server: every row, every number, or nothing at all."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from contracts.case import Case, State
from contracts.errors import StoreUnavailable, Wrong
from gateway.clock import SystemClock
from gateway.ports import Store
from gateway.records import CaseRecord, EpochRecord, MessageState, PartRecord, partner_lane
from gateway.stores.move import Moved, move, moved_name
from gateway.stores.postgres import open_postgres
from gateway.stores.sqlite import open_sqlite
from tests.ports.gateway.records import (
    ANOTHER,
    THEM,
    US,
    case,
    incident,
    message,
    received,
    seal,
    settlement,
    ticket,
    waiting,
    write,
)
from tests.processes.ledger import ask
from tests.processes.patience import until
from tests.processes.postgres import Server

NOW = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp() * 1000)
MARCH_2025 = int(datetime(2025, 3, 9, tzinfo=UTC).timestamp() * 1000)
JUNE_2093 = int(datetime(2093, 6, 1, tzinfo=UTC).timestamp() * 1000)
STRANGE = "收\x00\x1a0\x1a-𠮷'\t\\N\n"  # NUL and what stands for it, and what COPY escapes


def quiet(step: str, table: str, done: int, of: int) -> None:
    assert 0 <= done <= of, (step, table)


def moved(path: Path, database: str) -> Moved:
    return move(path, database, None, now=NOW, progress=quiet)


def cases() -> dict[str, CaseRecord]:
    """One in each state, and one that was never opened."""
    made = {ANOTHER: case(ANOTHER, number=None, case=None)}
    for number, state in enumerate(State):
        name = f"0190f5b4-0000-7000-9000-{number:012}"
        made[name] = case(
            name,
            number=STRANGE + state,
            case=Case(
                id=name,
                receiving=US,
                handling=THEM,
                state=state,
                returns_to=State.ACCEPTED if state is State.SUSPENDED else None,
                withdrawal_asked=state is State.ACCEPTED,
            ),
        )
    return made


async def fill(path: Path) -> None:
    """Something of everything, with what is hard to carry."""
    store = open_sqlite(path, SystemClock())
    out = [message(f"m{n}", recorded_at=MARCH_2025 + n) for n in range(40)]
    out.append(message("future", recorded_at=JUNE_2093, parts=(PartRecord(STRANGE, "x/y", b""),)))
    out.append(message("large", recorded_at=NOW, parts=(PartRecord("b", "x/y", bytes(3 << 20)),)))
    await write(
        store,
        cases=cases(),
        messages=[*out, received("r1", receipt=b"\x00first\xff"), received("r2")],
        seals=[seal("s1", b"1" * 32, b"2" * 32)],
        tickets=[ticket(m.id, partner_lane(THEM)) for m in out] + [ticket("r1"), ticket("r2")],
        waiting=[waiting("w1"), waiting("w2")],
        incidents=[incident("i1", detail=STRANGE, content=b"\x00\xff"), incident("i2")],
        intakes=[STRANGE, "in/1.json"],
        epochs=[EpochRecord("e1", "k1", b"wrapped")],
    )
    last = await store.tickets("city", 0, 10)
    await write(
        store,
        settlements=[settlement("m0", MessageState.TAKEN)],
        tickets_done=[each.position for each in last],
        expired=["m1"],
    )
    await store.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


async def everything(store: Store) -> list[object]:
    """What the port gives of such a store."""
    names = [*(f"m{n}" for n in range(40)), "future", "large", "r1", "r2"]
    listed = await store.cases(before=None, limit=100)
    return [
        [await store.message(None, name) for name in names],
        await store.outgoing(names),
        sorted(listed, key=lambda each: each.id),
        [await store.case_by_number(each.number) for each in listed if each.number],
        await store.messages(message("m1").case_id),
        await store.tickets(partner_lane(THEM), 0, 100),
        sorted(m.id for m in await store.waiting_expired(1 << 50, 10)),
        [await store.incident(name) for name in ("i1", "i2")],
        await store.seal("s1"),
        await store.epoch("e1"),
        [m.id for m in await store.expiring(1 << 50, 100)],
    ]


async def assert_the_same(path: Path, database: str) -> None:
    file, server = open_sqlite(path, SystemClock()), open_postgres(database, None, SystemClock())
    assert await everything(server) == await everything(file)
    await file.close()
    await server.close()


@pytest.fixture
def empty(postgres: Server) -> str:
    """A database without even tables."""
    return postgres.database()


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    await fill(tmp_path / "store.sqlite")
    return tmp_path / "store.sqlite"


async def test_every_row_arrives_as_it_was(path: Path, empty: str) -> None:
    before = content(path)
    rows = moved(path, empty)
    assert not rows.before
    assert (rows.rows["message"], rows.rows["part"], rows.rows["waiting"]) == (44, 44, 2)
    assert content(path) == before
    await assert_the_same(path, empty)


async def test_parts_stand_in_their_months_and_what_a_wrong_clock_said_apart(
    path: Path, empty: str
) -> None:
    moved(path, empty)
    counts = dict(ask(empty, "SELECT tableoid::regclass::text, count(*) FROM part GROUP BY 1"))
    # r1 and r2 are from 1970.
    assert counts == {"part_2025_03": 40, "part_2026_11": 1, "part_other": 3}


async def test_numbers_go_on_where_the_file_had_come_to(path: Path, empty: str) -> None:
    moved(path, empty)
    file, server = open_sqlite(path, SystemClock()), open_postgres(empty, None, SystemClock())
    for store in (file, server):
        await write(store, messages=[message("next")], tickets=[ticket("next")])
    assert await server.tickets("city", 0, 9) == await file.tickets("city", 0, 9)
    await file.close()
    await server.close()
    recorded = "SELECT recorded FROM message WHERE id = 'next'"
    assert ask(empty, recorded) == ask(path, recorded)


async def test_what_was_cut_off_half_way_is_begun_again(path: Path, postgres: Server) -> None:
    database = postgres.database()

    def cut(step: str, table: str, done: int, of: int) -> None:
        if (step, table) == ("copy", "ticket"):
            postgres.end_connections(database)

    with pytest.raises(StoreUnavailable):
        move(path, database, None, now=NOW, progress=cut)
    assert ask(database, "SELECT count(*) FROM message") == [(0,)]
    assert not moved(path, database).before
    await assert_the_same(path, database)


async def test_a_move_that_is_done_is_found_done(path: Path, empty: str) -> None:
    first = moved(path, empty)
    assert moved(path, empty) == replace(first, before=True)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO intake VALUES ('theirs', 1)",
        "UPDATE message SET receipt = 'other' WHERE id = 'r1'",
        "DELETE FROM ticket",
    ],
)
async def test_a_database_that_is_in_use_by_others_is_refused(
    path: Path, empty: str, change: str
) -> None:
    moved(path, empty)
    with psycopg.connect(empty) as connection:
        connection.execute(change.encode())
    with pytest.raises(Wrong) as caught:
        moved(path, empty)
    assert caught.value.code == "store.not_empty"


async def test_a_gateway_on_the_database_is_found(path: Path, empty: str) -> None:
    server = open_postgres(empty, None, SystemClock())
    assert await server.lease("city", "another", 0, NOW + 1)
    with pytest.raises(Wrong) as caught:
        moved(path, empty)
    assert caught.value.code == "store.in_use"
    await server.close()


async def test_a_gateway_that_was_on_the_database_and_wrote_nothing_is_no_hindrance(
    path: Path, empty: str
) -> None:
    server = open_postgres(empty, None, SystemClock())
    assert await server.lease("city", "another", 0, 1)
    await server.release("city", "another")
    await server.close()
    assert ask(empty, "SELECT count(*) FROM note WHERE key LIKE 'commit/%'") != [(0,)]
    assert not moved(path, empty).before
    await assert_the_same(path, empty)


async def test_a_database_that_changes_what_it_is_given_is_found_out(
    path: Path, database: str
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN NEW.receipt = substr(NEW.receipt, 2); RETURN NEW; END $$;"
            " CREATE TRIGGER spoil BEFORE INSERT ON message"
            " FOR EACH ROW WHEN (NEW.id = 'r2') EXECUTE FUNCTION spoil()"
        )
    with pytest.raises(Wrong) as caught:
        moved(path, database)
    assert (caught.value.code, caught.value.where["table"]) == ("store.not_same", "message")
    assert ask(database, "SELECT count(*) FROM message") == [(0,)]


async def test_what_does_not_fit_is_named_and_nothing_is_kept(path: Path, empty: str) -> None:
    file = open_sqlite(path, SystemClock())
    await write(file, incidents=[incident("i3", code="x" * 65)])
    await file.close()
    with pytest.raises(Wrong) as caught:
        moved(path, empty)
    assert (caught.value.code, caught.value.where["table"]) == ("store.not_same", "incident")
    assert "column code" in caught.value.detail
    assert ask(empty, "SELECT count(*) FROM case_record") == [(0,)]


async def test_a_file_that_somebody_has_open_is_not_moved(path: Path, empty: str) -> None:
    idle = open_sqlite(path, SystemClock())
    await idle.incident_counts()
    with pytest.raises(Wrong) as caught:
        moved(path, empty)
    assert caught.value.code == "store.in_use"
    await idle.close()
    assert not moved(path, empty).before


async def test_whoever_waits_for_the_file_finds_it_gone(path: Path, empty: str) -> None:
    """A gateway that a supervisor started meanwhile must not go on with what has moved."""
    with ThreadPoolExecutor(1) as another:
        opening: list[Future[Store]] = []

        def then() -> None:
            assert ask(empty, "SELECT count(*) FROM message") == [(44,)]
            opening.append(another.submit(open_sqlite, path, SystemClock()))
            until(lambda: opened(path) > 1, "the other waits for the file")

        move(path, empty, None, now=NOW, progress=quiet, then=then)
        with pytest.raises(StoreUnavailable):
            opening[0].result()
    await assert_the_same(moved_name(path), empty)


def opened(path: Path) -> int:
    """How often this process has the file open."""
    links = list(Path("/proc/self/fd").iterdir())
    return sum(link.is_symlink() and os.readlink(link) == str(path) for link in links)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, empty: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        moved(tmp_path / "none.sqlite", empty)
    assert "none.sqlite" in str(caught.value.where["file"])
    assert not (tmp_path / "none.sqlite").exists()


def test_a_server_that_is_away_is_said_so(path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        moved(path, "postgresql://nobody@127.0.0.1:1/none")
