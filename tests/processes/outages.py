"""What somebody at a desk does while the database is away: the same again, until it is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg

from contracts.errors import StoreUnavailable
from tests.processes.patience import LONG


async def in_spite_of_outages(work: Callable[[], Awaitable[object]]) -> None:
    """Do it again for as long as the server is away."""
    deadline = asyncio.get_running_loop().time() + LONG
    while True:
        try:
            await work()
        except (StoreUnavailable, psycopg.OperationalError):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)
        else:
            return
