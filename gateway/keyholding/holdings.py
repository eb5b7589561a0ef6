"""Every key of this city in one table: what it is for, its days, and where its other half is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from keys.stores.uri import scheme_of
from keys.trust.key_changes import USES, Use, keys_of, name_of
from keys.trust.key_terms import covered_until, newest_good
from keys.trust.member import KeyState, Member, MemberKey, TlsPin
from keys.trust.trust_list import key_state

KEY_ENDS_SOON = timedelta(days=30)


class Next(Enum):
    """What the operator should do about a key."""

    NOTHING = "nothing"
    PUBLISH = "publish"
    """It, or a change of it, is in our own file and not in the list of members."""
    ROTATE = "rotate"
    """It ends soon, and no other takes its place."""
    RESTORE = "restore"
    """It is good, and its private half is not here."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One key. `use`: signing, sealing, log or tls; `place`: the scheme of the URI of its private
    half, None where it is not here, or cannot be seen from here; `published`: whether the list
    of members has it; `in_use`: whether it is the one that signs now, or that partners seal to."""

    use: str
    entry: MemberKey | TlsPin
    state: KeyState
    place: str | None
    published: bool
    in_use: bool
    next: Next

    @property
    def name(self) -> str:
        return name_of(self.entry)


def holdings(
    proposed: Member, listed: Member | None, here: Mapping[str, str], now: datetime
) -> list[Holding]:
    """All keys of `proposed`, our own file; `listed`: what the list of members has of us.

    `here`: the URI of every private key in the store, by its kid. Pure.
    """
    return [
        *(row for use in USES for row in _of_use(use, proposed, listed, here, now)),
        *_pins(proposed, listed, now),
    ]


def _of_use(
    use: Use, proposed: Member, listed: Member | None, here: Mapping[str, str], now: datetime
) -> Iterator[Holding]:
    known = {key.kid: key for key in keys_of(listed, use)} if listed is not None else {}
    used = newest_good(known.values(), now, here)
    ends_soon = _ends_soon(keys_of(proposed, use), here, now)
    for key in keys_of(proposed, use):
        state, there = key_state(key, now), key.kid in here
        last = used is not None and key.kid == used.kid
        yield Holding(
            use,
            key,
            state,
            scheme_of(here[key.kid]) if there else None,
            key.kid in known,
            last,
            _next(key, known.get(key.kid), state, there=there, rotate=last and ends_soon),
        )


def _next(
    key: MemberKey, listed: MemberKey | None, state: KeyState, *, there: bool, rotate: bool
) -> Next:
    if key != listed:
        return Next.PUBLISH
    if state in {KeyState.VALID, KeyState.NOT_YET_VALID} and not there:
        return Next.RESTORE
    return Next.ROTATE if rotate else Next.NOTHING


def _ends_soon(keys: Sequence[MemberKey], here: Mapping[str, str], now: datetime) -> bool:
    until = covered_until([key for key in keys if key.kid in here], now)
    return until is not None and until - now < KEY_ENDS_SOON


def _pins(proposed: Member, listed: Member | None, now: datetime) -> Iterator[Holding]:
    """A certificate's private half lies where the settings of TLS say, not in the key store."""
    known = {pin.sha256: pin for pin in listed.tls_pins} if listed is not None else {}
    for pin in proposed.tls_pins:
        there = known.get(pin.sha256)
        state = key_state(pin, now)
        yield Holding(
            "tls",
            pin,
            state,
            None,
            there is not None,
            there is not None and state is KeyState.VALID,
            Next.NOTHING if pin == there else Next.PUBLISH,
        )
