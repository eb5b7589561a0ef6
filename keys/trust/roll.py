"""One version of the list of members, made ready for look-ups: the same for every source.

Keys are parsed when first asked for and then kept, so that one key that cannot be used
takes nothing from the other members, and a look-up costs a microsecond.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.errors import BatchRejected, KeyUnusable
from keys.suites import jwk
from keys.suites.suite import SealingKey, VerifyingKey
from keys.trust.key_judgement import judge_key
from keys.trust.key_terms import newest_good, next_change
from keys.trust.member import KeyState, Member, MemberKey, MemberList


class _InUse(NamedTuple):
    """The sealing key of a member from `since` until `until`, when another may take its place."""

    since: datetime
    until: datetime
    key: SealingKey


class Roll:
    """An immutable list of members; see `TrustList`, whose answers it gives."""

    def __init__(self, document: MemberList) -> None:
        self._members = document.members
        self._by_code = {member.code: member for member in document.members}
        self._signing_keys = {
            (member.code, key.kid): key
            for member in document.members
            for key in member.signing_keys
        }
        self._verifying: dict[tuple[str, str], VerifyingKey] = {}
        self._sealing: dict[str, _InUse] = {}

    def members(self) -> Sequence[Member]:
        return self._members

    def member(self, code: str) -> Member:
        member = self._by_code.get(code)
        if member is None:
            raise BatchRejected("no such member", code="member.unknown", member=code[:32])
        return member

    def verifying_key(
        self, code: str, kid: str, at: datetime, witnessed_at: datetime | None = None
    ) -> VerifyingKey:
        entry = self._signing_keys.get((code, kid))
        if entry is None:
            self.member(code)
            raise _unknown("the member publishes no such key", code, kid)
        state = judge_key(entry, at, witnessed_at)
        if state is not KeyState.VALID:
            raise _closed(entry, state, code)
        key = self._verifying.get((code, kid))
        return key if key is not None else self._parse_verifying(code, entry)

    def sealing_key(self, code: str, at: datetime) -> SealingKey:
        known = self._sealing.get(code)
        if known is None or not known.since <= at < known.until:
            known = self._sealing[code] = self._choose_sealing(code, at)
        return known.key

    def _choose_sealing(self, code: str, at: datetime) -> "_InUse":
        keys = self.member(code).sealing_keys
        newest = newest_good(keys, at)
        if newest is None:
            raise KeyUnusable("the member publishes no valid sealing key", member=code)
        known = self._sealing.get(code)
        key = known.key if known is not None and known.key.kid == newest.kid else None
        return _InUse(at, next_change(keys, at), key or jwk.sealing_key(newest.kid, newest.jwk))

    def _parse_verifying(self, code: str, entry: MemberKey) -> VerifyingKey:
        try:
            key = jwk.verifying_key(entry.kid, entry.jwk)
        except KeyUnusable as error:
            raise _unknown(f"the published key: {error.detail}", code, entry.kid) from None
        self._verifying[code, entry.kid] = key
        return key


def _unknown(detail: str, code: str, kid: str) -> BatchRejected:
    return BatchRejected(detail, code="seal.key_unknown", member=code, key=kid[:128])


def _closed(entry: MemberKey, state: KeyState, code: str) -> BatchRejected:
    if state is KeyState.UNWITNESSED:
        return BatchRejected(
            f"the key was closed as compromised at {entry.closed_at}; nobody else says that "
            "this was signed before",
            code="evidence.unwitnessed",
            member=code,
            key=entry.kid,
        )
    since = {
        KeyState.NOT_YET_VALID: entry.valid_from,
        KeyState.EXPIRED: entry.valid_to,
        KeyState.CLOSED: entry.closed_at,
    }[state]
    return BatchRejected(
        f"the key is {state.replace('_', ' ')} at the time of the signature",
        code="seal.key_closed",
        member=code,
        key=entry.kid,
        state=state,
        since=since,
    )
