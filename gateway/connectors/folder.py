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
import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import orjson

from adapters.adapter import Document
from contracts.errors import REASONS, StoreUnavailable
from contracts.limits import BATCH_BYTES
from gateway.ports import Arrival, Notice

T = TypeVar("T")
_LOG = logging.getLogger("tongban.folder")
_POLL = 0.1
_AT_ONCE = 200
_LONGEST_NAME = 200  # bytes
_SAFE = re.compile(r"[^A-Za-z0-9._-]")


class FolderConnector:
    """A `Connector` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._in = folder / "in"
        self._accepted = folder / "accepted"
        self._rejected = folder / "rejected"
        self._out = folder / "out"
        self._notices = folder / "notices"
        self._paths: dict[str, Path] = {}  # by key: a name need not be text
        self._unreadable: set[Path] = set()  # those that the log was told of
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
        await asyncio.to_thread(_guarded, lambda: self._set_aside(arrival, notice))

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
        paths = sorted(self._in.iterdir())
        self._unreadable.intersection_update(paths)
        for path in filter(_is_document, paths):
            data = self._read(path)
            if data is None:
                continue
            name = os.fsencode(path.name).decode(errors="backslashreplace")
            key = f"{name[:255]}:{hashlib.sha256(data).hexdigest()}"
            self._paths[key] = path
            arrival = Arrival(key, Document(name, "application/octet-stream", data))
            if len(data) > BATCH_BYTES:
                self._set_aside(arrival, _too_large())
                continue
            arrivals.append(arrival)
            if len(arrivals) == _AT_ONCE:
                break
        return arrivals

    def _read(self, path: Path) -> bytes | None:
        """None when this one cannot be read: it keeps no other document out."""
        try:
            with path.open("rb") as file:
                data = file.read(BATCH_BYTES + 1)
        except OSError as error:
            if path not in self._unreadable:
                self._unreadable.add(path)
                _LOG.warning("document %s cannot be read: %s", ascii(path.name), error.strerror)
            return None
        self._unreadable.discard(path)
        return data

    def _set_aside(self, arrival: Arrival, notice: Notice) -> None:
        """The reason first: a document that was moved does not come again to get one."""
        name = _free_name(self._rejected, arrival)
        _write(self._rejected / f"{name}.reason.json", _notice(notice))
        self._move(arrival, self._rejected)

    def _move(self, arrival: Arrival, folder: Path) -> None:
        source = self._paths.pop(arrival.key, None)
        if source is not None and source.exists():
            source.rename(folder / _free_name(folder, arrival))


def _is_document(path: Path) -> bool:
    """Not half-written, and not a way out of the folder."""
    return not path.name.startswith(".") and not path.is_symlink() and path.is_file()


def _free_name(folder: Path, arrival: Arrival) -> str:
    """Its name there: an older document of that name is not overwritten. Leaves room for
    what is put around it: a file system holds 255 bytes."""
    name = arrival.document.name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    if (folder / name).exists():
        name = f"{arrival.key.rpartition(':')[2][:16]}-{name}"
    return name


def _too_large() -> Notice:
    reason = REASONS["document.invalid"]
    return Notice(
        code=reason.code,
        zh=reason.zh,
        en=reason.en,
        remedy_zh=reason.remedy_zh,
        remedy_en=reason.remedy_en,
        detail=f"more than {BATCH_BYTES} bytes",
    )


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
