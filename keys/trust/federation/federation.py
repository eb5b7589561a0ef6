"""The trust list of a federation: the last verified standing, kept in a folder.

It goes on with what it has for as long as that is valid, whatever mirrors do; after that
nothing of it is used (`trust.frozen`).
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import TongbanError, TrustRefused, TrustUnavailable
from keys.suites.suite import SealingKey, VerifyingKey
from keys.trust.federation import layout
from keys.trust.federation.copy import Copy
from keys.trust.federation.standing import Standing
from keys.trust.federation.walk import Known, Walk, walk
from keys.trust.member import Member, MemberList
from keys.trust.roll import Roll

_log = logging.getLogger(__name__)


class Federation:
    """A `TrustList`; see `keys.trust.trust_list.TrustList`. Shared by threads."""

    def __init__(self, anchor: bytes, copy: Copy, now: Callable[[], datetime]) -> None:
        """`anchor`: the root file; `now`: the time by which expiry is judged.

        Raises TrustRefused (trust.root_broken) when the root file does not hold.
        """
        self._anchor = anchor
        self._copy = copy
        self._now = now
        walk(anchor, Known(), now())  # for what it raises
        self._lock = threading.Lock()
        self._loaded: int | None = None  # the stamp of the copy that was loaded last
        self._standing: Standing | None = None
        self._first_end = "", datetime.min.replace(tzinfo=UTC)
        self._ends: dict[str, datetime] = {}
        self._roll = Roll(MemberList(members=()))
        self._complaint: TongbanError = TrustUnavailable("no copy of the federation yet")

    # --- what it answers --------------------------------------------------------------------------

    def members(self) -> Sequence[Member]:
        return self._valid().members()

    def member(self, code: str) -> Member:
        return self._roll_for(code).member(code)

    def verifying_key(
        self, code: str, kid: str, at: datetime, witnessed_at: datetime | None = None
    ) -> VerifyingKey:
        return self._roll_for(code).verifying_key(code, kid, at, witnessed_at)

    def sealing_key(self, code: str, at: datetime) -> SealingKey:
        return self._roll_for(code).sealing_key(code, at)

    @property
    def standing(self) -> Standing | None:
        """The last verified one, whether it is still valid or not."""
        return self._standing

    def seconds_left(self, role: str) -> float:
        """Until a top role ends; negative when it has, and while there is no standing."""
        standing = self._standing
        if standing is None:
            return -1.0
        return (standing.expires[role] - self._now()).total_seconds()

    # --- how it learns ----------------------------------------------------------------------------

    def new_walk(self) -> Walk:
        """A walk that starts from what is known; see `keys.trust.federation.walk`.

        Raises TrustUnavailable when our own copy is damaged.
        """
        standing = self._standing
        known = (
            self._copy.known()
            if standing is None
            else Known(standing.files, standing.members, standing.catalogues)
        )
        return walk(self._anchor, known, self._now())

    def load(self) -> None:
        """Take up what lies in the folder, which another process may have written.

        Never raises: without a copy that holds, what is known stays.
        """
        self._loaded = self._copy.stamp()
        try:
            standing = finish(self.new_walk(), self._copy.read)
        except TongbanError as error:
            if self._standing is None:
                self._complaint = error
            return
        self._take(standing)

    def load_news(self) -> None:
        """`load`, where the folder is not as it was when it was loaded. Costs next to nothing."""
        if self._copy.stamp() != self._loaded:
            self.load()

    def accept(self, standing: Standing) -> bool:
        """Take up what a walk of ours found, and keep it; whether it is news.

        Raises TrustUnavailable when it cannot be kept; it is used all the same.
        """
        news = self._take(standing)
        if news:
            self._copy.keep(standing)
        return news

    def _take(self, standing: Standing) -> bool:
        with self._lock:
            before = self._standing
            if before is not None and standing.version <= before.version:
                return False
            self._roll = Roll(MemberList(members=tuple(standing.members.values())))
            self._standing, self._first_end = standing, standing.first_end()
            first = self._first_end[1]
            self._ends = {code: min(first, end) for code, end in standing.expires.items()}
        _log.info("federation: version %d, %d members", standing.version, len(standing.members))
        for fault in standing.faults:
            _log.error("federation: %s of %s: %s", fault.code, fault.member, fault.detail)
        return True

    # --- until when -------------------------------------------------------------------------------

    def _roll_for(self, code: str) -> Roll:
        """The list, as long as it and what `code` published are valid: one look at the clock,
        for every message passes here."""
        if self._now() >= self._ends.get(code, self._first_end[1]):
            self._check_end(code)
            return self._valid()  # raises, unless a new one came just now
        return self._roll

    def _valid(self) -> Roll:
        if self._standing is None:
            raise self._complaint
        role, end = self._first_end
        if self._now() >= end:
            raise TrustUnavailable(f"its {role} ended at {end}", code="trust.frozen", file=role)
        return self._roll

    def _check_end(self, code: str) -> None:
        standing = self._standing
        end = standing.expires.get(code) if standing is not None else None
        if end is not None and self._now() >= end:
            raise TrustUnavailable(
                f"what the member published ended at {end}", code="trust.frozen", member=code
            )


def finish(steps: Walk, read: Callable[[str, int], bytes | None]) -> Standing:
    """Walk to the end with files that are at hand. Raises what `walk` and `read` raise."""
    data: bytes | None = None
    try:
        want = next(steps)
        while True:
            data = read(want.path, want.limit)
            want = steps.send(data)
    except StopIteration as end:
        standing: Standing = end.value
        return standing


def read_anchor(file: Path) -> bytes:
    """The bytes of a root file. Raises TrustRefused (trust.root_broken)."""
    try:
        with file.open("rb") as source:
            data = source.read(layout.ROOT_BYTES + 1)
    except OSError as error:
        raise TrustRefused(
            f"it cannot be read: {error.strerror}", code="trust.root_broken", file=file
        ) from None
    if len(data) > layout.ROOT_BYTES:
        raise TrustRefused("it is too long", code="trust.root_broken", file=file)
    return data
