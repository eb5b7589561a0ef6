"""What the same machine does, in the same minute, without us: the figures to compare with."""

import asyncio
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.members import RECEIVER, free_port, make_two, sample_draft
from gateway import bootstrap, config
from gateway.exchange.pack import pack
from keys.suites import SUITES

_POSTS = 4_000
_AT_ONCE = 64
_ROWS = 12_000
_GROUP = 128
_SIGNATURES = 600


def measure() -> dict[str, float]:
    """All baselines, as they stand in ``bench.json``."""
    body = uvloop.run(_batch_of_one())
    return {
        "baseline.aiohttp.posts_per_s": uvloop.run(_posts(body)),
        "baseline.aiohttp.post_bytes": len(body),
        "baseline.sqlite.rows_per_s": _sqlite(_ROWS, _GROUP),
        "baseline.sqlite.single_rows_per_s": _sqlite(_ROWS // 10, 1),
        **_signatures(),
    }


async def _batch_of_one() -> bytes:
    """The body that a gateway posts for one message."""
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        folder, _ = make_two(Path(scratch), "sm")
        ours = bootstrap.parts(config.load(folder))
        submitted = await ours.submit(sample_draft(1))
        outgoing = await ours.store.outgoing([submitted.message_id or ""])
        packed = await pack(ours.home, RECEIVER, outgoing)
        await ours.store.close()
    return packed.body


async def _posts(body: bytes) -> float:
    """`body`, posted and read, one request each; the server is a process of its own."""
    numbers = iter(range(_POSTS))
    connector = aiohttp.TCPConnector(limit=_AT_ONCE)
    with _server() as address:
        async with aiohttp.ClientSession(connector=connector) as session:
            await _listening(session, address)

            async def worker() -> None:
                for _ in numbers:
                    async with session.post(address, data=body) as response:
                        await response.read()

            started = time.perf_counter()
            await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
            return _POSTS / (time.perf_counter() - started)


@contextmanager
def _server() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare_server", str(port)])
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


async def _listening(session: aiohttp.ClientSession, address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            async with session.post(address, data=b"") as response:
                await response.read()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
        else:
            return
    raise RuntimeError("the bare server did not start")


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
