"""A look at a gateway from outside: does it answer, how fast, and what time is it there?"""

import asyncio
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp
from pydantic import ValidationError

from contracts.errors import REASONS
from contracts.wire import Problem
from gateway.links.faults import fault_of

_TIMEOUT_S = 5.0
_MOST_BYTES = 64 * 1024
_SILENT = "link.unreachable"


@dataclass(frozen=True, slots=True)
class Calling:
    """Where and how a member is called; `fault` instead of an address when it cannot be."""

    code: str
    address: str = ""
    tls: ssl.SSLContext | bool = True
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """`skew`: seconds its clock is ahead of ours, to the second. `fault`: why no answer, and
    `reason` its code, where it has one that says more than that."""

    code: str
    milliseconds: float = 0.0
    skew: float | None = None
    fault: str | None = None
    reason: str | None = None


async def visit_all(callings: Iterable[Calling]) -> list[Visit]:
    """Visit all at the same time; takes as long as the slowest, at most five seconds."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        return list(await asyncio.gather(*(_visit(session, calling) for calling in callings)))


async def _visit(session: aiohttp.ClientSession, calling: Calling) -> Visit:
    if calling.fault is not None:
        return Visit(calling.code, fault=calling.fault)
    url = calling.address.rstrip("/") + "/health/ready"
    started, sent = time.monotonic(), time.time()
    try:
        async with session.get(url, allow_redirects=False, ssl=calling.tls) as answer:
            body = await answer.content.read(_MOST_BYTES)
            took, status = time.monotonic() - started, answer.status
            skew = _skew(answer.headers.get("Date"), sent + took / 2)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        code = fault_of(error)
        return Visit(calling.code, fault=said, reason=None if code == _SILENT else code)
    if status != 200:
        return Visit(calling.code, took * 1000, skew, f"HTTP {status}", _code(body))
    return Visit(calling.code, took * 1000, skew)


def _code(body: bytes) -> str | None:
    """The code of an error answer, when it is one of ours."""
    try:
        code = Problem.model_validate_json(body).code
    except ValidationError:
        return None
    return code if code in REASONS else None


def _skew(date: str | None, middle: float) -> float | None:
    """The header is cut to whole seconds: half a second is added back."""
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - middle
    except (ValueError, TypeError):
        return None
