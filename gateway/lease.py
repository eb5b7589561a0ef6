"""A lease in the store: one process at a time does a thing, another takes over when it dies.

A holder renews it well before it runs out. One that could not for so long that another may
have it stops acting on it; should it get it again, it goes on.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from contracts.errors import StoreUnavailable
from gateway.ports import Clock, Store

LEASE_SECONDS = 6.0
_ASK_SECONDS = 0.5  # between two attempts to get the lease of another


class Lease:
    """One name, asked for by one process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        name: str,
        owner: str,
        seconds: float = LEASE_SECONDS,
    ) -> None:
        """`owner`: a name that no other process has; `seconds`: after which that of a dead
        process is taken over, the same for all processes."""
        self._store = store
        self._clock = clock
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self.renew_seconds = seconds / 4
        self.held = False

    @contextlib.asynccontextmanager
    async def hold(self, may_ask: Callable[[], bool] = lambda: True) -> AsyncIterator[None]:
        """Wait until it is ours, keep it, and give it up at the end. While `may_ask` says no,
        it is left to others."""
        while not (may_ask() and await self.ask()):
            await self._clock.sleep(_ASK_SECONDS)
        self.held = True
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            self.held = False
            renewing.cancel()
            with contextlib.suppress(StoreUnavailable):
                await self._store.release(self._name, self._owner)

    async def ask(self) -> bool:
        """Whether it is ours from now on, for its time; False also when nobody can say."""
        now = int(self._clock.now().timestamp() * 1000)
        try:
            until = now + int(self._seconds * 1000)
            return await self._store.lease(self._name, self._owner, now, until)
        except StoreUnavailable:
            return False

    async def _renew(self) -> None:
        held_until = self._clock.monotonic() + self._seconds
        while True:
            await self._clock.sleep(self.renew_seconds)
            asked = self._clock.monotonic()
            if await self.ask():
                held_until = asked + self._seconds
                self.held = True
            elif self._clock.monotonic() > held_until:
                self.held = False
