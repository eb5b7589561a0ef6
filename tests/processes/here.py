"""A gateway in the very process of a test, so that the test can change its limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway import bootstrap
from tests.processes.city import cities
from tests.processes.under_attack import HERE


@asynccontextmanager
async def gateway_here(folder: Path) -> AsyncIterator[int]:
    """Its port. Whoever talks to it must do so from another thread."""
    with cities(folder, {HERE: "intl"}) as (city,):
        running = bootstrap.gateway(city.home)
        serving = asyncio.create_task(running.run())
        await running.started.wait()
        try:
            yield city.port
        finally:
            running.stop()
            await serving
