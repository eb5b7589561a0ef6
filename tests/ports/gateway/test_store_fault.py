"""A store that cannot write says why until it can again; a bad transaction is not its fault."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from contracts.errors import MessageRefused, StoreUnavailable
from gateway.clock import SystemClock
from gateway.ports import Store, Verdict
from gateway.records import Changes, Scope, Snapshot
from gateway.simulation.around import StoreAround
from gateway.stores.postgres import open_postgres
from gateway.stores.sqlite import open_sqlite
from tests.ports.gateway.records import US, message, write

Breaking = tuple[Store, Callable[[str], None]]


@pytest.fixture(params=["sqlite", "postgres"])
def breaking(request: pytest.FixtureRequest, tmp_path: Path) -> Breaking:
    """A store, and a way to run a statement behind its back."""
    if request.param == "sqlite":
        path = tmp_path / "s.sqlite"

        def execute(statement: str) -> None:
            connection = sqlite3.connect(path)
            connection.execute(statement)
            connection.close()

        return open_sqlite(path, SystemClock()), execute
    url = str(request.getfixturevalue("database"))

    def execute_there(statement: str) -> None:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    return open_postgres(url, None, SystemClock()), execute_there


async def test_a_store_that_works_has_no_fault(store: Store) -> None:
    assert store.fault() is None
    await write(store, messages=[message("m1")])
    assert store.fault() is None
    assert StoreAround(store).fault() is None


async def test_what_is_wrong_with_a_transaction_is_no_fault_of_the_store(store: Store) -> None:
    def refuses(_snapshot: Snapshot) -> Verdict[None]:
        raise MessageRefused("not like this", code="case.not_allowed")

    await write(store, messages=[message("m1")])
    with pytest.raises(StoreUnavailable):
        await write(store, messages=[message("m1")])
    with pytest.raises(MessageRefused):
        await store.apply(Scope(), refuses)
    assert store.fault() is None


async def test_a_commit_that_fails_is_remembered_until_one_succeeds(breaking: Breaking) -> None:
    store, execute = breaking
    await store.lease("city", "me", 1, 2)
    execute("ALTER TABLE lane RENAME TO lost")
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.lease("city", "me", 2, 3)
        assert store.fault() == "store.unavailable"
        assert await store.message(US, "m1") is None, "reading goes on, and says nothing"
        assert store.fault() == "store.unavailable"
    with pytest.raises(StoreUnavailable):
        await write(StoreAround(store), messages=[message("m1")] * 2)
    assert store.fault() == "store.unavailable", "nothing was committed by that"
    await store.apply(Scope(), lambda _: Verdict(Changes(), None))
    assert store.fault() is None
    execute("ALTER TABLE lost RENAME TO lane")
    assert await store.lease("city", "me", 3, 4)
    assert store.fault() is None
    await store.close()
