"""A look at a gateway from outside: does it answer, how fast, and what time is it there?"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from keys.trust.member import Member

_TIMEOUT_S = 5.0
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """`skew`: seconds its clock is ahead of ours, to the second. `fault`: why no answer."""

    code: str
    milliseconds: float = 0.0
    skew: float | None = None
    fault: str | None = None


async def visit_all(members: Iterable[Member]) -> list[Visit]:
    """Visit all at the same time; takes as long as the slowest, at most five seconds."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        return list(await asyncio.gather(*(_visit(session, member) for member in members)))


async def _visit(session: aiohttp.ClientSession, member: Member) -> Visit:
    url = member.address.rstrip("/") + "/health/ready"
    started, sent = time.monotonic(), time.time()
    try:
        async with session.get(url, allow_redirects=False) as answer:
            await answer.content.read(_MOST_BYTES)
            took, status = time.monotonic() - started, answer.status
            skew = _skew(answer.headers.get("Date"), sent + took / 2)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return Visit(member.code, fault=f"{type(error).__name__}: {error}".rstrip(": "))
    if status != 200:
        return Visit(member.code, took * 1000, skew, fault=f"HTTP {status}")
    return Visit(member.code, took * 1000, skew)


def _skew(date: str | None, middle: float) -> float | None:
    """The header is cut to whole seconds: half a second is added back."""
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - middle
    except (ValueError, TypeError):
        return None
