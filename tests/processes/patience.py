"""Waiting for something to become true: by looking, with a deadline, never by a bare sleep."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONG = 120.0
"""Seconds after which a test gives up; far more than anything takes on a slow machine."""


def until(look: Callable[[], T], what: str, *, within: float = LONG, every: float = 0.05) -> T:
    """The first result of `look` that is true. AssertionError naming `what` when none comes."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:.0f} s: {what} (last seen: {found!r})")
        time.sleep(every)


async def until_then(
    look: Callable[[], T], what: str, *, within: float = LONG, every: float = 0.05
) -> T:
    """As `until`, for a test that has more to do meanwhile."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:.0f} s: {what} (last seen: {found!r})")
        await asyncio.sleep(every)
