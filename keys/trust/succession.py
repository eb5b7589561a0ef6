"""What a new version of a member's file may change. Nothing of its keys is ever taken away.

Signatures of years ago are judged by the key of their day; whoever could remove or reopen a
key could make them good or bad afterwards.
"""

from collections.abc import Iterator

from pydantic import BaseModel

from keys.trust.member import Member, MemberKey, TlsPin

_USES = ("signing_keys", "sealing_keys", "log_keys", "tls_pins")


def broken_rules(old: Member, new: Member) -> list[str]:
    """One sentence for each key that `new` removes, or changes where it may not; pure.

    A key may be added; one that is open may be closed, and its end may be set or brought
    forward. Nothing else of a key changes.
    """
    if old.code != new.code:
        return [f"the file of {old.code} became one of {new.code}"]
    return [mistake for use in _USES for mistake in _of(use, old, new)]


def _of(use: str, old: Member, new: Member) -> Iterator[str]:
    now = {_name(entry): entry for entry in getattr(new, use)}
    for before in getattr(old, use):
        name = _name(before)
        after = now.get(name)
        if after is None:
            yield f"{use}: {name} is gone; keys are closed, never removed"
        elif before != after:
            yield from (f"{use}: {name} {what}" for what in _changes(before, after))


def _name(entry: MemberKey | TlsPin) -> str:
    return entry.kid if isinstance(entry, MemberKey) else entry.sha256


def _changes(before: MemberKey | TlsPin, after: MemberKey | TlsPin) -> Iterator[str]:
    if before.closed_at is not None:
        yield "is closed, and a closed key does not change"
        return
    if _fixed(before) != _fixed(after):
        yield "is another key, or begins at another time"
    if before.valid_to is not None and (after.valid_to is None or after.valid_to > before.valid_to):
        yield "would end later than was published"


def _fixed(entry: BaseModel) -> dict[str, object]:
    return {
        name: value
        for name, value in entry
        if name not in {"valid_to", "closed_at", "closed_reason"}
    }
