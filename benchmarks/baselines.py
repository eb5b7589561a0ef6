"""What the same machine does, in the same minute, without us: the figures to compare with."""

import asyncio
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp
import uvloop
from aiohttp import web

from keys.suites import SUITES

_POSTS = 4_000
_POST_BYTES = 4_300  # a message of 2 KiB in a batch of one: envelope, path, part, seal
_AT_ONCE = 64
_ROWS = 12_000
_GROUP = 128
_SIGNATURES = 600


def measure() -> dict[str, float]:
    """All baselines, as they stand in ``bench.json``."""
    return {
        "baseline.aiohttp.posts_per_s": uvloop.run(_posts()),
        "baseline.sqlite.rows_per_s": _sqlite(_ROWS, _GROUP),
        "baseline.sqlite.single_rows_per_s": _sqlite(_ROWS // 10, 1),
        **_signatures(),
    }


async def _posts() -> float:
    """The bytes of one message, posted and read, one request each, client and server in one
    process."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=b"{}")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    body = os.urandom(_POST_BYTES)
    numbers = iter(range(_POSTS))
    connector = aiohttp.TCPConnector(limit=_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for _ in numbers:
                async with session.post(address, data=body) as response:
                    await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
        seconds = time.perf_counter() - started
    await runner.cleanup()
    return _POSTS / seconds


def _sqlite(rows: int, group: int) -> float:
    """Rows of envelope and part, in write-ahead mode with full sync, `group` a commit."""
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        database = sqlite3.connect(Path(scratch) / "bare.sqlite", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE message (id TEXT PRIMARY KEY, envelope BLOB, part BLOB)")
        envelope, part = os.urandom(800), os.urandom(2064)
        started = time.perf_counter()
        for _ in range(rows // group):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO message VALUES (?, ?, ?)",
                [(secrets.token_hex(16), envelope, part) for _ in range(group)],
            )
            database.execute("COMMIT")
        seconds = time.perf_counter() - started
        database.close()
        return rows / seconds


def _signatures() -> dict[str, float]:
    """Signatures one by one: what a gateway that signs each message could do at most."""
    found = {}
    for name, suite in SUITES.items():
        key = suite.new_signing_key("bench")
        data = b"x" * 256
        signature = key.sign(data)
        found[f"baseline.{name}.signs_per_s"] = _rate(partial(key.sign, data))
        verify = partial(key.public().verify, signature, data)
        found[f"baseline.{name}.verifies_per_s"] = _rate(verify)
    return found


def _rate(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(_SIGNATURES):
        work()
    return _SIGNATURES / (time.perf_counter() - started)
