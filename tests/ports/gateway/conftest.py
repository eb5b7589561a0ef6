"""Every store that there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ports import Store
from gateway.simulation.store import MemoryStore
from gateway.stores.postgres import open_postgres
from gateway.stores.sqlite import open_sqlite


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore()
        case "sqlite":
            made = open_sqlite(tmp_path / "store.sqlite", SystemClock())
        case _:
            made = open_postgres(request.getfixturevalue("database"), None, SystemClock())
    yield made
    await made.close()
