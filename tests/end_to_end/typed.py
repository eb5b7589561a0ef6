"""Commands of the federation as they are typed, run in the process of the test."""

import asyncio
import urllib.error
import urllib.request
from pathlib import Path

from tests.processes.keys import command


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def federation(*arguments: str | Path, home: Path) -> str:
    """One of the commands, and what it said."""
    return command("federation", *arguments, home=home)


async def federation_then(*arguments: str | Path, home: Path) -> str:
    """The same for a test that has a loop of its own."""
    return await asyncio.to_thread(federation, *arguments, home=home)
