"""Was this key good then? One function answers for any moment, and everybody asks it.

A signature has two times. One it claims for itself. The other is when somebody else had it in
hand: we who received it just now, or a partner whose receipt says so. As long as a key is in
good hands its word is believed. A thief writes whatever time he likes, so the word of a key that
was closed as compromised counts for nothing: there, only what somebody else had in hand before
the closing is good.
"""

from datetime import datetime
from enum import StrEnum

from keys.trust.member import KeyState, MemberKey, TlsPin


class ClosedReason(StrEnum):
    """Why a key was closed: the first word of `closed_reason`. After a colon may stand more."""

    COMPROMISED = "compromised"
    """Somebody else has it, or may have it."""

    SUPERSEDED = "superseded"
    """Another took its place; nobody else has it."""

    LOST = "lost"
    """It is destroyed, or cannot be read any more; nobody else has it."""

    LEFT = "left"
    """Its member left the exchange; nobody else has it."""


_IN_GOOD_HANDS = frozenset({ClosedReason.SUPERSEDED, ClosedReason.LOST, ClosedReason.LEFT})


def is_compromised(key: MemberKey | TlsPin) -> bool:
    """Whether it was closed for a reason that makes its own word worthless.

    A reason that we do not know, or none at all, is taken for the worst one.
    """
    if key.closed_at is None:
        return False
    return (key.closed_reason or "").partition(":")[0] not in _IN_GOOD_HANDS


def judge_key(
    key: MemberKey | TlsPin, signed_at: datetime, witnessed_at: datetime | None
) -> KeyState:
    """What `key` was for a signature: VALID, or why it was not good. Pure.

    `signed_at` is what the signature claims for itself; `witnessed_at` is when somebody else
    had it in hand, whose word does not hang on this key; None: nobody says so. Times carry a
    zone. A closed key is closed before it expires.
    """
    if signed_at < key.valid_from:
        return KeyState.NOT_YET_VALID
    if key.closed_at is not None:
        if signed_at >= key.closed_at:
            return KeyState.CLOSED
        if is_compromised(key):
            if witnessed_at is None:
                return KeyState.UNWITNESSED
            if witnessed_at >= key.closed_at:
                return KeyState.CLOSED
    if key.valid_to is not None and signed_at >= key.valid_to:
        return KeyState.EXPIRED
    return KeyState.VALID
