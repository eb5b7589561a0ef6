"""A member that leaves: every key is closed, with the reason, and its entry stays for ever.

So what it signed before can still be judged, and nobody takes its silence for a fault.
"""

from datetime import datetime

from keys.trust.key_judgement import ClosedReason
from keys.trust.member import Member, MemberKey, TlsPin

_USES = ("signing_keys", "sealing_keys", "log_keys", "tls_pins")


def left_at(member: Member) -> datetime | None:
    """When the last of its signing and sealing keys is closed; None while one is open.

    It may lie ahead. A member that publishes no key at all has not left. Pure.
    """
    ends = []
    for key in (*member.signing_keys, *member.sealing_keys):
        if key.closed_at is None:
            return None
        ends.append(key.closed_at)
    return max(ends, default=None)


def has_left(member: Member, at: datetime) -> bool:
    """Whether nothing is exchanged with it any more."""
    end = left_at(member)
    return end is not None and at >= end


def reason_of_leaving(member: Member) -> str | None:
    """What its last closed key says of why, in the city's own words."""
    keys = (*member.signing_keys, *member.sealing_keys)
    said = [(key.closed_at, key.closed_reason) for key in keys if key.closed_at is not None]
    last = max(said, key=lambda each: each[0])[1] if said else None
    return last.partition(": ")[2] or last if last is not None else None


def closed(member: Member, at: datetime, reason: ClosedReason, why: str) -> Member:
    """`member` with every key closed that is open, from `at` on; `why` in its own words. Pure."""
    said = f"{reason.value}: {why}"
    keys = {use: tuple(_closed(each, at, said) for each in getattr(member, use)) for use in _USES}
    return member.model_copy(update=keys)


def _closed(entry: MemberKey | TlsPin, at: datetime, said: str) -> MemberKey | TlsPin:
    if entry.closed_at is not None:
        return entry
    return entry.model_copy(update={"closed_at": at, "closed_reason": said})
