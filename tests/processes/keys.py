"""What tests of keys do at a city: commands, and looks at which key is in use."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import orjson

from gateway.cli import screen
from gateway.cli.app import app
from gateway.membership import read_entry
from keys import base64url
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.trust.member import Member
from tests.processes.city import City
from tests.processes.ledger import ask


def command(*arguments: str | Path, home: Path) -> str:
    """A command of tongban in this process, and what it said: an interpreter takes a second."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        for console in (screen.out, screen.err):
            console.cache_clear()
        app([*map(str, arguments), "--home", str(home)], standalone_mode=False)
    for console in (screen.out, screen.err):
        console.cache_clear()
    return said.getvalue()


def entry(city: City) -> Member:
    """The city's own file, as it is now."""
    return read_entry(city.folder / "member.json")


def tell(city: City, *others: City) -> None:
    """The others take the city's own file into their lists."""
    for other in others:
        command("members", "add", city.folder / "member.json", "--yes", home=other.folder)


def kids_of_seals(city: City, issuer: str, of: str) -> Sequence[str]:
    """The kid of each seal of `issuer` that the city keeps, oldest first. `of`: batch, receipts."""
    query = "SELECT token FROM seal WHERE issuer = ? AND of = ? ORDER BY at"
    return [
        orjson.loads(base64url.decode(token.partition(".")[0]))["kid"]
        for (token,) in ask(city.books, query, issuer, of)
    ]


def kids_sealed_to(city: City, sender: str) -> Sequence[str]:
    """The sealing key of every message of `sender` that the city keeps, oldest first."""
    query = "SELECT envelope FROM message WHERE sender = ? ORDER BY recorded_at"
    return [
        orjson.loads(envelope)["sealing"]["key"] for (envelope,) in ask(city.books, query, sender)
    ]


def key_store(city: City) -> FileKeyStore:
    """The city's private keys, for whoever stole them."""
    phrase = passphrase(city.folder / "keys" / "passphrase", None)
    return FileKeyStore(city.folder / "keys", phrase)
