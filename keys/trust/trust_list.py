"""What a list of members answers, and the rule that judges a key by a day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from keys.suites.suite import SealingKey, VerifyingKey
from keys.trust.member import KeyState, Member, MemberKey


class TrustList(Protocol):
    """The members of the exchange and their keys.

    Every method raises TrustUnavailable while the list could never be read. Times carry a
    zone; `at` is the moment the signature claims, so old signatures are judged by their day.
    """

    def members(self) -> Sequence[Member]:
        """All members, in the order of the list."""

    def member(self, code: str) -> Member:
        """The member `code`. Raises BatchRejected (member.unknown)."""

    def verifying_key(self, code: str, kid: str, at: datetime) -> VerifyingKey:
        """The key `kid` of member `code`, valid at `at`.

        Raises BatchRejected: member.unknown; seal.key_unknown when the member publishes no
        such key, or one that cannot be used; seal.key_closed when it is not yet valid,
        expired or closed at `at`.
        """

    def sealing_key(self, code: str, at: datetime) -> SealingKey:
        """The newest key of member `code`, valid at `at`, that secrets can be wrapped to.

        Raises BatchRejected (member.unknown), and KeyUnusable when there is none.
        """


def key_state(key: MemberKey, at: datetime) -> KeyState:
    """What `key` was, or will be, at `at`. Pure; a closed key is closed before it expires."""
    if at < key.valid_from:
        return KeyState.NOT_YET_VALID
    if key.closed_at is not None and at >= key.closed_at:
        return KeyState.CLOSED
    if key.valid_to is not None and at >= key.valid_to:
        return KeyState.EXPIRED
    return KeyState.VALID
