"""Who calls a gateway over TLS, and with what: only a member, in its own name, today."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from contracts import limits
from gateway.exchange.courier import BATCHES_PATH
from tests.processes.answer import Answer
from tests.processes.authority import Authority
from tests.processes.patience import LONG, until
from tests.processes.pinned import (
    Pinned,
    base64_of,
    pinned,
    pinned_gateway,
    replace_entry,
    with_pins,
)
from tests.processes.tls_client import Shown, anybody, call

HEADER = "Tongban-Client-Certificate"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pinned]:
    web = Authority().issue("gateway.gz.example")
    with pinned_gateway(tmp_path_factory.mktemp("pinned"), web=web) as made:
        yield made


def sent(here: Pinned, name: str, folder: Path, **headers: str) -> Answer:
    """An honest batch of the forger's, over a connection that shows this certificate."""
    batch = orjson.dumps(here.forger.batch(here.city.member, [here.submit()]))
    context = here.shown[name].context(folder)
    return call(here.city.url, context, batch, headers=headers)


def refused_handshakes(here: Pinned, reason: str) -> float:
    return here.city.metric("tongban_tls_handshakes_refused_total", reason=reason)


@pytest.mark.parametrize("name", ["good", "web", "next"])
def test_a_member_is_let_in_by_any_of_its_pins(here: Pinned, tmp_path: Path, name: str) -> None:
    """Also with a certificate that an authority issued for servers alone, and with one whose
    day comes within the minutes that clocks may differ."""
    assert sent(here, name, tmp_path).outcomes == ["taken"]


@pytest.mark.parametrize("name", ["closed", "over", "future"])
def test_a_pin_that_is_not_valid_today_is_refused_and_says_so(
    here: Pinned, tmp_path: Path, name: str
) -> None:
    answer = sent(here, name, tmp_path)
    assert (answer.status, answer.code) == (403, "request.certificate_closed")
    assert here.forger.code in answer.detail


def test_without_a_certificate_no_batch_is_read(here: Pinned) -> None:
    before = here.city.metric("tongban_rejected_total", code="request.no_certificate")
    letter = here.submit()
    batch = orjson.dumps(here.forger.batch(here.city.member, [letter]))
    answer = call(here.city.url, anybody(), batch)
    assert (answer.status, answer.code) == (403, "request.no_certificate")
    assert here.kept(letter) == 0
    after = here.city.metric("tongban_rejected_total", code="request.no_certificate")
    assert after == before + 1


@pytest.mark.parametrize("name", ["unknown", "bare"])
def test_a_certificate_that_the_list_does_not_carry_ends_the_handshake(
    here: Pinned, tmp_path: Path, name: str
) -> None:
    before = refused_handshakes(here, "certificate")
    with pytest.raises((ssl.SSLError, ConnectionError)):  # whichever is first
        sent(here, name, tmp_path)
    assert until(lambda: refused_handshakes(here, "certificate") == before + 1, "it is counted")


def test_a_certificate_with_the_name_of_a_pinned_one_is_another(
    here: Pinned, tmp_path: Path
) -> None:
    before = refused_handshakes(here, "certificate")
    context = Shown.new("good").context(tmp_path)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        call(here.city.url, context, b"{}")
    assert until(lambda: refused_handshakes(here, "certificate") == before + 1, "it is counted")


def test_tls_1_2_is_refused(here: Pinned) -> None:
    before = refused_handshakes(here, "version")
    old = anybody(maximum_version=ssl.TLSVersion.TLSv1_2)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol version"):
        call(here.city.url, old, b"{}")
    assert until(lambda: refused_handshakes(here, "version") == before + 1, "it is counted")


def test_plain_http_is_not_spoken(here: Pinned) -> None:
    before = refused_handshakes(here, "plain_http")
    with pytest.raises((OSError, http.client.HTTPException)):
        call(here.city.url, None, b"{}")
    assert until(lambda: refused_handshakes(here, "plain_http") == before + 1, "it is counted")


def test_a_member_cannot_send_what_another_sealed(here: Pinned, tmp_path: Path) -> None:
    """As a gateway that was broken into might do with what it overheard."""
    letter = here.submit()
    batch = orjson.dumps(here.forger.batch(here.city.member, [letter]))
    answer = call(here.city.url, here.shown["third"].context(tmp_path), batch)
    assert (answer.status, answer.code) == (403, "request.other_member")
    assert here.kept(letter) == 0
    honest = call(here.city.url, here.shown["good"].context(tmp_path), batch)
    assert honest.outcomes == ["taken"], "the batch itself was good"


def test_a_header_that_names_a_client_is_refused_without_a_proxy(
    here: Pinned, tmp_path: Path
) -> None:
    before = here.city.metric("tongban_rejected_total", code="request.header_foreign")
    for name in ("good", "third"):
        spoofed = base64_of(here.shown["good"])
        answer = sent(here, name, tmp_path, **{HEADER: spoofed})
        assert (answer.status, answer.code) == (403, "request.header_foreign")
    after = here.city.metric("tongban_rejected_total", code="request.header_foreign")
    assert after == before + 2


def test_partners_see_whether_it_is_ready_and_nobody_else_sees_anything(
    here: Pinned, tmp_path: Path
) -> None:
    member = here.shown["third"].context(tmp_path)
    ready = call(here.city.url, member, method="GET", path="/health/ready")
    assert (ready.status, orjson.loads(ready.body)["ready"]) == (200, True)
    stranger = call(here.city.url, anybody(), method="GET", path="/health/ready")
    assert (stranger.status, stranger.code) == (403, "request.no_certificate")
    for path in ("/metrics", "/health/live"):
        assert call(here.city.url, member, method="GET", path=path).status == 404
        assert call(here.city.operators_url, None, method="GET", path=path).status == 200


def test_a_pin_that_is_closed_ends_what_is_open(here: Pinned, tmp_path: Path) -> None:
    """From that moment, on a connection that was let in long before."""
    context = here.shown["third"].context(tmp_path)
    connection = http.client.HTTPSConnection("127.0.0.1", here.city.port, context=context)

    def asked() -> int:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert asked() == 200
    closed = pinned(here.shown["third"], closed_at=datetime.now(UTC))
    replace_entry(here.city, with_pins(here.third.entry, closed))
    until(lambda: asked() == 403, "it is refused")
    replace_entry(here.city, with_pins(here.third.entry, pinned(here.shown["third"])))
    until(lambda: asked() == 200, "and let in again")
    connection.close()


def test_a_flood_of_handshakes_keeps_no_partner_out(here: Pinned, tmp_path: Path) -> None:
    """Twice as many as are under way at once connect and say nothing: the oldest give way."""
    before = refused_handshakes(here, "busy")
    many = 2 * limits.HANDSHAKES_AT_ONCE
    flood = [socket.create_connection(("127.0.0.1", here.city.port)) for _ in range(many)]
    try:
        assert sent(here, "good", tmp_path).outcomes == ["taken"]
        given_way = many - limits.HANDSHAKES_AT_ONCE
        until(lambda: refused_handshakes(here, "busy") - before >= given_way, "they gave way")
    finally:
        for each in flood:
            each.close()


def test_a_handshake_that_dribbles_has_its_time(here: Pinned) -> None:
    before = refused_handshakes(here, "timeout")
    with socket.create_connection(("127.0.0.1", here.city.port), timeout=LONG) as slow:
        slow.sendall(b"\x16\x03\x01")
        assert slow.recv(1) == b"", "shown out"
    assert until(lambda: refused_handshakes(here, "timeout") > before, "it is counted")


def test_it_still_takes_what_is_good(here: Pinned, tmp_path: Path) -> None:
    assert sent(here, "good", tmp_path).outcomes == ["taken"]
    assert here.city.process is not None
    assert here.city.process.poll() is None
    assert BATCHES_PATH not in here.city.log(), "nothing unforeseen"
