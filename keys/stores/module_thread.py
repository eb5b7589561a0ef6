"""The one thread of this process that enters a token's module, and how long others wait for it.

A module may be left waiting for a device that is gone, for ever, and nothing ends such a call.
Whoever asked is told after `patience` seconds; as long as that call has not come back, everybody
else is told at once, so that a dead device costs a gateway one wait and not one for each message.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from contracts.errors import KeyUnavailable

_T = TypeVar("_T")

PATIENCE = 10.0
"""Seconds. A card signs in one at worst, and makes a key in a few."""


class ModuleThread:
    """Calls into one module, one after another. Safe for several threads."""

    def __init__(self, module: str, patience: float = PATIENCE) -> None:
        self._module = module
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tongban-token")
        self._late: Future[Any] | None = None
        self.patience = patience

    def run(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, or raises. Raises KeyUnavailable when it does not come back."""
        if self._late is not None and not self._late.done():
            raise self._told("a call into the module has not come back yet")
        future = self._thread.submit(work)
        try:
            return future.result(self.patience)
        except TimeoutError:
            if future.done():  # it came back at the last moment
                return future.result()
            if not future.cancel():  # it is the one that everybody waits for
                self._late = future
            detail = f"no answer within {self.patience:g} s"
            raise self._told(detail) from None

    def _told(self, detail: str) -> KeyUnavailable:
        return KeyUnavailable(f"the token does not answer: {detail}", module=self._module)


def thread_of(module: str) -> ModuleThread:
    """The thread for `module`, the same for all who ask."""
    with _LOCK:
        return _THREADS.setdefault(module, ModuleThread(module))


_LOCK = Lock()
_THREADS: dict[str, ModuleThread] = {}
