"""The officers of a store that moves to a server: accounts, tokens, and the log without a gap."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import Wrong
from gateway.clock import SystemClock
from gateway.officers.chain import Deed
from gateway.officers.duties import Duty
from gateway.officers.port import Entries, Ruling
from gateway.officers.records import Account, Session, Token
from gateway.stores.move import move
from gateway.stores.postgres import open_postgres
from gateway.stores.sql import SqlStore
from gateway.stores.sqlite import open_sqlite
from tests.processes.postgres import Server

NOW = 1_795_000_000_000


def quiet(step: str, table: str, done: int, of: int) -> None:
    assert 0 <= done <= of, (step, table)


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """A database without even tables."""
    url = postgres.database()
    yield url
    postgres.drop(url)


async def officers_work(store: SqlStore, act: str) -> None:
    account = Account("sys", Duty.SYSTEM, 1, code_secret=b"\x00\xff", code_used=len(act))
    deed = Deed("sys", "system", act, "", "allowed")
    session = Session("s", "sys", Duty.SYSTEM, 1, 1, 9)
    token = Token("t", "desk", bytes(32), ("case.read",), 1, "sec", 9)
    entries = Entries(accounts=[account], sessions=[session], tokens=[token], deeds=[deed])
    await store.officers.decide(lambda _office: Ruling(entries, None))


async def test_officers_move_and_sign_in_again(tmp_path: Path, empty: str) -> None:
    path = tmp_path / "s.sqlite"
    file = open_sqlite(path, SystemClock())
    await officers_work(file, "migrate")
    here, uses = await file.officers.office(), await file.officers.uses(0, 9)
    await file.close()
    move(path, empty, None, now=NOW, progress=quiet)
    server = open_postgres(empty, None, SystemClock())
    there = await server.officers.office()
    assert (there.accounts, there.tokens, there.head) == (here.accounts, here.tokens, here.head)
    assert await server.officers.uses(0, 9) == uses
    assert there.sessions == {}
    await server.close()


async def test_what_officers_did_since_an_earlier_move_comes_along(
    tmp_path: Path, empty: str
) -> None:
    path = tmp_path / "s.sqlite"
    for act in ("migrate", "migrate again"):
        file = open_sqlite(path, SystemClock())
        await officers_work(file, act)
        head = (await file.officers.office()).head
        await file.close()
        moved = move(path, empty, None, now=NOW, progress=quiet)
        assert moved.before is (act == "migrate again")
    server = open_postgres(empty, None, SystemClock())
    assert (await server.officers.office()).head == head
    await officers_work(server, "and on the database")
    await server.close()
    file = open_sqlite(path, SystemClock())
    await officers_work(file, "on the file too")
    await file.close()
    with pytest.raises(Wrong) as caught:
        move(path, empty, None, now=NOW, progress=quiet)
    assert caught.value.code == "store.not_empty"
