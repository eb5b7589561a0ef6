"""A gateway with mutual TLS, and members whose certificates a test holds."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keys.tls.certificate import new_pin
from keys.trust.member import Member, TlsPin
from keys.trust.members_file import read_members, write_members
from tests.processes.city import City, cities
from tests.processes.forger import Forger
from tests.processes.tls_client import Shown
from tests.processes.under_attack import FORGER, HERE, THIRD, UnderAttack

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def pinned(shown: Shown, **days: datetime | str | None) -> TlsPin:
    """A pin of what is shown, good since long ago unless `days` say otherwise."""
    return new_pin(shown.certificate, LONG_AGO).model_copy(update=days)


def with_pins(entry: Member, *pins: TlsPin) -> Member:
    return entry.model_copy(update={"tls_pins": pins})


def replace_entry(city: City, entry: Member) -> None:
    """From now on the city's list has this entry."""
    path = city.folder / "members.json"
    members = [entry if each.code == entry.code else each for each in read_members(path).members]
    write_members(path, members)


class Pinned(UnderAttack):
    """`shown` by the name of what is the matter with it; the forger pins all but `third`,
    `unknown` and `web`'s; of `web` it pins the certificate that an authority issued."""

    def __init__(self, city: City, forger: Forger, third: Forger, shown: dict[str, Shown]) -> None:
        super().__init__(city, forger, third)
        self.shown = shown


@contextmanager
def pinned_gateway(folder: Path, *, web: Shown) -> Iterator[Pinned]:
    """It runs. Operators of it look where partners cannot."""
    now, day = datetime.now(UTC), timedelta(days=1)
    names = ("good", "next", "closed", "over", "future", "bare", "third", "unknown")
    shown = {**{name: Shown.new(name) for name in names}, "web": web}
    forger, third = Forger(FORGER), Forger(THIRD)
    bare = replace(shown["bare"])
    entry = with_pins(
        forger.entry,
        pinned(shown["good"]),
        pinned(shown["next"], valid_from=now + timedelta(minutes=4)),
        pinned(shown["closed"], closed_at=now - day, closed_reason="compromised"),
        pinned(shown["over"], valid_to=now - day),
        pinned(shown["future"], valid_from=now + day),
        pinned(bare, certificate=None),
        pinned(web),
    )
    stranger = with_pins(third.entry, pinned(shown["third"]))
    with cities(folder, {HERE: "sm"}, entry, stranger, tls=True) as (city,):
        city.start().ready()
        yield Pinned(city, forger, third, shown)


def base64_of(shown: Shown) -> str:
    """As RFC 9440 writes it into a header."""
    return f":{base64.b64encode(shown.certificate).decode()}:"
