"""Pacer: how fast to send to a partner that said it is sent too much. Pure.

Backing off and coming back with the same burst would only hear the same answer again. So the
first such answer sets a rate below what went through until then; each further one cuts it; each
receipt raises it a little; and what goes is spread over time in small batches. After minutes
without such an answer the rate is forgotten. Times are seconds of one monotonic clock.
"""

from collections import deque

_CUT = 0.7
_RISE = 0.05  # of a message per second for each receipt: 5 % a second at an even pace
_LEAST = 1.0  # messages a second
_UNKNOWN = 10.0  # where nothing went through yet
_BATCH_SECONDS = 0.5  # a batch holds what may go in so long
_MEASURED_SECONDS = 5.0
_FORGET_SECONDS = 300.0


class Pacer:
    """`rate`: messages a second; None when the partner never complained, or long ago."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._next = 0.0  # no batch before
        self._cut_at = 0.0
        self._receipts: deque[tuple[float, int]] = deque()

    def wait(self, now: float) -> float:
        """Seconds until the next batch may go; 0 when it may go now."""
        return max(0.0, self._next - now)

    def most(self, count: int) -> int:
        """How many messages a batch may hold, of the `count` that it could."""
        if self.rate is None:
            return count
        return max(1, min(count, int(self.rate * _BATCH_SECONDS)))

    def launched(self, count: int, now: float) -> None:
        """A batch of so many messages is under way."""
        if self.rate is not None:
            self._next = max(self._next, now) + count / self.rate

    def succeeded(self, count: int, now: float) -> None:
        """So many receipts came."""
        self._receipts.append((now, count))
        self._forget(now)
        if self.rate is not None:
            self.rate += _RISE * count
            if now - self._cut_at > _FORGET_SECONDS:
                self.rate = None

    def slowed(self, launched_at: float, now: float, pause: float) -> None:
        """A batch launched at that time was answered with "too much, come again in `pause`
        seconds". Those that were under way before the last cut say nothing new."""
        self._next = max(self._next, now + pause)
        if self.rate is not None and launched_at <= self._cut_at:
            return
        self._cut_at = now
        self.rate = max(_LEAST, _CUT * (self.rate or self._measured(now)))

    def _measured(self, now: float) -> float:
        """Receipts a second of late."""
        self._forget(now)
        if not self._receipts:
            return _UNKNOWN
        return sum(count for _, count in self._receipts) / _MEASURED_SECONDS

    def _forget(self, now: float) -> None:
        while self._receipts and now - self._receipts[0][0] > _MEASURED_SECONDS:
            self._receipts.popleft()
