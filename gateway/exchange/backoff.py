"""Backoff: how long to wait before the next try, exponential with full jitter."""

from collections.abc import Callable


class Backoff:
    """The pause after a number of failures in a row.

    Full jitter: uniform between 0 and min(ceiling, base * 2^failures), so that many
    gateways that lost one partner do not all come back at the same instant.
    """

    def __init__(
        self, *, base: float = 0.2, ceiling: float = 120.0, uniform: Callable[[float, float], float]
    ) -> None:
        """`base` and `ceiling` in seconds; `uniform(a, b)` draws the jitter."""
        self._base = base
        self._ceiling = ceiling
        self._uniform = uniform
        self.failures = 0

    def failed(self, retry_after: float | None = None) -> float:
        """Seconds to wait after one more failure; never less than the partner asked for,
        but what a partner asks for is held to the ceiling too."""
        bound = min(self._ceiling, self._base * 2.0 ** min(self.failures, 32))
        self.failures += 1
        pause = self._uniform(0.0, bound)
        if retry_after is not None:
            pause = max(pause, min(retry_after, self._ceiling))
        return pause

    def succeeded(self) -> None:
        self.failures = 0
