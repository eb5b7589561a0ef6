"""Our own private keys in use: which one signs now, which ones open.

The list of members is the truth about that. A gateway signs with the newest of its own keys
that the list publishes, that is good now, and whose private half is in the key store. So a key
that is not published yet cannot be used, and a running gateway changes over by itself when a
key's time comes, whatever process of it this is.

Opening a key file takes a fifth of a second (the passphrase is stretched), so that is done
beside the messages, ahead of time (`refresh`); a choice that was made costs a look at the clock.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts import limits
from contracts.errors import KeyUnusable, TongbanError
from gateway.ports import Clock, Signer
from gateway.signer import signer_of
from keys.stores.store import KeyStore
from keys.stores.uri import kid_of
from keys.suites import jwk
from keys.suites.suite import OpeningKey, SealingKey
from keys.trust.key_terms import FOR_EVER, covered_until, end_of, newest_good, next_change
from keys.trust.member import Member, MemberKey
from keys.trust.trust_list import TrustList

_LOG = logging.getLogger("tongban.keys")
_LOOK_SECONDS = 1.0
_SETTLE = timedelta(seconds=2)  # longer than between a seal's date and its signature
_SCAN_SECONDS = 5.0  # between two looks for a private half that is not there
_STILL_COMING = timedelta(days=limits.MESSAGE_DAYS)
"""What was sealed to a key may come for so long after the key has ended."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Who signs, for as long as `member` is what the list says of us, from `since` to `until`."""

    member: Member
    since: datetime
    until: datetime
    signer: Signer


class KeyRing:
    """The `Signer` of a gateway, and the opening keys of `gateway.exchange.home.Home`."""

    def __init__(
        self,
        code: str,
        trust: TrustList,
        store: KeyStore,
        clock: Clock,
        *,
        named: Sequence[str] = (),
    ) -> None:
        """`named`: URIs of keys that the settings name; the store may not list them."""
        self._code = code
        self._trust = trust
        self._store = store
        self._clock = clock
        self._named = tuple(named)
        self._uris: dict[str, str] | None = None
        self._signers: dict[str, Signer] = {}
        self._opening: dict[str, OpeningKey] = {}
        self._sealing: dict[str, SealingKey] = {}
        self._choice: _Choice | None = None
        self._told = ""
        self._seen: Member | None = None
        self._scanned = float("-inf")
        self._faults: dict[str, TongbanError] = {}

    # --- signing ----------------------------------------------------------------------------------

    @property
    def kid(self) -> str:
        """Of the key that signs now. Raises KeyUnusable, TrustUnavailable."""
        return self._signer().kid

    async def sign(self, payload: bytes, typ: str) -> str:
        """See `gateway.ports.Signer`. Raises KeyUnusable when no key of ours may sign now."""
        return await self._signer().sign(payload, typ)

    def _signer(self) -> Signer:
        member, now, choice = self._trust.member(self._code), self._clock.now(), self._choice
        if choice is None or choice.member is not member or not choice.since <= now < choice.until:
            choice = self._choice = self._choose(member, now)
        return choice.signer

    def _choose(self, member: Member, now: datetime) -> _Choice:
        """The newest that was opened already; one is opened here only when none was."""
        key = newest_good(member.signing_keys, now, self._signers, _SETTLE)
        if key is None:
            key = newest_good(member.signing_keys, now, self._kids(), _SETTLE)
            if key is None:
                raise KeyUnusable(
                    "no signing key of ours that the list of members publishes is good now and "
                    "has its private half in the key store",
                    member=self._code,
                )
            self._signers[key.kid] = self._open_signer(key)
        signer = self._signers[key.kid]
        if self._told != key.kid:
            self._told = key.kid
            _LOG.info("signing with %s from now on", key.kid)
        return _Choice(member, now, next_change(member.signing_keys, now, _SETTLE), signer)

    def _open_signer(self, key: MemberKey) -> Signer:
        """Raises KeyUnusable, also when it is another key than the list publishes, and
        KeyUnavailable."""
        uri = self._uri(key.kid)
        private = self._store.signing_key(uri)
        _check_same(key, private.public().jwk())
        return signer_of(private, uri)

    # --- opening ----------------------------------------------------------------------------------

    def opening_key(self, kid: str) -> OpeningKey:
        """Any private key of ours that opens, for as long as it is in the store.

        Raises KeyError when it is not here, KeyUnusable or KeyUnavailable when it is and cannot
        be opened: then a message is not refused for it, and comes again. The first use of a key
        whose time is long over opens its file.
        """
        key = self._opening.get(kid)
        if key is None:
            key = self._opening[kid] = self._store.opening_key(self._uri(kid))
        return key

    def own_key(self) -> SealingKey:
        """The public half of the newest that others may seal to, where we have the other half.

        Raises KeyUnusable, TrustUnavailable.
        """
        member = self._trust.member(self._code)
        entry = newest_good(member.sealing_keys, self._clock.now(), self._kids())
        if entry is None:
            raise KeyUnusable(
                "no sealing key of ours that the list of members publishes is good now and has "
                "its private half in the key store",
                member=self._code,
            )
        key = self._sealing.get(entry.kid)
        if key is None:
            key = self._sealing[entry.kid] = jwk.sealing_key(entry.kid, entry.jwk)
        return key

    # --- keeping up -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep up with list and store, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.refresh)
            except TongbanError as error:
                self._complain("", error)
            await self._clock.sleep(_LOOK_SECONDS)

    def refresh(self) -> None:
        """Open what is or will be needed, and is not open yet. Blocks.

        Raises KeyUnusable when the store cannot be read, TrustUnavailable.
        """
        member = self._trust.member(self._code)
        monotonic = self._clock.monotonic()
        wanted = self._wanted(member)
        if member is self._seen and (not wanted or monotonic - self._scanned < _SCAN_SECONDS):
            return
        self._scanned, self._seen = monotonic, member
        self._uris = self._scan()
        for key, opened in wanted:
            if key.kid in self._uris:
                try:
                    opened(key)
                    self._faults.pop(key.kid, None)
                except TongbanError as error:
                    self._complain(key.kid, error)
        self._choice = None

    def check(self) -> None:
        """What a gateway must have before it starts. Raises KeyUnusable, TrustUnavailable."""
        self.refresh()
        self._signer()
        self.opening_key(self.own_key().kid)

    def _wanted(self, member: Member) -> list[tuple[MemberKey, Callable[[MemberKey], None]]]:
        """Keys whose time is now, will come, or is so lately over that messages still come."""
        now = self._clock.now()

        def sign(key: MemberKey) -> None:
            self._signers[key.kid] = self._open_signer(key)

        def open_(key: MemberKey) -> None:
            private = self._store.opening_key(self._uri(key.kid))
            _check_same(key, private.public().jwk())
            self._opening[key.kid] = private

        signing = [
            (key, sign)
            for key in member.signing_keys
            if key.kid not in self._signers and end_of(key) > now
        ]
        opening = [
            (key, open_)
            for key in member.sealing_keys
            if key.kid not in self._opening and end_of(key) > now - _STILL_COMING
        ]
        return [*signing, *opening]

    def _kids(self) -> dict[str, str]:
        if self._uris is None:
            self._uris = self._scan()
        return self._uris

    def _uri(self, kid: str) -> str:
        return self._kids()[kid]

    def _scan(self) -> dict[str, str]:
        return {kid_of(uri): uri for uri in (*self._store.uris(), *self._named)}

    def _complain(self, kid: str, error: TongbanError) -> None:
        """Once, not every second."""
        if str(self._faults.get(kid)) != str(error):
            _LOG.error("a key of ours cannot be used: %s", error)
        self._faults[kid] = error

    # --- what an operator asks -------------------------------------------------------------------

    def here(self) -> Mapping[str, str]:
        """The URI of every private key that we have, by its kid. Raises KeyUnusable."""
        return self._kids()

    def faults(self) -> Mapping[str, TongbanError]:
        """What keeps a key that is here from being used, by its kid."""
        return {kid: error for kid, error in self._faults.items() if kid}

    def seconds_left(self, use: str) -> float:
        """Until no key of ours is good for `use`, "signing" or "sealing"; infinite when there
        is no end to it, negative when there is none now. Those that are published and have
        their private half here count, those to come too."""
        try:
            member = self._trust.member(self._code)
            keys = member.signing_keys if use == "signing" else member.sealing_keys
            here = [key for key in keys if key.kid in self._kids()]
        except TongbanError:
            return -1.0
        now = self._clock.now()
        until = covered_until(here, now)
        if until is None:
            return -1.0
        return float("inf") if until == FOR_EVER else (until - now).total_seconds()


def _check_same(key: MemberKey, private: dict[str, str]) -> None:
    """A file of the right name with another key in it would sign what nobody can verify."""
    if any(key.jwk.get(name) != value for name, value in private.items()):
        raise KeyUnusable("the private key is not the one that is published", key=key.kid)
