"""Certificates change while cases flow, and nobody is kept waiting or turned away."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import bootstrap
from gateway.member_folder import with_new_certificate
from keys.tls.public_key import pin_of
from keys.trust.member import Member
from tests.processes.city import City, cities
from tests.processes.ledger import ask
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until_then
from tests.processes.pinned import replace_entry
from tests.processes.tls_client import Shown, anybody, call

SOON = timedelta(seconds=5)


def shown_at(city: City) -> str:
    """The pin of the certificate that its gateway shows to a new connection."""
    return pin_of(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", city.port))))


def publish(everybody: Sequence[City], entry: Member) -> None:
    for city in everybody:
        replace_entry(city, entry)


@asynccontextmanager
async def filing(office: Office, to: str) -> AsyncIterator[None]:
    """Cases are filed all the time, one after another."""

    async def work() -> None:
        for number in itertools.count():
            await office.file(f"{office.city.code}-{number}", to)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def taken(city: City) -> int:
    return int(city.metric("tongban_receipts_total", outcome="taken"))


async def flows(*both: City) -> None:
    for city in both:
        before = taken(city)
        await until_then(lambda c=city, b=before: taken(c) > b + 5, "cases flow")  # type: ignore[misc]


async def test_certificates_of_both_cities_change_under_traffic(tmp_path: Path) -> None:
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}, tls=True) as both:
        for city in both:
            city.start()
        for city in both:
            city.ready()
        async with offices(both) as (zhengzhou, guangzhou):
            async with filing(zhengzhou, "440100"), filing(guangzhou, "410100"):
                await flows(*both)
                old = [city.member for city in both]
                old_shown = Shown.of(both[0].folder)
                begins = datetime.now(UTC) + SOON
                new = [_renewed(city, begins) for city in both]
                for entry in new:
                    publish(both, entry)
                for city, was, entry in zip(both, old, new, strict=True):
                    assert shown_at(city) in {was.tls_pins[0].sha256, entry.tls_pins[1].sha256}
                    wanted = entry.tls_pins[1].sha256
                    await until_then(lambda c=city, w=wanted: shown_at(c) == w, "the new one")  # type: ignore[misc]
                    assert datetime.now(UTC) >= begins
                await flows(*both)
                for entry in new:
                    publish(both, _first_closed(entry))
                await until_then(
                    lambda: _status(both[1], old_shown, tmp_path) == 403, "the old one is refused"
                )
                await flows(*both)
            await all_settled(*both)
        for city in both:
            states = ask(
                city.store, "SELECT state, count(*) FROM message WHERE direction = 'out' GROUP BY 1"
            )
            assert states == [("taken", taken(city))], "none was lost or refused"
            assert city.metric("tongban_rejected_total") == 0
            assert city.metric("tongban_tls_handshakes_refused_total") == 0
            assert city.stop() == 0


def _renewed(city: City, begins: datetime) -> Member:
    return with_new_certificate(city.member, bootstrap.certificates(city.home), begins)


def _first_closed(entry: Member) -> Member:
    first, *others = entry.tls_pins
    closed = first.model_copy(update={"closed_at": datetime.now(UTC), "closed_reason": "renewed"})
    return entry.model_copy(update={"tls_pins": (closed, *others)})


def _status(city: City, shown: Shown, folder: Path) -> int:
    return call(city.url, shown.context(folder), method="GET", path="/health/ready").status


async def test_a_certificate_that_is_put_in_later_is_shown_once_it_is_there(
    tmp_path: Path,
) -> None:
    """Published first, brought to the machine afterwards: no restart, either way."""
    with cities(tmp_path, {"410100": "sm"}, tls=True) as (city,):
        city.start().ready()
        before = shown_at(city)
        entry = _renewed(city, datetime.now(UTC))
        (wanted,) = {pin.sha256 for pin in entry.tls_pins} - {before}
        folder = city.folder / "keys" / "tls"
        (certificate,) = {path for path in folder.glob("*.crt") if _pin(path) == wanted}
        away = tmp_path / certificate.name
        certificate.rename(away)
        publish([city], entry)
        await until_then(
            lambda: city.log().count("list of members read") > 1 and shown_at(city), "it was read"
        )
        assert shown_at(city) == before
        away.rename(certificate)
        await until_then(lambda: shown_at(city) == wanted, "the new one")
        assert call(city.url, anybody(), method="GET", path="/health/ready").status == 403


def _pin(certificate: Path) -> str:
    return pin_of(ssl.PEM_cert_to_DER_cert(certificate.read_text()))
