"""Joining: another member's entry is taken into our list of members, keys compared first.

An entry comes as the file ``member.json`` that `tongban init` made. Whoever takes it in
compares the fingerprints with its owner by telephone: the file may have come from anybody.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydantic import ValidationError

from contracts.errors import SettingsInvalid
from keys import strict_json
from keys.trust.member import Member, MemberKey
from keys.trust.members_file import MAX_FILE_LENGTH, read_members, write_members

_SHOWN = 32  # hex digits of a fingerprint that people compare: 128 bits
_KEY_MEMBERS = ("crv", "kty", "x", "y")


class Change(Enum):
    """What taking an entry in does to the list."""

    NEW = "new"
    SAME = "same"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Joining:
    """An entry to be taken in, and the list it would make."""

    member: Member
    change: Change
    members: Sequence[Member]


def read_entry(file: Path) -> Member:
    """The entry in a member's file. Raises SettingsInvalid."""
    try:
        with file.open("rb") as source:
            data = source.read(MAX_FILE_LENGTH)
        return Member.model_validate(strict_json.loads_object(data))
    except ValidationError as error:
        mistakes = [
            f"{'.'.join(map(str, mistake['loc'])) or '(whole)'}: {mistake['msg']}"
            for mistake in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsInvalid(mistakes, source=str(file)) from error
    except (OSError, ValueError) as error:
        raise SettingsInvalid([f"{file}: {error}"], source=str(file)) from error


def joining(list_file: Path, member: Member) -> Joining:
    """What taking `member` into the list would do. Raises SettingsInvalid.

    A member that is there already may bring new keys and close old ones, but none may be
    gone: signatures of years ago are judged by the keys of their day.
    """
    try:
        members = list(read_members(list_file).members)
    except (OSError, ValueError) as error:
        raise SettingsInvalid([str(error)], source=str(list_file)) from error
    places = {known.code: index for index, known in enumerate(members)}
    place = places.get(member.code)
    if place is None:
        return Joining(member, Change.NEW, [*members, member])
    if members[place] == member:
        return Joining(member, Change.SAME, members)
    if missing := sorted(_kids(members[place]) - _kids(member)):
        raise SettingsInvalid(
            [
                f"key {kid} of {member.code} is gone: keys are closed, never removed"
                for kid in missing
            ],
            source=str(list_file),
        )
    members[place] = member
    return Joining(member, Change.REPLACED, members)


def join(list_file: Path, wanted: Joining) -> None:
    """Write the list. A running gateway reads it within a second."""
    if wanted.change is not Change.SAME:
        write_members(list_file, wanted.members)


def fingerprint(key: MemberKey) -> str:
    """What two people compare: the start of the key's JWK thumbprint (RFC 7638, SHA-256).

    Eight groups of four hex digits.
    """
    return thumbprint(key.jwk)


def thumbprint(jwk: Mapping[str, object]) -> str:
    """The same, of a bare JWK."""
    plain = {name: jwk[name] for name in _KEY_MEMBERS if name in jwk}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return grouped(hashlib.sha256(text.encode()).hexdigest())


def grouped(digest: str) -> str:
    """The start of a digest, as people read it out."""
    digits = digest[:_SHOWN]
    return " ".join(digits[at : at + 4] for at in range(0, _SHOWN, 4))


def _kids(member: Member) -> set[str]:
    keys = (*member.signing_keys, *member.sealing_keys, *member.log_keys)
    return {*(key.kid for key in keys), *(pin.sha256 for pin in member.tls_pins)}
