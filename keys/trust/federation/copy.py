"""A gateway's copy of the federation: a folder of plain files, and a mirror for others.

::

    root.json         the root file that everything is judged by; never changed by us
    metadata/ targets/    the last verified state, laid out as every repository is
    accepted/<code>.json  each member's last good file
    accepted/catalogues/<code>.json  each member's last good catalogue, as published
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import TrustUnavailable
from keys import strict_json
from keys.atomic_file import write_atomically
from keys.trust.federation import layout
from keys.trust.federation.published import read_member
from keys.trust.federation.standing import Standing
from keys.trust.federation.walk import Known
from keys.trust.member import Member

OLD_SECONDS = 24 * 3600
"""A reader may be in the middle of the state before: what it lacks is kept for a day."""

_CATALOGUES = "accepted/catalogues"
_PRUNED = (layout.METADATA, f"{layout.TARGETS}/members", f"{layout.TARGETS}/catalogues")
_ROOT = re.compile(r"[1-9][0-9]{0,9}\.root\.json", re.ASCII)
_SNAPSHOT = re.compile(r"([1-9][0-9]{0,9})\.snapshot\.json", re.ASCII)


class Copy:
    """Over one folder; several processes of a gateway may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str, limit: int) -> bytes | None:
        """The file of a repository path; None when there is none. At most `limit` + 1 bytes.

        Raises TrustUnavailable when it is there and cannot be read.
        """
        if layout.PUBLISHED.fullmatch(path) is None:
            return None
        try:
            with (self.folder / path).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TrustUnavailable(
                f"a file of our copy cannot be read: {error.strerror}", file=self.folder / path
            ) from None

    def stamp(self) -> int | None:
        """Something that changes with every state that is kept here; None while there is none."""
        try:
            return (self.folder / layout.TIMESTAMP).stat().st_mtime_ns
        except OSError:
            return None

    def known(self) -> Known:
        """What protects against going back, as far as it can be read."""
        files = {}
        for path in (layout.TIMESTAMP, *self._numbered()):
            data = self.read(path, layout.SNAPSHOT_BYTES)
            if data is not None:
                files[path] = data
        return Known(files, self.members(), self.catalogues())

    def members(self) -> dict[str, Member]:
        """Each member's last good file. Raises TrustUnavailable when one is damaged."""
        found = {}
        for file in sorted((self.folder / "accepted").glob("[0-9]*.json")):
            try:
                found[file.stem] = read_member(file.read_bytes())
            except (OSError, ValueError) as error:
                raise TrustUnavailable(
                    f"what was accepted before cannot be read: {error}", file=file
                ) from None
        return found

    def catalogues(self) -> dict[str, bytes]:
        """Each member's last good catalogue. Raises TrustUnavailable when one cannot be read."""
        found = {}
        for file in sorted((self.folder / _CATALOGUES).glob("[0-9]*.json")):
            try:
                found[file.stem] = file.read_bytes()
            except OSError as error:
                raise TrustUnavailable(
                    f"what was accepted before cannot be read: {error}", file=file
                ) from None
        return found

    def keep(self, standing: Standing) -> bool:
        """Write a verified state; False when a newer one is there already.

        The timestamp comes last, so that whoever reads meanwhile finds a whole state.
        Raises TrustUnavailable when it cannot be written; what was there then still holds.
        """
        try:
            with self._alone():
                if self._version() > standing.version:
                    return False
                for path, data in sorted(
                    standing.files.items(), key=lambda each: each[0] == layout.TIMESTAMP
                ):
                    if path == layout.TIMESTAMP:
                        self._keep_members(standing.members)
                        self._keep_catalogues(standing.catalogues)
                    self._write(path, data)
                self._prune(standing.files)
        except OSError as error:
            raise TrustUnavailable(
                f"our copy cannot be written: {error.strerror}", file=self.folder
            ) from None
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _version(self) -> int:
        """Of the timestamp that lies here; 0 when none can be read."""
        try:
            data = (self.folder / layout.TIMESTAMP).read_bytes()
            signed = strict_json.loads_object(data)["signed"]
            version = signed["version"] if isinstance(signed, dict) else 0
        except (OSError, ValueError, KeyError):
            return 0
        return version if isinstance(version, int) else 0

    def _keep_members(self, members: Mapping[str, Member]) -> None:
        for code, member in members.items():
            text = member.model_dump_json(indent=2, exclude_none=True) + "\n"
            self._write(f"accepted/{code}.json", text.encode())

    def _keep_catalogues(self, catalogues: Mapping[str, bytes]) -> None:
        for code, data in catalogues.items():
            self._write(f"{_CATALOGUES}/{code}.json", data)
        for file in (self.folder / _CATALOGUES).glob("[0-9]*.json"):
            if file.stem not in catalogues:  # taken back by its member
                file.unlink(missing_ok=True)

    def _write(self, path: str, data: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != data:
            write_atomically(file, data, mode=0o644)

    def _numbered(self) -> list[str]:
        """All roots, and the newest snapshot."""
        folder = self.folder / layout.METADATA
        names = os.listdir(folder) if folder.is_dir() else []
        snapshots = {int(found[1]): name for name in names if (found := _SNAPSHOT.fullmatch(name))}
        newest = [snapshots[max(snapshots)]] if snapshots else []
        kept = (*(name for name in names if _ROOT.fullmatch(name)), *newest)
        return [f"{layout.METADATA}/{name}" for name in kept]

    def _prune(self, files: Mapping[str, bytes]) -> None:
        """Remove states before the last but those of the last day. Roots stay for ever."""
        before = time.time() - OLD_SECONDS
        for folder in _PRUNED:
            for file in (self.folder / folder).glob("*.json"):
                path = file.relative_to(self.folder).as_posix()
                stale = path not in files and not _ROOT.fullmatch(file.name)
                if stale and file.stat().st_mtime < before:
                    file.unlink(missing_ok=True)
