"""Steps 1 and 2: requests out of shape are answered with their code, and cost nothing."""

import asyncio
import gzip
import zlib
from pathlib import Path

import orjson
import pytest

from contracts import limits
from tests.processes.answer import Answer, post
from tests.processes.here import gateway_here
from tests.processes.patience import until
from tests.processes.raw_http import RawRequest
from tests.processes.under_attack import UnderAttack

JSON = {"Content-Type": "application/json"}


def send(attack: UnderAttack, body: bytes) -> Answer:
    return attack.forger.post(attack.city.url, body)


def honest(attack: UnderAttack) -> bytes:
    return orjson.dumps(attack.forger.batch(attack.city.member, [attack.submit()]))


# --- shape of the batch ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"hello",
        b'{"seal":"a.b.c","messages":[]}',
        b'{"seal":"a.b.c","messages":{}}',
        b'{"seal":1,"messages":[{"envelope":"{}","path":[]}]}',
        b'{"seal":"a.b.c","messages":[{"envelope":{},"path":[]}]}',
        b'{"seal":"a.b.c","messages":[{"envelope":"{}","path":["zz"]}]}',
        b'{"seal":"a.b.c","messages":[{"envelope":"{}","path":[],"parts":"AAAA"}]}',
        b'{"seal":"\\ud800","messages":[{"envelope":"{}","path":[]}]}',
        b'{"seal":"a.b.c","messages":[{"envelope":"\xff","path":[]}]}',
        b"[" * 50_000,
        b'{"seal":' * 20_000 + b"1",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_batch_is_malformed(attack: UnderAttack, body: bytes) -> None:
    answer = send(attack, body)
    assert (answer.status, answer.code) == (400, "batch.malformed")


@pytest.mark.parametrize("length", [1, 100, -1])
def test_a_cut_batch_is_malformed(attack: UnderAttack, length: int) -> None:
    assert send(attack, honest(attack)[:length]).code == "batch.malformed"


def test_a_seal_that_is_too_long_is_malformed(attack: UnderAttack) -> None:
    batch = attack.forger.batch(attack.city.member, [attack.submit()])
    batch["seal"] += "A" * limits.SEAL_BYTES
    assert send(attack, orjson.dumps(batch)).code == "batch.malformed"


def test_too_many_messages_are_told_so(attack: UnderAttack) -> None:
    message = {"envelope": "{}", "path": []}
    body = {"seal": "a.b.c", "messages": [message] * (limits.BATCH_MESSAGES + 1)}
    answer = send(attack, orjson.dumps(body))
    assert (answer.status, answer.code) == (413, "batch.too_many")


def test_too_many_values_are_told_so(attack: UnderAttack) -> None:
    answer = send(attack, b'{"messages":[' + b"0," * limits.BATCH_NODES + b"0]}")
    assert (answer.status, answer.code) == (400, "batch.too_complex")


def test_unknown_fields_around_the_messages_are_no_fault(attack: UnderAttack) -> None:
    batch = attack.forger.batch(attack.city.member, [attack.submit()])
    batch["hint"] = {"since": "1.1"}
    batch["messages"][0]["weight"] = 7
    assert send(attack, orjson.dumps(batch)).outcomes == ["taken"]


# --- size and headers ------------------------------------------------------------------------


def test_a_body_over_the_limit_is_too_large(attack: UnderAttack) -> None:
    answer = send(attack, b" " * (limits.BATCH_BYTES + 1))
    assert (answer.status, answer.code) == (413, "request.too_large")


def test_a_body_over_the_limit_in_chunks_is_too_large(attack: UnderAttack) -> None:
    request = RawRequest(attack.city.port).head({**JSON, "Transfer-Encoding": "chunked"})
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    try:
        for _ in range(limits.BATCH_BYTES // 0x100000 + 1):
            request.send(chunk)
    except ConnectionError:
        pass  # it need not listen to the end
    answer = request.answer()
    assert answer is None or answer.code == "request.too_large"
    assert attack.city.metric("tongban_rejected_total", code="request.too_large") >= 1


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity"])
def test_a_compressed_body_is_refused_and_not_inflated(attack: UnderAttack, coding: str) -> None:
    squeeze = zlib.compress if coding == "deflate" else gzip.compress
    body = squeeze(honest(attack))
    answer = post(attack.city.url, body, {"Content-Encoding": coding})
    assert (answer.status, answer.code) == (415, "request.encoding")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "-"])
def test_a_body_of_another_type_is_refused(attack: UnderAttack, media_type: str) -> None:
    answer = post(attack.city.url, honest(attack), {"Content-Type": media_type})
    assert (answer.status, answer.code) == (415, "request.encoding")


def test_a_body_that_breaks_off_does_no_harm(attack: UnderAttack) -> None:
    body = honest(attack)
    request = RawRequest(attack.city.port).head({**JSON, "Content-Length": str(len(body))})
    request.send(body[:-10]).no_more()
    answer = request.answer()
    assert answer is None or answer.code == "request.replaced"
    request.close()
    until(
        lambda: attack.city.metric("tongban_rejected_total", code="request.replaced"),
        "the broken body is counted",
    )


@pytest.mark.parametrize(
    "head",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /exchange/v1/batches HTTP/9.9\r\n\r\n",
        b"POST /exchange/v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n",
        b"POST /exchange/v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /exchange/v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /exchange/v1/batches HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["nonsense", "version", "length", "negative", "both", "header", "tls"],
)
def test_what_is_no_request_ends_its_connection_alone(attack: UnderAttack, head: bytes) -> None:
    request = RawRequest(attack.city.port)
    request.send(head).no_more()
    answer = request.answer()
    assert answer is None or answer.status in {400, 413, 431}
    assert attack.send(attack.submit()).outcomes == ["taken"]


# --- time --------------------------------------------------------------------------------------


async def test_a_body_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.5)
    async with gateway_here(tmp_path) as port:

        def drip() -> Answer | None:
            request = RawRequest(port).head({**JSON, "Content-Length": "1000"})
            request.send(b'{"seal":')
            return request.answer()

        answer = await asyncio.to_thread(drip)
        assert answer is not None
        assert (answer.status, answer.code) == (408, "request.timeout")


async def test_slow_bodies_do_not_keep_others_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 60)
    async with gateway_here(tmp_path) as port:
        slow = [
            RawRequest(port).head({**JSON, "Content-Length": "1000"}).send(b"{") for _ in range(200)
        ]
        answer = await asyncio.to_thread(post, f"http://127.0.0.1:{port}", b"{}")
        assert answer.code == "batch.malformed"
        for request in slow:
            request.close()
