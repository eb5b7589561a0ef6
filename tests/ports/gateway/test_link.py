"""What a link owes: a whole answer within its limits, or PartnerUnreachable. Nothing else."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from contracts.errors import PartnerUnreachable, TrustUnavailable
from contracts.limits import BATCH_BYTES
from gateway.clock import SystemClock
from gateway.links.http import HttpLink
from gateway.ports import Answer, Link
from gateway.simulation.network import SimulatedNetwork, Weather
from gateway.tls.contexts import client_context
from keys.tls.public_key import pin_of
from tests.processes.tls_client import Shown

PATH = "/exchange/v1/batches"
TIMEOUT = 1.0


class Partner:
    """A partner whose next answer a test chooses, and the link to it."""

    def __init__(self) -> None:
        self.answer = Answer(200, b"")
        self.hangs = False
        self.asked: list[bytes] = []
        self.link: Link

    async def dies(self) -> None:
        raise NotImplementedError


class SimulatedPartner(Partner):
    def __init__(self) -> None:
        super().__init__()
        self._network = SimulatedNetwork(SystemClock(), random.Random(1), Weather.fair())
        self._network.join("440100", self._handle)
        self.link = self._network.link("440100", timeout=TIMEOUT)

    async def dies(self) -> None:
        self._network.leave("440100")

    async def _handle(self, path: str, body: bytes) -> Answer:
        assert path == PATH
        self.asked.append(body)
        if self.hangs:
            await asyncio.sleep(TIMEOUT * 2)
        return self.answer


class HttpPartner(Partner):
    def __init__(self) -> None:
        super().__init__()
        app = web.Application(client_max_size=BATCH_BYTES)
        app.router.add_post(PATH, self._handle)
        app.router.add_post("/elsewhere", self._elsewhere)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        self.headers: dict[str, str] = {}
        self.breaks_off = False
        self.went_elsewhere = False
        self.address: str
        self.http: HttpLink

    async def starts(self, shown: Shown | None = None, folder: Path | None = None) -> None:
        """With a certificate to show: over TLS, and the link knows its pin."""
        await self._runner.setup()
        context = tls = None
        if shown is not None and folder is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            shown.load_into(context, folder)
            pinned = client_context(partial(_is, pin_of(shown.certificate)))
            tls = lambda: pinned  # noqa: E731
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        scheme = "http" if context is None else "https"
        self.address = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}/"
        self.http = HttpLink("440100", lambda: [self.address], timeout=TIMEOUT, tls=tls)
        self.link = self.http

    async def dies(self) -> None:
        await self._runner.cleanup()

    async def ends(self) -> None:
        await self.http.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.read())
        if self.hangs:
            await asyncio.sleep(TIMEOUT * 2)
        if self.breaks_off:
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"half of it")
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.Response(status=self.answer.status, body=self.answer.body, headers=self.headers)

    async def _elsewhere(self, _request: web.Request) -> web.Response:
        self.went_elsewhere = True
        return web.Response()


def _is(pin: str, certificate: bytes | None) -> None:
    if pin_of(certificate or b"") != pin:
        raise ssl.SSLCertVerificationError("another")


@pytest.fixture
async def http_partner() -> AsyncIterator[HttpPartner]:
    partner = HttpPartner()
    await partner.starts()
    yield partner
    await partner.ends()


@pytest.fixture
async def tls_partner(tmp_path: Path) -> AsyncIterator[HttpPartner]:
    partner = HttpPartner()
    await partner.starts(Shown.new(), tmp_path)
    yield partner
    await partner.ends()


@pytest.fixture(params=["http", "https", "simulated"])
def partner(
    request: pytest.FixtureRequest, http_partner: HttpPartner, tls_partner: HttpPartner
) -> Partner:
    known = {"http": http_partner, "https": tls_partner}
    return known.get(request.param) or SimulatedPartner()


async def test_a_good_answer_comes_whole(partner: Partner) -> None:
    partner.answer = Answer(200, b"\x00receipts" * 100_000)
    answer = await partner.link.post(PATH, "批次".encode())
    assert (answer.status, answer.body) == (200, partner.answer.body)
    assert answer.retry_after is None
    assert partner.asked == ["批次".encode()]


@pytest.mark.parametrize("status", [302, 400, 413, 500, 503])
async def test_any_status_is_an_answer(partner: Partner, status: int) -> None:
    partner.answer = Answer(status, b"why")
    answer = await partner.link.post(PATH, b"batch")
    assert (answer.status, answer.body) == (status, b"why")


async def test_a_partner_that_is_not_there_is_unreachable(partner: Partner) -> None:
    await partner.dies()
    with pytest.raises(PartnerUnreachable) as caught:
        await partner.link.post(PATH, b"batch")
    assert caught.value.code == "link.unreachable"
    assert caught.value.where["partner"] == "440100"
    assert not caught.value.timed_out


async def test_a_partner_that_does_not_answer_in_time_is_unreachable(partner: Partner) -> None:
    partner.hangs = True
    with pytest.raises(PartnerUnreachable) as caught:
        await partner.link.post(PATH, b"batch")
    assert caught.value.timed_out
    assert partner.asked == [b"batch"], "whether it was acted upon, nobody knows"


async def test_an_answer_without_end_is_cut_off_at_the_limit(partner: Partner) -> None:
    partner.answer = Answer(200, bytes(BATCH_BYTES + 1))
    with pytest.raises(PartnerUnreachable) as caught:
        await partner.link.post(PATH, b"batch")
    assert caught.value.code == "link.answer"


async def test_an_answer_that_breaks_off_is_no_answer(http_partner: HttpPartner) -> None:
    http_partner.breaks_off = True
    with pytest.raises(PartnerUnreachable):
        await http_partner.link.post(PATH, b"batch")


async def test_a_partner_that_moves_is_found_at_its_new_address(
    http_partner: HttpPartner,
) -> None:
    moved = HttpPartner()
    await moved.starts()
    address = http_partner.address
    link = HttpLink("440100", lambda: [address], timeout=TIMEOUT)
    try:
        await link.post(PATH, b"before")
        address = moved.address
        await link.post(PATH, b"after")
    finally:
        await link.close()
        await moved.ends()
    assert (http_partner.asked, moved.asked) == ([b"before"], [b"after"])


async def test_a_partner_whose_address_nobody_knows_is_unreachable() -> None:
    def addresses() -> list[str]:
        raise TrustUnavailable("the list of members cannot be read")

    link = HttpLink("440100", addresses, timeout=TIMEOUT)
    with pytest.raises(PartnerUnreachable) as caught:
        await link.post(PATH, b"batch")
    assert caught.value.code == "link.unreachable"
    assert "trust.unavailable" in caught.value.detail
    assert caught.value.where["partner"] == "440100"
    await link.close()


async def test_a_redirect_is_not_followed(http_partner: HttpPartner) -> None:
    http_partner.answer = Answer(307, b"")
    http_partner.headers = {"Location": "/elsewhere"}
    answer = await http_partner.link.post(PATH, b"batch")
    assert answer.status == 307
    assert not http_partner.went_elsewhere


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("1.5", None), ("９", None), ("", None)],
)
async def test_retry_after_in_seconds(
    http_partner: HttpPartner, value: str, seconds: float | None
) -> None:
    http_partner.headers = {"Retry-After": value}
    answer = await http_partner.link.post(PATH, b"batch")
    assert answer.retry_after == seconds


async def test_retry_after_as_a_date(http_partner: HttpPartner) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    http_partner.headers = {"Retry-After": format_datetime(soon, usegmt=True)}
    answer = await http_partner.link.post(PATH, b"batch")
    assert answer.retry_after == pytest.approx(90, abs=3)
    http_partner.headers = {"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}
    answer = await http_partner.link.post(PATH, b"batch")
    assert answer.retry_after == 0.0
