"""Where commands print: results to one side, remarks and errors to the other.

Without a terminal the lines are plain and as wide as they need to be, so that what reads
them, a pipe or a log, gets no control characters and no broken words.
"""

import re
import sys
from functools import cache
from typing import IO, cast

from rich.console import Console

_PLAIN_WIDTH = 120
_BROADEST = 120  # wider tables are harder to read, not easier


@cache
def out() -> Console:
    """What was asked for."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Everything else: errors, and remarks that a pipe should not get."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if not stream.isatty():
        file = cast("IO[str]", _Trimmed(stream))
        return Console(file=file, width=_PLAIN_WIDTH, highlight=False, emoji=False)
    console = Console(file=stream, highlight=False, emoji=False)
    console.width = min(console.width, _BROADEST)
    return console


class _Trimmed:
    """A stream that drops the spaces with which tables fill their lines."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(re.sub(r" +(?=\n)", "", text))

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return False


def write_bytes(data: bytes) -> None:
    """Bytes to standard output as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
