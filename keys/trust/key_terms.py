"""The terms of keys of one use: which is newest, when that changes, how far they reach. Pure."""

from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from keys.trust.member import KeyState, MemberKey, TlsPin
from keys.trust.trust_list import key_state

FOR_EVER = datetime.max.replace(tzinfo=UTC)


def end_of(key: MemberKey | TlsPin) -> datetime:
    """From when on it is not used; `FOR_EVER` where no end is set."""
    return min(key.valid_to or FOR_EVER, key.closed_at or FOR_EVER)


def newest_good(
    keys: Iterable[MemberKey],
    now: datetime,
    here: Container[str] | None = None,
    settle: timedelta = timedelta(),
) -> MemberKey | None:
    """The newest key that is good at `now`, and whose kid is in `here` where that is given; None:
    there is none.

    One that has been good for less than `settle` is taken only where there is no other: what
    is dated before a key's first moment, and signed after it, would be refused.
    """
    ours = (key for key in keys if here is None or key.kid in here)
    good = [key for key in ours if key_state(key, now) is KeyState.VALID]
    settled = [key for key in good if key.valid_from + settle <= now]
    return max(settled or good, key=lambda key: key.valid_from, default=None)


def next_change(
    keys: Iterable[MemberKey], now: datetime, settle: timedelta = timedelta()
) -> datetime:
    """The first moment after `now` at which `newest_good` may choose another."""
    moments = [
        moment
        for key in keys
        for moment in (key.valid_from, key.valid_from + settle, end_of(key))
        if moment > now
    ]
    return min(moments, default=FOR_EVER)


def covered_until(keys: Sequence[MemberKey | TlsPin], now: datetime) -> datetime | None:
    """Until when one of `keys` is good without a gap from `now` on; None: none is good now."""
    until = now
    while until < FOR_EVER:
        ends = [end_of(key) for key in keys if key_state(key, until) is KeyState.VALID]
        if not ends:
            break
        until = max(ends)
    return until if until > now else None
