"""Every store that there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ports import Store
from gateway.simulation.store import MemoryStore
from gateway.stores.sqlite import open_sqlite


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = (
        MemoryStore()
        if request.param == "memory"
        else open_sqlite(tmp_path / "store.sqlite", SystemClock())
    )
    yield made
    await made.close()
