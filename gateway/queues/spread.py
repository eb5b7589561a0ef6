"""Spread: how the lanes of one kind are shared by the processes that want them.

Each process says every second or two that it is there, by a lease of its own, and holds no
more than its share: the lanes divided by the processes, rounded up. So together they hold all
lanes, a process that joins gets its part within seconds, and nothing moves while all are
within their shares. Which lane is whose is decided by the lanes' own leases alone; what stands
here only says who asks for them.
"""

import asyncio
import contextlib
import hashlib
import math
from collections.abc import AsyncIterator, Iterator

from contracts.errors import StoreUnavailable
from gateway.lease import LEASE_SECONDS, Lease
from gateway.ports import Clock, Store

_FORGET_SECONDS = 600.0  # after which a process that died is struck from the list


class Spread:
    """The share of this process in the lanes of one kind."""

    def __init__(
        self, store: Store, clock: Clock, kind: str, owner: str, lease: float = LEASE_SECONDS
    ) -> None:
        """`kind`: the first word of the lanes' names; `lease`: seconds, as of these lanes."""
        self._store = store
        self._clock = clock
        self._under = f"here/{kind}"
        name = f"{self._under}/{hashlib.sha256(owner.encode()).hexdigest()[:12]}"
        self._presence = Lease(store, clock, name, owner, lease)
        self._name, self._owner = name, owner
        self._processes = 1
        self._wanted = 0
        self._held: list[object] = []
        self._keeping: asyncio.Task[None] | None = None
        self._first = asyncio.Lock()

    @property
    def share(self) -> int:
        """How many lanes this process may hold."""
        return math.ceil(self._wanted / self._processes)

    def has_room(self) -> bool:
        return len(self._held) < self.share

    def is_surplus(self, holding: object) -> bool:
        """Whether `holding` is one too many: those that came last go first."""
        return holding in self._held[self.share :]

    @contextlib.asynccontextmanager
    async def wanting(self) -> AsyncIterator[None]:
        """This process wants one lane more, for as long as the context lasts."""
        self._wanted += 1
        try:
            async with self._first:
                if self._keeping is None:
                    await self._look()  # those who are there are seen before anything is taken
                    self._keeping = asyncio.create_task(self._keep())
            yield
        finally:
            self._wanted -= 1
            if not self._wanted and self._keeping is not None:
                self._keeping.cancel()
                self._keeping = None
                with contextlib.suppress(StoreUnavailable):
                    await self._store.release(self._name, self._owner)

    @contextlib.contextmanager
    def holding(self, holding: object) -> Iterator[None]:
        """`holding` stands for a lane that this process holds now."""
        self._held.append(holding)
        try:
            yield
        finally:
            self._held.remove(holding)

    async def _keep(self) -> None:
        while True:
            await self._clock.sleep(self._presence.renew_seconds)
            await self._look()

    async def _look(self) -> None:
        """Say that we are here, and see who else is. What cannot be seen stays as it was."""
        await self._presence.ask()
        try:
            said = await self._store.leases(self._under)
            now = self._clock.now().timestamp() * 1000
            for each in said:
                if each.until + 1000 * _FORGET_SECONDS < now:
                    await self._store.release(each.lane, each.owner)
        except StoreUnavailable:
            return
        there = {each.owner for each in said if each.until > now}
        self._processes = len(there | {self._owner})
