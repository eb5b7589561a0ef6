"""The road to a partner, as a proxy that can be slow, closed, lose what comes back, or lead
to somebody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from keys.trust.members_file import read_members, write_members
from tests.processes.city import City

_PIECE = 512


@dataclass
class Road:
    """Carries TCP connections to `port`, or to one of `others` when nobody listens there; a test
    changes the fields at any time."""

    port: int
    others: list[int] = field(default_factory=list)
    delay: float = 0.0
    """Seconds before an answer is passed on."""
    closed: bool = False
    """Whether connections are cut before anything is passed on."""
    loses_answers: bool = False
    """Whether the partner hears everything and answers to nobody."""
    pace: float | None = None
    """Bytes that pass in a second, each way of each connection."""
    instead: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None = None
    """Who answers in the partner's place."""
    passed: int = 0
    """Answers that the partner has begun to give."""
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self.instead is not None:
                await self.instead(reader, writer)
            elif not self.closed:
                await self._carry(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._reach()
        going = asyncio.create_task(self._pump(reader, back))
        try:
            while data := await there.read(65536):
                self.passed += 1
                if self.loses_answers or self.closed:
                    return
                await asyncio.sleep(self.delay)
                await self._pass_on(data, writer)
        finally:
            going.cancel()
            back.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for port in (self.port, *self.others):
            with suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._pass_on(data, writer)

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            if self.pace is not None:
                await asyncio.sleep(len(piece) / self.pace)
            writer.write(piece)
            await writer.drain()

    async def clear(self) -> None:
        """Cut every connection that is open."""
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


@asynccontextmanager
async def road_to(port: int) -> AsyncIterator[tuple[Road, int]]:
    """A road to whoever listens on `port`, and the port where it begins."""
    made = Road(port)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    try:
        yield made, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await made.clear()


@asynccontextmanager
async def road(sender: City, receiver: City) -> AsyncIterator[Road]:
    """From now on `sender` reaches `receiver` by this road alone. Neither runs yet."""
    path = sender.folder / "members.json"
    async with road_to(receiver.port) as (made, port):
        members = [
            member.model_copy(update={"address": f"http://127.0.0.1:{port}"})
            if member.code == receiver.code
            else member
            for member in read_members(path).members
        ]
        write_members(path, members)
        yield made
