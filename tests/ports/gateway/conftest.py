"""Every store that there is."""

from collections.abc import AsyncIterator, Callable
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


@pytest.fixture(params=["sqlite", "postgres"])
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens one and the same store again each time, as several processes would."""
    if request.param == "sqlite":
        return lambda: open_sqlite(tmp_path / "s.sqlite", SystemClock())
    url = request.getfixturevalue("database")
    return lambda: open_postgres(url, None, SystemClock())
