"""A city behind a reverse proxy that ends TLS, or TLCP: a client is who the proxy says, and the
proxy alone may say it."""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from gateway import bootstrap, config
from gateway.config import FILE_NAME
from tests.processes.city import City, cities
from tests.processes.nginx import PROXY, reverse_proxy
from tests.processes.office import all_settled, offices
from tests.processes.pinned import base64_of, replace_entry
from tests.processes.ports import free_port
from tests.processes.tls_client import Shown, anybody, call

HEADER = "Tongban-Client-Certificate"
CASES = 5


@dataclass
class Behind:
    """`city` is behind a proxy at `url`; `partner` speaks mutual TLS itself."""

    city: City
    partner: City
    url: str


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("proxy")
    with cities(folder, {"410100": "sm", "440100": "intl"}, tls=True) as (city, partner):
        port, out = free_port(), free_port()
        settings = city.folder / FILE_NAME
        table = f'mode = "proxy"\nproxy_out = "http://127.0.0.1:{out}"\nproxy_from = ["{PROXY}"]\n'
        text = settings.read_text()
        assert 'mode = "mutual"\n' in text
        settings.write_text(text.replace('mode = "mutual"\n', table))
        for each in (city, partner):
            moved = city.member.model_copy(update={"address": f"https://127.0.0.1:{port}"})
            replace_entry(each, moved)
        (pair,) = bootstrap.certificates(config.load(partner.folder)).pairs()
        trusted = partner.folder / "keys" / "tls" / f"{pair.name}.crt"
        readable = folder / "partner.crt"
        readable.write_bytes(trusted.read_bytes())
        partners = {"440100": (partner.url, readable, pair.name)}
        shown = Shown.of(city.folder)
        for each in (city, partner):
            each.start()
        for each in (city, partner):
            each.ready()
        with reverse_proxy(
            folder / "nginx", city, shown, ports=(port, out), partners=partners
        ) as url:
            yield Behind(city, partner, url)


async def test_cases_go_both_ways_through_the_proxy(behind: Behind) -> None:
    both = (behind.city, behind.partner)
    async with offices(both) as (zhengzhou, guangzhou):
        for number in range(CASES):
            await zhengzhou.file(f"Z-{number}", "440100")
            await guangzhou.file(f"G-{number}", "410100")
        await asyncio.gather(
            guangzhou.answer_all("410100", CASES), zhengzhou.answer_all("440100", CASES)
        )
        await all_settled(*both)
    for city in both:
        assert city.metric("tongban_receipts_total", outcome="taken") == CASES * 5


def asked(url: str, shown: Shown | None, folder: Path, **headers: str) -> tuple[int, str | None]:
    context = shown.context(folder) if shown else anybody()
    answer = call(url, context, method="GET", path="/health/ready", headers=headers)
    return answer.status, None if answer.status == 200 else answer.code


def test_the_certificate_that_the_proxy_saw_is_judged_by_its_pin(
    behind: Behind, tmp_path: Path
) -> None:
    partner = Shown.of(behind.partner.folder)
    assert asked(behind.url, partner, tmp_path) == (200, None)
    unknown = asked(behind.url, Shown.new(), tmp_path)
    assert unknown == (403, "request.certificate_unknown")
    assert asked(behind.url, None, tmp_path) == (403, "request.no_certificate")


def test_a_client_cannot_name_itself_through_the_proxy(behind: Behind, tmp_path: Path) -> None:
    partner = Shown.of(behind.partner.folder)
    for value in spellings(partner):
        assert asked(behind.url, None, tmp_path, **{HEADER: value})[1] == "request.no_certificate"
        spoofed = asked(behind.url, Shown.new(), tmp_path, **{HEADER: value})
        assert spoofed == (403, "request.certificate_unknown")


def test_nobody_but_the_proxy_is_heard_at_all(behind: Behind) -> None:
    """Another program of this machine, at the very port that the proxy calls."""
    direct = f"http://127.0.0.1:{behind.city.port}"
    before = behind.city.metric("tongban_rejected_total", code="request.header_foreign")
    partner = Shown.of(behind.partner.folder)
    for headers in ({}, *({HEADER: value} for value in spellings(partner))):
        answer = call(direct, None, b"{}", headers=headers)
        assert (answer.status, answer.code) == (403, "request.header_foreign")
        assert PROXY not in answer.detail
    after = behind.city.metric("tongban_rejected_total", code="request.header_foreign")
    assert after == before + 3


def test_operators_ask_beside_it(behind: Behind) -> None:
    status, said = behind.city.health()
    assert (status, said["ready"]) == (200, True)
    assert orjson.loads(orjson.dumps(said))["member"] == "410100"


def spellings(shown: Shown) -> list[str]:
    """As nginx writes a certificate, and as RFC 9440 does."""
    certificate = load_der_x509_certificate(shown.certificate)
    assert base64.b64encode(shown.certificate).decode() in base64_of(shown)
    return [quote(certificate.public_bytes(Encoding.PEM).decode()), base64_of(shown)]
