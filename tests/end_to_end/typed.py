"""Commands of the federation as they are typed, run in the process of the test.

A dozen interpreters would take a minute.
"""

import asyncio
import contextlib
import io
import urllib.error
import urllib.request
from pathlib import Path

from gateway.cli import screen
from gateway.cli.app import app


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def federation(*arguments: str | Path, home: Path) -> str:
    """One of the commands, in this process: a dozen interpreters would take a minute."""
    for console in (screen.out, screen.err):
        console.cache_clear()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        app(["federation", *map(str, arguments), "--home", str(home)], standalone_mode=False)
    for console in (screen.out, screen.err):
        console.cache_clear()
    return said.getvalue()


async def federation_then(*arguments: str | Path, home: Path) -> str:
    """The same for a test that has a loop of its own."""
    return await asyncio.to_thread(federation, *arguments, home=home)
