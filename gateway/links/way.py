"""Which of a partner's addresses is used: the one that worked, and the first again after a while.

All of them lead to the same gateway; the first is the one its operators prefer.
"""

import time
from collections.abc import Callable, Sequence

BACK_AFTER_S = 60.0
"""Seconds on a further address after which the first is tried again."""


class Way:
    """Remembers what became of the addresses of one partner."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only grow."""
        self._clock = clock
        self._chosen: str | None = None
        self._until = 0.0

    def order(self, addresses: Sequence[str]) -> list[str]:
        """The addresses as they are to be tried."""
        chosen = self._chosen
        if chosen is None or chosen not in addresses or self._clock() >= self._until:
            return list(addresses)
        return [chosen, *(address for address in addresses if address != chosen)]

    def worked(self, address: str) -> None:
        """This one led to the partner: stay with it."""
        self._stay(address)

    def failed(self, address: str, addresses: Sequence[str]) -> None:
        """This one was reached, and gave no whole answer: begin with the next, another time."""
        at = addresses.index(address) if address in addresses else -1
        self._stay(addresses[(at + 1) % len(addresses)])

    def _stay(self, address: str) -> None:
        if address != self._chosen or self._clock() >= self._until:
            self._chosen, self._until = address, self._clock() + BACK_AFTER_S
