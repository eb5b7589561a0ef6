"""Whom a gateway meets when it calls a partner: the partner, or nobody that hears a word."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from contracts.errors import PartnerUnreachable, TrustUnavailable
from gateway.clock import SystemClock
from gateway.links.http import HttpLink
from gateway.links.mirror import HttpMirror
from gateway.links.mirror_tls import MirrorTls
from gateway.tls.contexts import client_context
from gateway.tls.live import check_partner
from keys.trust.member import Member, MemberList, TlsPin
from keys.trust.roll import Roll
from tests.processes.authority import Authority
from tests.processes.pinned import pinned, with_pins
from tests.processes.tls_client import Shown, call

PARTNER, OTHER = "440100", "510100"
PATH = "/exchange/v1/batches"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Whoever answers at a port, and what it heard."""

    port: int = 0
    heard: bytes = b""
    handshakes: int = 0
    silent: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handshakes += 1
        while data := await reader.read(65536):
            self.heard += data
            if self.silent:
                break
            writer.write(ANSWER)
        writer.close()


@asynccontextmanager
async def server(folder: Path, shown: Shown, **limits: ssl.TLSVersion) -> AsyncIterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_into(context, folder)
    for name, version in limits.items():
        setattr(context, name, version)
    made = Server()
    running = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=context)
    made.port = running.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        running.close()


def member(code: str, *pins: TlsPin, address: str = "https://127.0.0.1:9") -> Member:
    return with_pins(Member(code=code, name=code, suite="intl", address=address), *pins)


def trust(*members: Member) -> Roll:
    return Roll(MemberList(members=members))


@asynccontextmanager
async def link_to(known: Roll, *addresses: str) -> AsyncIterator[HttpLink]:
    check = partial(check_partner, known, PARTNER, SystemClock())
    context = client_context(check)
    made = HttpLink(PARTNER, lambda: list(addresses), timeout=5.0, tls=lambda: context)
    try:
        yield made
    finally:
        await made.close()


async def test_a_partner_is_met_by_its_pin_and_the_connection_is_kept(tmp_path: Path) -> None:
    """The pin is enough: the list need not carry the certificate."""
    shown = Shown.new()
    known = trust(member(PARTNER, pinned(shown, certificate=None)))
    async with server(tmp_path, shown) as there, link_to(known, there.url) as link:
        for _ in range(3):
            assert (await link.post(PATH, b"{}")).body == b"ok"
        assert there.handshakes == 1


def now() -> datetime:
    return datetime.now(UTC)


_MINUTE = timedelta(minutes=1)
_SPOILT: dict[str, Callable[[], dict[str, datetime]]] = {
    "closed": lambda: {"closed_at": now() - _MINUTE},
    "over": lambda: {"valid_to": now() - _MINUTE},
    "to-come": lambda: {"valid_from": now() + 10 * _MINUTE},
}


@pytest.mark.parametrize("what", _SPOILT)
async def test_a_pin_that_is_not_valid_is_no_pin(tmp_path: Path, what: str) -> None:
    shown = Shown.new()
    known = trust(member(PARTNER, pinned(shown, **_SPOILT[what]())))
    async with server(tmp_path, shown) as there, link_to(known, there.url) as link:
        await refused(link, there)


async def test_a_man_in_the_middle_with_the_certificate_of_another_member_hears_nothing(
    tmp_path: Path,
) -> None:
    own, others = Shown.new(), Shown.new()
    known = trust(member(PARTNER, pinned(own)), member(OTHER, pinned(others)))
    async with server(tmp_path, others) as middle, link_to(known, middle.url) as link:
        await refused(link, middle)


async def test_a_man_in_the_middle_with_the_certificate_of_an_authority_hears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that this whole system trusts, issued for the very host."""
    authority = Authority()
    pem = tmp_path / "authority.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(authority.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    known = trust(member(PARTNER, pinned(Shown.new())))
    async with server(tmp_path, authority.issue("localhost")) as middle:
        web = ssl.create_default_context()
        address = f"https://localhost:{middle.port}"
        there = await asyncio.to_thread(call, address, web, b"{}")
        assert there.status == 200, "a browser would be content"
        middle.heard = b""
        async with link_to(known, address) as link:
            await refused(link, middle)


async def test_a_certificate_that_an_authority_issued_may_be_pinned(tmp_path: Path) -> None:
    shown = Authority().issue("gateway.gz.example")
    known = trust(member(PARTNER, pinned(shown)))
    async with server(tmp_path, shown) as there, link_to(known, there.url) as link:
        assert (await link.post(PATH, b"{}")).status == 200


async def test_a_partner_that_speaks_tls_1_2_is_not_spoken_to(tmp_path: Path) -> None:
    shown = Shown.new()
    known = trust(member(PARTNER, pinned(shown)))
    old = ssl.TLSVersion.TLSv1_2
    async with (
        server(tmp_path, shown, maximum_version=old) as there,
        link_to(known, there.url) as link,
    ):
        await refused(link, there, code="link.unreachable")


async def refused(link: HttpLink, there: Server, code: str = "link.certificate") -> None:
    with pytest.raises(PartnerUnreachable) as caught:
        await link.post(PATH, b'{"seal": "secret"}')
    assert caught.value.code == code
    assert there.heard == b"", "not a byte of the request was sent"


# --- further addresses --------------------------------------------------------------------------


async def test_a_further_address_is_used_when_the_first_cannot_be_reached(tmp_path: Path) -> None:
    shown = Shown.new()
    known = trust(member(PARTNER, pinned(shown)))
    async with (
        server(tmp_path, Shown.new()) as impostor,
        server(tmp_path, shown) as there,
        link_to(known, "https://127.0.0.1:9", impostor.url, there.url) as link,
    ):
        for _ in range(3):
            assert (await link.post(PATH, b"{}")).status == 200
        assert there.handshakes == 1, "it stays with the one that worked"
        assert impostor.heard == b""


async def test_when_none_can_be_reached_the_first_says_why(tmp_path: Path) -> None:
    known = trust(member(PARTNER, pinned(Shown.new())))
    async with (
        server(tmp_path, Shown.new()) as impostor,
        link_to(known, impostor.url, "https://127.0.0.1:9") as link,
    ):
        with pytest.raises(PartnerUnreachable) as caught:
            await link.post(PATH, b"{}")
        assert caught.value.code == "link.certificate"


async def test_an_address_that_gives_no_whole_answer_is_left_the_next_time(
    tmp_path: Path,
) -> None:
    """Not at once: it may have acted on what it was sent."""
    shown = Shown.new()
    known = trust(member(PARTNER, pinned(shown)))
    async with (
        server(tmp_path, shown) as sick,
        server(tmp_path, shown) as there,
        link_to(known, sick.url, there.url) as link,
    ):
        sick.silent = True
        with pytest.raises(PartnerUnreachable):
            await link.post(PATH, b"{}")
        assert there.heard == b""
        assert (await link.post(PATH, b"{}")).status == 200


# --- mirrors ------------------------------------------------------------------------------------


class NoList:
    """A trust list that cannot be had yet."""

    def members(self) -> list[Member]:
        raise TrustUnavailable("there is no copy")


async def read(address: str, tls: MirrorTls) -> bytes | None:
    mirror = HttpMirror(f"{address}/trust", timeout=5.0, tls=tls)
    try:
        return await mirror.read("metadata/timestamp.json", 100)
    finally:
        await mirror.close()


async def test_the_mirror_of_a_member_shows_a_certificate_of_that_member(tmp_path: Path) -> None:
    shown = Shown.new()
    async with server(tmp_path, shown) as there:
        own = trust(member(PARTNER, pinned(shown), address=there.url))
        assert await read(there.url, MirrorTls(own, SystemClock())) == b"ok"
        other = trust(member(PARTNER, pinned(Shown.new()), address=there.url))
        with pytest.raises(TrustUnavailable) as caught:
            await read(there.url, MirrorTls(other, SystemClock()))
        assert caught.value.code == "trust.mirror_unreachable"


async def test_a_mirror_of_nobody_is_vouched_for_by_authorities(tmp_path: Path) -> None:
    known = trust(member(PARTNER, pinned(Shown.new())))
    async with server(tmp_path, Shown.new()) as there:
        with pytest.raises(TrustUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await read(there.url, MirrorTls(known, SystemClock()))


async def test_whoever_has_no_list_yet_takes_the_files_from_anybody(tmp_path: Path) -> None:
    """They are signed; whose certificate this is cannot be known before they are there."""
    async with server(tmp_path, Shown.new()) as there:
        assert await read(there.url, MirrorTls(None, SystemClock())) == b"ok"
        assert await read(there.url, MirrorTls(NoList(), SystemClock())) == b"ok"  # type: ignore[arg-type]
