"""More bytes of bodies at once than a process will hold: the rest are told to come again."""

import asyncio
from pathlib import Path

import pytest

from contracts import limits
from tests.processes.answer import Answer, post
from tests.processes.here import gateway_here
from tests.processes.patience import until
from tests.processes.raw_http import RawRequest

_HEAD = {"Content-Type": "application/json", "Content-Length": "1000"}


async def test_a_request_too_many_is_told_when_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_BYTES", 5_000)
    async with gateway_here(tmp_path) as port:
        await asyncio.to_thread(_crowd, port)


def _crowd(port: int) -> None:
    slow = [RawRequest(port).head(_HEAD).send(b"x" * 999) for _ in range(5)]
    busy = until(lambda: _answer(port, 429), "a request too many is refused")
    assert busy is not None
    assert busy.code == "gateway.busy"
    assert "Retry-After" in busy.headers
    for request in slow:
        request.close()
    until(lambda: _answer(port, 400), "others are heard again")


def _answer(port: int, status: int) -> Answer | None:
    answer = post(f"http://127.0.0.1:{port}", b"{}" + b" " * 100)
    return answer if answer.status == status else None
