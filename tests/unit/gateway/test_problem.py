"""Error answers: what, where, whose side, whether to try again, what to do, and the trace."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from contracts.errors import (
    REASONS,
    BatchRejected,
    PartnerLimited,
    PartnerUnreachable,
    StoreUnavailable,
    TongbanError,
    Unchecked,
)
from contracts.wire import Problem
from gateway.web.problem import MEDIA_TYPE, answer_unforeseen, problem


def read(error: TongbanError) -> tuple[Problem, dict[str, str]]:
    response = problem(error, trace="t-1")
    assert response.content_type == MEDIA_TYPE
    assert isinstance(response.body, bytes)
    body = Problem.model_validate_json(response.body)
    assert body.status == response.status
    return body, dict(response.headers)


@pytest.mark.parametrize("code", REASONS)
def test_every_code_makes_a_whole_answer(code: str) -> None:
    body, headers = read(TongbanError("found this", code=code, field="x"))
    reason = REASONS[code]
    assert body.code == code
    assert (body.status, body.side, body.retry) == (reason.status, reason.side, reason.retry)
    assert (body.title, body.remedy) == (reason.en, reason.remedy_en)
    assert body.where == {"field": "x"}
    assert body.detail == "found this"
    assert body.type == f"urn:tongban:problem:{code}"
    assert body.trace == headers["Tongban-Trace"] == "t-1"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (PartnerUnreachable("wait", retry_after=7.4), "8"),  # never sooner than it helps
        (PartnerLimited("too fast", retry_after=3.01, partner="440100"), "4"),
        (PartnerUnreachable("wait", retry_after=0.1), "1"),
        (StoreUnavailable("locked"), "2"),
        (StoreUnavailable("disk", code="store.full"), "2"),
        (Unchecked("ends", code="gateway.stopping"), "2"),
        (BatchRejected("bad", code="batch.malformed"), None),
        (BatchRejected("bad", code="seal.invalid"), None),
    ],
)
def test_a_pause_is_asked_for_where_it_helps(error: TongbanError, seconds: str | None) -> None:
    _, headers = read(error)
    assert headers.get("Retry-After") == seconds


async def test_a_fault_of_ours_is_an_answer_with_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise LookupError("secret")

    app = web.Application(middlewares=[answer_unforeseen(lambda: "t-7")])
    app.add_routes([web.get("/broken", broken)])
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/broken")
        text = await answer.text()
        assert (await client.get("/absent")).status == 404
    assert answer.status == 500
    assert answer.content_type == MEDIA_TYPE
    assert json.loads(text)["code"] == "internal"
    assert answer.headers["Tongban-Trace"] == "t-7" == caplog.records[0].__dict__["trace"]
    assert "secret" not in text
