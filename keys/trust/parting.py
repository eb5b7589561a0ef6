"""A member that leaves: every key is closed, with the reason, and its entry stays for ever.

So what it signed before can still be judged, and nobody takes its silence for a fault.
"""

from datetime import datetime

from keys.trust.key_judgement import ClosedReason
from keys.trust.member import Member, MemberKey, TlsPin

_LEFT = f"{ClosedReason.LEFT}: "
_USES = ("signing_keys", "sealing_keys", "log_keys", "tls_pins")


def left_at(member: Member) -> datetime | None:
    """When the last of its signing and sealing keys is closed; None while one is open.

    It may lie ahead. A member that publishes no key at all has not left. Pure.
    """
    keys = (*member.signing_keys, *member.sealing_keys)
    ends = [key.closed_at for key in keys if key.closed_at is not None]
    return max(ends) if keys and len(ends) == len(keys) else None


def has_left(member: Member, at: datetime) -> bool:
    """Whether nothing is exchanged with it any more."""
    end = left_at(member)
    return end is not None and at >= end


def reason_of_leaving(member: Member) -> str | None:
    """What its last closed key says of why."""
    keys = (*member.signing_keys, *member.sealing_keys)
    said = [(key.closed_at, key.closed_reason) for key in keys if key.closed_at is not None]
    last = max(said, key=lambda each: each[0])[1] if said else None
    return last.removeprefix(_LEFT) if last is not None else None


def closed(member: Member, at: datetime, reason: str) -> Member:
    """`member` with every key closed that is open, from `at` on. Pure."""
    return member.model_copy(
        update={
            use: tuple(_closed(each, at, reason) for each in getattr(member, use)) for use in _USES
        }
    )


def _closed(entry: MemberKey | TlsPin, at: datetime, reason: str) -> MemberKey | TlsPin:
    if entry.closed_at is not None:
        return entry
    return entry.model_copy(update={"closed_at": at, "closed_reason": _LEFT + reason})
