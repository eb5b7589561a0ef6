"""A partner that sends more than it may, and connections that never say what they want."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from contracts import limits
from gateway.exchange.courier import BATCHES_PATH
from tests.processes.answer import post
from tests.processes.here import gateway_here
from tests.processes.raw_http import RawRequest
from tests.processes.under_attack import THIRD, UnderAttack, under_attack

MOST = 3


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderAttack]:
    """A gateway that lets a partner send three messages, and then one in a quarter of an hour."""
    with under_attack(tmp_path_factory.mktemp("limited"), started=False) as attack:
        attack.city.env = {
            "TONGBAN_LIMITS__MESSAGES_PER_S": str(MOST / 3600),
            "TONGBAN_LIMITS__BURST_S": "3600",
            "TONGBAN_LIMITS__PARTNER": f'{{"{THIRD}": {{"messages_per_s": 0}}}}',
        }
        attack.city.start().ready()
        yield attack


def test_what_nobody_proved_to_be_a_partners_costs_that_partner_nothing(
    limited: UnderAttack,
) -> None:
    letter = limited.submit()
    overheard = limited.forger.batch(limited.city.member, [letter])
    for _ in range(MOST + 1):
        pretended = limited.third.batch(limited.city.member, [letter], iss=limited.forger.code)
        assert limited.third.post(limited.city.url, pretended).status == 401
        other = {**overheard["messages"][0], "envelope": '{"not": "under the seal"}'}
        changed = orjson.dumps({**overheard, "messages": [other]})
        assert limited.forger.post(limited.city.url, changed).code == "path.invalid"
    for _ in range(MOST):
        assert limited.send(limited.submit()).outcomes == ["taken"]


def test_more_than_a_partner_may_is_answered_with_when_to_come_again(limited: UnderAttack) -> None:
    while (answer := limited.send(letter := limited.submit())).status == 200:
        pass
    assert (answer.status, answer.code) == (429, "partner.too_fast")
    assert 1 <= int(answer.headers["Retry-After"]) <= 1200
    problem = orjson.loads(answer.body)
    assert (problem["retry"], problem["side"]) == (True, "partner")
    assert limited.kept(letter) == 0
    found = limited.city.metric(
        "tongban_limited_total", partner=limited.forger.code, code="partner.too_fast"
    )
    assert found >= 1


def test_another_partner_is_not_held_to_it(limited: UnderAttack) -> None:
    third = UnderAttack(limited.city, limited.third, limited.forger)
    for _ in range(MOST + 2):
        assert third.send(third.submit()).status == 200


# --- heads that never end -------------------------------------------------------------------------

_HALF = f"POST {BATCHES_PATH} HTTP/1.1\r\nHost: gateway\r\nX-Slow: ".encode()


def _closed_after(port: int, *, first: bytes = b"") -> float:
    """Seconds until a connection that dribbles a head is closed."""
    request = RawRequest(port, timeout=60)
    if first:
        request.send(first)
        assert request.answer() is not None
    start = time.monotonic()
    request.send(_HALF)
    assert request.answer() is None
    request.close()
    return time.monotonic() - start


async def test_a_head_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 1.0)
    good = b"GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n"
    async with gateway_here(tmp_path) as port:
        assert await asyncio.to_thread(_closed_after, port) < 30
        assert await asyncio.to_thread(lambda: _closed_after(port, first=good)) < 30
        answer = await asyncio.to_thread(post, f"http://127.0.0.1:{port}", b"{}")
        assert answer.code == "batch.malformed"


async def test_a_request_too_many_at_once_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_AT_ONCE", 3)
    head = {"Content-Type": "application/json", "Content-Length": "1000"}
    async with gateway_here(tmp_path) as port:
        slow = [RawRequest(port).head(head).send(b"{") for _ in range(3)]

        def busy() -> int:
            answer = post(f"http://127.0.0.1:{port}", b"{}")
            return answer.status if answer.status == 429 else 0

        for _ in range(200):
            if await asyncio.to_thread(busy):
                break
        else:
            pytest.fail("three slow requests are not counted")
        for request in slow:
            request.close()
