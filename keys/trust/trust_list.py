"""What a list of members answers, and what a key may be used for today."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from keys.suites.suite import SealingKey, VerifyingKey
from keys.trust.key_judgement import judge_key
from keys.trust.member import KeyState, Member, MemberKey, TlsPin


class TrustList(Protocol):
    """The members of the exchange and their keys.

    Every method raises TrustUnavailable while the list could never be read. Times carry a
    zone.
    """

    def members(self) -> Sequence[Member]:
        """All members, in the order of the list."""

    def member(self, code: str) -> Member:
        """The member `code`. Raises BatchRejected (member.unknown)."""

    def verifying_key(
        self, code: str, kid: str, at: datetime, witnessed_at: datetime | None = None
    ) -> VerifyingKey:
        """The key `kid` of member `code`, good for a signature that claims to be of `at`.

        `witnessed_at`: when somebody else had it in hand; see `keys.trust.key_judgement`.

        Raises BatchRejected: member.unknown; seal.key_unknown when the member publishes no
        such key, or one that cannot be used; seal.key_closed when it was not yet valid,
        expired or closed; evidence.unwitnessed when only a witness could make it good.
        """

    def sealing_key(self, code: str, at: datetime) -> SealingKey:
        """The newest key of member `code`, valid at `at`, that secrets can be wrapped to.

        Raises BatchRejected (member.unknown), and KeyUnusable when there is none.
        """


def key_state(key: MemberKey | TlsPin, at: datetime) -> KeyState:
    """Whether `key` may be used at `at`: what is made then, and seen then. Pure."""
    return judge_key(key, at, at)
