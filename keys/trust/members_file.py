"""The trust list as one JSON file that an administrator keeps: `{"members": […]}`.

The file is read again when it changes. A version that cannot be read changes nothing: the
gateway goes on with the last good one and says so in its log, because a slip of the pen
must not stop the exchange.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from contracts.errors import TrustUnavailable
from keys import strict_json
from keys.atomic_file import write_atomically
from keys.suites.suite import SealingKey, VerifyingKey
from keys.trust.member import Member, MemberList
from keys.trust.roll import Roll

MAX_FILE_LENGTH = 16 * 1024 * 1024
CHECK_INTERVAL = 1.0
"""Seconds between two looks at the file."""

_log = logging.getLogger(__name__)

_Stamp: TypeAlias = tuple[int, int, int]
"""Device-independent identity of one version: inode, size, time of change in ns."""


class MembersFile:
    """A `TrustList` over a file; see `keys.trust.trust_list.TrustList`."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only grow. The file is first read when first needed."""
        self._path = path
        self._clock = clock
        self._roll: Roll | None = None
        self._stamp: _Stamp | None = None
        self._next_check = float("-inf")
        self._complaint = "not read yet"

    def members(self) -> Sequence[Member]:
        return self._current().members()

    def member(self, code: str) -> Member:
        return self._current().member(code)

    def verifying_key(
        self, code: str, kid: str, at: datetime, witnessed_at: datetime | None = None
    ) -> VerifyingKey:
        return self._current().verifying_key(code, kid, at, witnessed_at)

    def sealing_key(self, code: str, at: datetime) -> SealingKey:
        return self._current().sealing_key(code, at)

    def _current(self) -> Roll:
        now = self._clock()
        if now >= self._next_check:
            self._next_check = now + CHECK_INTERVAL
            self._reload_if_changed()
        if self._roll is None:
            raise TrustUnavailable(self._complaint, file=self._path)
        return self._roll

    def _reload_if_changed(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return
            roll = Roll(read_members(self._path))
        except (OSError, ValueError) as error:
            self._complain(f"the list of members cannot be read: {_reason(error)}")
            return
        # The stamp was taken before the bytes: if the file changed in between, it is
        # older than they are, and the next look reads again.
        self._roll, self._stamp, self._complaint = roll, stamp, ""
        _log.info("list of members read: %d members", len(roll.members()))

    def _complain(self, complaint: str) -> None:
        """Say it once, not every second, and try again at the next look."""
        if complaint != self._complaint:
            going_on = "the last good one stays" if self._roll else "there is none"
            _log.error("%s; %s", complaint, going_on)
        self._complaint, self._stamp = complaint, None


def read_members(path: Path) -> MemberList:
    """The document in `path`. Raises OSError, and ValueError when it is not one."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_LENGTH + 1)
    if len(data) > MAX_FILE_LENGTH:
        raise ValueError(f"longer than {MAX_FILE_LENGTH} bytes")
    return MemberList.model_validate(strict_json.loads_object(data))


def write_members(path: Path, members: Sequence[Member]) -> None:
    """Replace the document in `path` whole. Raises OSError, and ValueError as reading would.

    Readers never see half of it; the mode is 0644, for public keys are public.
    """
    document = MemberList(members=tuple(members))
    data = document.model_dump_json(indent=2, exclude_none=True) + "\n"
    write_atomically(path, data.encode("utf-8"), mode=0o644)


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _reason(error: OSError | ValueError) -> str:
    """One line: pydantic's own text quotes the input over many."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
