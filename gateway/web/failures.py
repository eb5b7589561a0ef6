"""How often somebody failed to show a token: after some, he waits. Pure, but for the clock."""

from collections import OrderedDict
from collections.abc import Callable

FREE = 10
EVERY_S = 6.0
_PLACES = 1024


class Failures:
    """Counts by where a request comes from; one failure is forgiven every EVERY_S seconds.

    So guessing gets ten tries a minute, which is nothing against 256 bits: this keeps the log
    and the database from being kept busy.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: OrderedDict[str, float] = OrderedDict()
        """When all failures from there are forgiven."""

    def wait(self, place: str) -> float:
        """Seconds until that place may try again; 0: now."""
        owed = self._until.get(place, 0.0) - self._monotonic() - (FREE - 1) * EVERY_S
        return max(0.0, owed)

    def note(self, place: str) -> None:
        now = self._monotonic()
        self._until[place] = max(now, self._until.get(place, now)) + EVERY_S
        self._until.move_to_end(place)
        while len(self._until) > _PLACES:
            self._until.popitem(last=False)
