"""What a partner does that is ill, instead of an answer. Each is as a `Road.instead`."""

import asyncio
import random

_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def answers_500(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _hear(reader)
    await _say(writer, _HEAD % (b"500 Internal Server Error", 4) + b"oops")


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears everything, until whoever asked gives up."""
    while await reader.read(65536):
        pass


async def answers_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _hear(reader)
    await _say(writer, _HEAD % (b"200 OK", 1000) + b'{"seal":"eyJ')


async def answers_garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _hear(reader)
    await _say(writer, random.Random(7).randbytes(3000))


async def closes_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Before anything is heard."""


async def _hear(reader: asyncio.StreamReader) -> None:
    """A whole request, by its Content-Length."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))


async def _say(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer)
    await writer.drain()
