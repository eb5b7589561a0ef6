"""What a member may do to its keys: add, rotate, close. Pure; the result keeps the rules of
`keys.trust.succession`: nothing is removed, and what is closed stays closed.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args

from keys.trust.key_judgement import ClosedReason
from keys.trust.key_terms import end_of
from keys.trust.member import KeyState, Member, MemberKey, TlsPin
from keys.trust.trust_list import key_state

KeyUse = Literal["signing", "sealing", "log"]
Use = Literal["signing", "sealing", "log", "tls"]
KEY_USES: tuple[KeyUse, ...] = get_args(KeyUse)
USES: tuple[Use, ...] = get_args(Use)
Entry: TypeAlias = MemberKey | TlsPin
_FIELDS = {
    "signing": "signing_keys",
    "sealing": "sealing_keys",
    "log": "log_keys",
    "tls": "tls_pins",
}


def keys_of(member: Member, use: KeyUse) -> tuple[MemberKey, ...]:
    """All keys of one use, whatever their state."""
    keys: tuple[MemberKey, ...] = getattr(member, _FIELDS[use])
    return keys


def entries_of(member: Member, use: Use) -> tuple[Entry, ...]:
    """The same, of TLS pins too."""
    entries: tuple[Entry, ...] = getattr(member, _FIELDS[use])
    return entries


def with_key(member: Member, use: Use, key: Entry) -> Member:
    """`member` with one key more. Raises ValueError where its name is taken."""
    return _changed(member, **{_FIELDS[use]: (*entries_of(member, use), key)})


def beginning(member: Member, use: Use, now: datetime, lead: timedelta) -> datetime:
    """When a new key should begin: after `lead`, so that everybody knows it by then.

    Where all keys of the use end before that, halfway between now and their end: half of the
    time is left for everybody to learn of it, half for what is under way. At once, where none
    is good now. In whole seconds.
    """
    good = [key for key in entries_of(member, use) if key_state(key, now) is KeyState.VALID]
    end = max((end_of(key) for key in good), default=now)
    begin = now + lead
    if end <= begin:
        begin = now + (end - now) / 2
    return begin.replace(microsecond=0)


def rotated(member: Member, use: Use, key: Entry, overlap: timedelta) -> Member:
    """`member` with `key`, and with an end to the keys of its use that began before it.

    They stay good for `overlap` after the new one begins, for what is under way; an end that
    comes sooner stays.
    """
    last = key.valid_from + overlap
    keys = tuple(
        old.model_copy(update={"valid_to": last})
        if old.valid_from <= key.valid_from and end_of(old) > last
        else old
        for old in entries_of(member, use)
    )
    return with_key(_changed(member, **{_FIELDS[use]: keys}), use, key)


def closed(member: Member, name: str, at: datetime, reason: ClosedReason) -> Member:
    """`member` with the key (by its kid) or TLS pin (by its digest) `name` closed from `at` on.

    Raises LookupError when it has none of the name, ValueError when it is closed already.
    """
    use = use_of(member, name)
    if use is None:
        raise LookupError(f"{member.code} has no key {name}")
    after = tuple(
        _closed(entry, at, reason) if name_of(entry) == name else entry
        for entry in entries_of(member, use)
    )
    return _changed(member, **{_FIELDS[use]: after})


def use_of(member: Member, name: str) -> Use | None:
    """What the key `name` is for; None where there is no such key."""
    return next(
        (use for use in USES if any(name_of(key) == name for key in entries_of(member, use))),
        None,
    )


def name_of(entry: Entry) -> str:
    """`kid` of a key, digest of a pin."""
    return entry.kid if isinstance(entry, MemberKey) else entry.sha256


def _closed(entry: Entry, at: datetime, reason: ClosedReason) -> Entry:
    if entry.closed_at is not None:
        raise ValueError(f"closed since {entry.closed_at}; a closed key does not change")
    return entry.model_copy(update={"closed_at": at, "closed_reason": reason.value})


def _changed(member: Member, **fields: Any) -> Member:
    """Checked anew. Raises ValueError."""
    return Member.model_validate(member.model_copy(update=fields).model_dump())
