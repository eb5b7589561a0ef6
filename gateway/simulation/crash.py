"""A process that dies at one commit: the two moments when a crash can tell a lie.

*Before* the commit: the caller was about to promise something, and the disk knows nothing
of it. *After* the commit: the disk knows, and nobody was told. Whatever else a crash may
interrupt, a gateway started again sees only one of these two. So a test that dies at every
commit in turn, both ways, has seen every crash.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from gateway.ports import Store, Verdict
from gateway.records import Scope, Snapshot
from gateway.simulation.around import Call, StoreAround

T = TypeVar("T")


class Died(BaseException):
    """The process is gone. No `except Exception` may survive its own death."""


class Moment(Enum):
    BEFORE = "the disk knows nothing of what was about to be promised"
    AFTER = "the disk knows, and nobody was told"


class CrashingStore(StoreAround):
    """The store as one process sees it, until that process dies at commit number `at`.

    From then on every call dies too: a dead process does nothing more. `death` is set for
    whoever plays the supervisor; the inner store is the disk, and lives on.
    """

    def __init__(self, inner: Store, *, at: int | None, moment: Moment = Moment.BEFORE) -> None:
        """`at` counts commits from 1; None: this process does not die."""
        super().__init__(inner)
        self._left = at
        self._moment = moment
        self.death = asyncio.Event()

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        if self._left is not None and not self.death.is_set():
            self._left -= 1
            if self._left == 0:
                await self._die(scope, rule)
        return await super().apply(scope, rule)

    async def _call(self, call: Call[T]) -> T:
        if self.death.is_set():
            call.close()
            raise Died
        result = await call
        if self.death.is_set():  # while this call was on its way
            raise Died
        return result

    async def _die(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> None:
        try:
            if self._moment is Moment.AFTER:
                await self._inner.apply(scope, rule)
        finally:  # a transaction that its rule refused is as good a moment as any
            self.death.set()
            raise Died
