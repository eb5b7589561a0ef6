"""An event loop in simulated time: whole days of the exchange in a second, always the same.

While any task can run, time stands still. When all of them wait, nothing can happen before
the first of them wakes; so the clock jumps there. The timers of asyncio itself (`wait_for`,
`timeout`, `call_later`) run on the same clock, because a loop asks its own `time()`.

When everybody waits and nobody has a timer, nothing will ever happen again: a real process
would hang, and this loop says so.
"""

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple, Unpack

from gateway.simulation.clock import SimulatedClock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_TICK = 1e-6  # seconds
_PATIENCE = 20.0  # real seconds for threads, which simulated time knows nothing of


class EverybodyWaitsError(RuntimeError):
    """No task can run, none will be woken: a deadlock."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time is a `SimulatedClock`."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._waiting = _JumpingSelector(clock)
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._clock.monotonic()

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """No wait is shorter than a tick: else one too short for a float to hold never ends."""
        return super().call_at(max(when, self.time() + _TICK), callback, *args, context=context)

    @contextlib.contextmanager
    def outside(self) -> Iterator[None]:
        """Work goes on in a thread: time must not jump past it."""
        self._waiting.outside += 1
        try:
            yield
        finally:
            self._waiting.outside -= 1

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        """As asyncio's own, and time waits for the thread."""
        future = super().run_in_executor(executor, func, *args)
        self._waiting.outside += 1
        future.add_done_callback(self._back_inside)
        return future

    def _back_inside(self, _future: "asyncio.Future[Any]") -> None:
        self._waiting.outside -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop waits: instead of waiting, it moves the clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._clock = clock
        self.outside = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.outside:
            asked_to_wait = timeout is None or timeout > 0
            return super().select(_PATIENCE if asked_to_wait else 0)
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        wakings = [t for t in (timeout, self._clock.next_waking) if t is not None]
        if wakings:
            self._clock.advance(max(_TICK, min(wakings)))
            return []
        return super().select(_PATIENCE) or _nobody_came()


def _nobody_came() -> list[tuple[selectors.SelectorKey, int]]:
    raise EverybodyWaitsError("every task waits, and nobody is left to wake one")


def simulate(main: Callable[[], Coroutine[Any, Any, T]], clock: SimulatedClock) -> T:
    """Run `main()` to its end in simulated time."""
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(clock)) as runner:
        return runner.run(main())
