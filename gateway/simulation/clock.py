"""A clock whose time moves only when it is told to.

A test that sleeps is slow and, on a busy machine, wrong. Here an hour passes in one call, and
nothing happens that nobody asked for. Under `gateway.simulation.loop` the clock is told to
move whenever everybody sleeps: then the next thing that can happen is that somebody wakes.
"""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in China


class SimulatedClock:
    """A `Clock` that stands still until `advance`."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()  # who slept first wakes first

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waking))
        await waking

    @property
    def next_waking(self) -> float | None:
        """Seconds until the first sleeper wakes; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():  # its task was cancelled
            heapq.heappop(self._sleepers)
        return max(0.0, self._sleepers[0][0] - self._elapsed) if self._sleepers else None

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake all who slept that long, in the order of their waking."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._elapsed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            _, _, waking = heapq.heappop(self._sleepers)
            if not waking.done():
                waking.set_result(None)

    def set_time_of_day(self, moment: datetime) -> None:
        """Somebody sets the machine's clock: `now` jumps, `monotonic` does not notice."""
        self._start = moment - timedelta(seconds=self._elapsed)
