"""Drop folders on this machine: the simplest way to and from a city's own system.

::

    in/         the city puts documents here, under a dot-name first, then renamed
    accepted/   documents that became messages
    rejected/   documents that could not, each with a .reason.json beside it
    out/        documents for the city, complete when visible
    notices/    what the city must know about its own messages

A document's key is its name and the digest of its bytes, so the same file put back after a
crash does nothing twice, and the same name with new content counts as new.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import orjson

from adapters.adapter import Document
from contracts.errors import StoreUnavailable
from contracts.limits import BATCH_BYTES
from gateway.ports import Arrival, Notice

T = TypeVar("T")
_POLL = 0.1
_AT_ONCE = 200
_SAFE = re.compile(r"[^A-Za-z0-9._-]")


class FolderConnector:
    """A `Connector` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._in = folder / "in"
        self._accepted = folder / "accepted"
        self._rejected = folder / "rejected"
        self._out = folder / "out"
        self._notices = folder / "notices"
        for each in (self._in, self._accepted, self._rejected, self._out, self._notices):
            each.mkdir(parents=True, exist_ok=True)

    async def arrivals(self, wait: float) -> list[Arrival]:
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            found = await asyncio.to_thread(_guarded, self._look)
            if found or asyncio.get_running_loop().time() >= deadline:
                return found
            await asyncio.sleep(_POLL)

    async def accept(self, arrival: Arrival) -> None:
        await asyncio.to_thread(_guarded, lambda: self._move(arrival, self._accepted))

    async def reject(self, arrival: Arrival, notice: Notice) -> None:
        def work() -> None:
            name = self._move(arrival, self._rejected)
            _write(self._rejected / f"{name}.reason.json", _notice(notice))

        await asyncio.to_thread(_guarded, work)

    async def hand_over(self, message_id: str, documents: Sequence[Document]) -> None:
        def work() -> None:
            for index, document in enumerate(documents):
                name = _SAFE.sub("_", document.name)[-120:]
                _write(self._out / f"{message_id}-{index}-{name}", document.data)

        await asyncio.to_thread(_guarded, work)

    async def notify(self, notice: Notice) -> None:
        name = f"{notice.message_id}-{_SAFE.sub('_', notice.code)}.json"
        await asyncio.to_thread(_guarded, lambda: _write(self._notices / name, _notice(notice)))

    def _look(self) -> list[Arrival]:
        arrivals = []
        for path in sorted(self._in.iterdir())[:_AT_ONCE]:
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                data = file.read(BATCH_BYTES + 1)
            digest = hashlib.sha256(data).hexdigest()
            document = Document(path.name, "application/octet-stream", data)
            arrivals.append(Arrival(f"{path.name[:255]}:{digest}", document))
        return arrivals

    def _move(self, arrival: Arrival, folder: Path) -> str:
        """Returns the name it has there: an older document of that name is not overwritten."""
        source = self._in / arrival.document.name
        name = arrival.document.name
        if (folder / name).exists():
            name = f"{arrival.key.rpartition(':')[2][:16]}-{name}"
        if source.exists():
            source.rename(folder / name)
        return name


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a reader never sees half a document."""
    hidden = path.with_name(f".{path.name}.part")
    with hidden.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    hidden.rename(path)


def _notice(notice: Notice) -> bytes:
    return orjson.dumps(asdict(notice), option=orjson.OPT_INDENT_2)


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as error:
        raise StoreUnavailable(f"the drop folder: {error}") from error
