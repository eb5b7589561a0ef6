"""What `tongban init` makes: the folder of a new member, ready to run.

::

    tongban.toml      settings, commented
    member.json       this member's entry, public: hand it to the other members
    members.json      the list of members; at first this one alone
    keys/             private keys, encrypted; passphrase in keys/passphrase unless elsewhere
    keys/tls/         certificate and key that partners are shown, unless plain HTTP was chosen
    city/             drop folders, where the connector is "folder"
"""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from adapters.profiles.load import builtin_profile, is_builtin, load_profile
from contracts.codes.region import region
from contracts.errors import SettingsInvalid
from gateway.config import FILE_NAME
from gateway.loopback import is_loopback
from gateway.settings import GatewayTable
from keys.atomic_file import write_atomically
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.tls.folder import CertificateFolder
from keys.trust.member import Member, MemberKey
from keys.trust.members_file import write_members

_TEMPLATE = """\
# Settings of the gateway of {name} ({code}). Every setting may be overridden by the
# environment: TONGBAN_<TABLE>__<SETTING>, as in TONGBAN_GATEWAY__LISTEN=0.0.0.0:8443.

[member]
code = "{code}"

[gateway]
listen = "{listen}"           # where partners' gateways reach this one

[store]
path = "store.sqlite"         # or: engine = "postgres", url = "postgresql://…"

[keys]
folder = "keys"
passphrase_file = "keys/passphrase"
# Which of these keys is used, the list of members says: tongban keys list

[tls]
mode = "{tls}"{tls_note}

[trust]
members = "members.json"

[city]
connector = "{connector}"     # "folder": drop folders below; "none": nothing is handed over
folder = "city"
{profile}

[exchange]
life_hours = 72               # how long a message may wait for its receipt

[log]
level = "info"
style = "json"                # or "console"
"""


_PLACE = re.compile(r'[^\s"\\/]+')  # stands in a URL and between quotes in TOML


@dataclass(frozen=True, slots=True)
class NewMember:
    """What the operator chose. `profile` None: no connector to the city's system."""

    code: str
    suite: str
    listen: str = "127.0.0.1:8410"
    address: str | None = None  # what partners are told; from `listen` when None
    profile: str | None = None
    name: str | None = None
    plain_http: bool = False  # on one machine alone: no TLS, no certificate


def make_member_folder(folder: Path, new: NewMember) -> Member:
    """Make the folder and everything in it; returns the member's public entry.

    Raises SettingsInvalid, before anything is made, when there is a member already, or when
    the gateway could not run with what was chosen.
    """
    if (folder / FILE_NAME).exists():
        raise SettingsInvalid(["there is a member here already"], source=str(folder))
    if mistakes := [*_mistakes(folder, new)]:
        raise SettingsInvalid(mistakes, source=str(folder))
    name = new.name or region(new.code).name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    phrase = secrets.token_urlsafe(32).encode()
    write_atomically(keys / "passphrase", phrase + b"\n", mode=0o600)
    store = FileKeyStore(keys, phrase)
    member = _make_keys(new, name, store)
    if not new.plain_http:
        certificates = CertificateFolder(keys / "tls", phrase)
        member = with_new_certificate(member, certificates, member.signing_keys[0].valid_from)
    text = _TEMPLATE.format(
        name=name,
        code=new.code,
        listen=new.listen,
        tls="plain" if new.plain_http else "mutual",
        tls_note="                # loopback only" if new.plain_http else "",
        connector="folder" if new.profile else "none",
        profile=f'profile = "{new.profile}"' if new.profile else '# profile = "410100"',
    )
    write_members(folder / "members.json", [member])
    write_atomically(folder / "member.json", _entry(member), mode=0o644)
    write_atomically(folder / FILE_NAME, text.encode(), mode=0o644)
    return member


def _mistakes(folder: Path, new: NewMember) -> Iterator[str]:
    """What a gateway would not run with."""
    if new.suite not in SUITES:
        yield f"suite: one of {', '.join(SUITES)}"
    if not _can_be_listened_on(new.listen):
        yield f"listen: {new.listen!r} is no host:port"
    elif new.plain_http and not is_loopback(GatewayTable(listen=new.listen).host):
        yield f"listen: plain HTTP is for loopback alone, and {new.listen} is not"
    elif not _can_be_told(new):
        yield f"address: {new.address!r} is no {_scheme(new)} address of a gateway"
    if new.profile is not None:
        try:
            load_profile(profile_folder(folder, new.profile))
        except SettingsInvalid as error:
            yield from (f"profile: {mistake}" for mistake in error.mistakes)


def _can_be_listened_on(listen: str) -> bool:
    try:
        port = GatewayTable(listen=listen).port
    except ValidationError:
        return False
    return 0 < port < 65536 and _PLACE.fullmatch(listen) is not None


def _can_be_told(new: NewMember) -> bool:
    """Whether partners can take an entry with this address, and call it as we are to be called."""
    if not _address(new).startswith(f"{_scheme(new)}://"):
        return False
    try:
        Member(code=new.code, name="", suite="sm", address=_address(new))
    except ValidationError:
        return False
    return True


def _address(new: NewMember) -> str:
    return new.address or f"{_scheme(new)}://{new.listen}"


def _scheme(new: NewMember) -> str:
    return "http" if new.plain_http else "https"


def with_new_certificate(
    member: Member,
    certificates: CertificateFolder,
    valid_from: datetime,
    valid_to: datetime | None = None,
) -> Member:
    """The member's entry with one more pin, whose certificate was put into the folder.

    Publish it before `valid_from`, by as much as partners need to take it up; the gateway
    shows the new certificate from then on by itself. Raises KeyUnusable.
    """
    name = f"{member.code}-tls-{valid_from:%Y%m%d}-{os.urandom(2).hex()}"
    pin = certificates.make(name, valid_from, valid_to)
    return member.model_copy(update={"tls_pins": (*member.tls_pins, pin)})


def profile_folder(folder: Path, profile: str) -> Path:
    """A built-in profile by its code, or a folder, seen from the member's. SettingsInvalid."""
    return builtin_profile(profile) if is_builtin(profile) else folder / profile


def _make_keys(new: NewMember, name: str, store: FileKeyStore) -> Member:
    suite, now = SUITES[new.suite], datetime.now(UTC).replace(microsecond=0)
    serial = f"{now:%Y%m%d}-{os.urandom(2).hex()}"
    signing = suite.new_signing_key(f"{new.code}-sign-{serial}")
    opening = suite.new_opening_key(f"{new.code}-open-{serial}")
    store.save_signing_key(signing.kid, signing)
    store.save_opening_key(opening.kid, opening)
    return Member(
        code=new.code,
        name=name,
        suite=new.suite,
        jurisdictions=(new.code,),
        address=_address(new),
        signing_keys=(MemberKey(kid=signing.kid, jwk=signing.public().jwk(), valid_from=now),),
        sealing_keys=(MemberKey(kid=opening.kid, jwk=opening.public().jwk(), valid_from=now),),
    )


def _entry(member: Member) -> bytes:
    return member.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"
