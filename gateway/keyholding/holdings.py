"""Every key of this city in one table: what it is for, its days, and where its other half is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from keys.stores.uri import scheme_of
from keys.trust.key_changes import USES, Entry, Use, entries_of, name_of
from keys.trust.key_terms import covered_until
from keys.trust.member import KeyState, Member
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
    """One key. `place`: the scheme of the URI of its private half, None where it is not here;
    `published`: whether the list of members has it; `in_use`: whether it is the one that signs,
    or is shown, now, or that partners seal to."""

    use: Use
    entry: Entry
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

    `here`: the URI of every private half that is here, by the name of its key. Pure.
    """
    return [row for use in USES for row in _of_use(use, proposed, listed, here, now)]


def _of_use(
    use: Use, proposed: Member, listed: Member | None, here: Mapping[str, str], now: datetime
) -> Iterator[Holding]:
    entries = entries_of(proposed, use)
    known = {name_of(key): key for key in entries_of(listed, use)} if listed is not None else {}
    usable = [
        name
        for name, key in known.items()
        if name in here and key_state(key, now) is KeyState.VALID
    ]
    used = max(usable, key=lambda name: known[name].valid_from, default=None)
    until = covered_until([key for key in entries if name_of(key) in here], now)
    ends_soon = until is not None and until - now < KEY_ENDS_SOON
    for key in entries:
        name, state = name_of(key), key_state(key, now)
        there = name in here
        rotate = name == used and ends_soon
        yield Holding(
            use,
            key,
            state,
            scheme_of(here[name]) if there else None,
            name in known,
            name == used,
            _next(key, known.get(name), state, there=there, rotate=rotate),
        )


def _next(key: Entry, listed: Entry | None, state: KeyState, *, there: bool, rotate: bool) -> Next:
    if key != listed:
        return Next.PUBLISH
    if state in {KeyState.VALID, KeyState.NOT_YET_VALID} and not there:
        return Next.RESTORE
    return Next.ROTATE if rotate else Next.NOTHING
