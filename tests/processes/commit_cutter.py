"""The road to a PostgreSQL server that ends in the middle of a commit, now and then."""

import asyncio
import random
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""A simple query, as the driver ends a transaction."""


@dataclass
class CommitCutter:
    """Carries connections from `port` to `server_port`. Of the commits that pass, `share` (0 to
    1) are cut: half before the server hears of them, half after it has done them and before
    it can say so."""

    server_port: int
    port: int
    chance: random.Random
    share: float = 0.0
    cut_before: int = 0
    cut_after: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        there, back = await asyncio.open_connection("127.0.0.1", self.server_port)
        answers = asyncio.create_task(_pump(there, writer))
        try:
            while data := await reader.read(65536):
                if data.endswith(_COMMIT) and self.chance.random() < self.share:
                    await self._cut(data, there, back, answers)
                    return
                back.write(data)
                await back.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            answers.cancel()
            self._open.discard(task)
            back.close()
            writer.close()

    async def _cut(
        self,
        data: bytes,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        answers: asyncio.Task[None],
    ) -> None:
        if self.chance.random() < 0.5:
            self.cut_before += 1
            return
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)
        back.write(data)
        await back.drain()
        await there.read(1)  # it answers when the transaction is kept
        self.cut_after += 1

    async def clear(self) -> None:
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the server ends, which the other side must hear of as well."""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def commit_cutter(server_port: int, port: int, chance: random.Random) -> Iterator[CommitCutter]:
    """A road from `port` of this machine, in a thread of its own: a test that waits for the
    database must not keep others from it."""
    made = CommitCutter(server_port, port, chance)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    server = run(asyncio.start_server(made.carry, "127.0.0.1", port))
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(server.close)
        run(made.clear())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
