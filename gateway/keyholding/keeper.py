"""The keeper of a city's keys: makes them in the key store, and writes our own file `member.json`.

What stands in `member.json` is what we propose. It counts from when the list of members has it:
our own list (`members.json`), or the federation.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from contracts.errors import TongbanError, Wrong
from gateway import config
from gateway.keyholding.holdings import Holding, holdings
from gateway.membership import Change, join, joining, read_entry
from keys.atomic_file import write_atomically
from keys.stores.store import KeyStore
from keys.stores.uri import FILE, kid_of
from keys.suites import SUITES
from keys.tls.folder import CertificateFolder
from keys.trust.key_changes import (
    USES,
    Entry,
    Use,
    beginning,
    closed,
    entries_of,
    name_of,
    rotated,
    use_of,
    with_key,
)
from keys.trust.key_judgement import ClosedReason
from keys.trust.key_terms import covered_until
from keys.trust.member import KeyState, Member, MemberKey
from keys.trust.succession import broken_rules
from keys.trust.trust_list import TrustList, key_state

_SHORT = {"signing": "sign", "sealing": "open", "log": "log", "tls": "tls"}
"""As it stands in a kid: `410100-sign-20261125-0f3a`."""


_PIN_DIGITS = 8  # of a pin are told apart from any other


class Keeper:
    """Opened by one command, over one member's folder."""

    def __init__(
        self,
        folder: config.Home,
        store: KeyStore,
        trust: TrustList,
        certificates: CertificateFolder | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`certificates`: those of TLS; None where this city has none."""
        self._folder = folder
        self._store = store
        self._trust = trust
        self._certificates = certificates
        self._now = now
        self.file = folder.folder / "member.json"

    @property
    def code(self) -> str:
        return self._folder.settings.member.code

    def proposed(self) -> Member:
        """Our own file. Raises SettingsInvalid, and Wrong when it is another city's."""
        member = read_entry(self.file)
        if member.code != self.code:
            raise Wrong(
                f"it is the entry of {member.code}, and this is {self.code}",
                code="federation.file_invalid",
                file=self.file,
            )
        return member

    def listed(self) -> Member | None:
        """What the list of members has of us; None while it cannot be read, or has nothing."""
        try:
            return self._trust.member(self.code)
        except TongbanError:
            return None

    def here(self) -> Mapping[str, str]:
        """The URI of every private key that we can use, by the name of the key; a certificate of
        TLS by its pin. Raises KeyUnusable."""
        uris = (*self._store.uris(), *self._folder.settings.keys.named)
        pairs = self._certificates.pairs() if self._certificates is not None else ()
        return {
            **{kid_of(uri): uri for uri in uris},
            **{pair.sha256: f"{FILE}:{pair.name}.crt" for pair in pairs},
        }

    def holdings(self) -> list[Holding]:
        """Raises KeyUnusable, SettingsInvalid, Wrong."""
        return holdings(self.proposed(), self.listed(), self.here(), self._now())

    # --- changes ----------------------------------------------------------------------------------

    def new(self, use: Use, lead: timedelta) -> Entry:
        """A new key that begins after `lead`, beside those that there are."""
        member = self.proposed()
        key = self._make(member, use, (self._now() + lead).replace(microsecond=0))
        self._write(with_key(member, use, key))
        return key

    def rotate(self, use: Use, lead: timedelta, overlap: timedelta) -> Entry:
        """A new key that begins after `lead`, and an end to the others `overlap` later.

        Raises Wrong (key.not_now) while another waits for its time.
        """
        member, now = self.proposed(), self._now()
        for waiting in entries_of(member, use):
            if key_state(waiting, now) is KeyState.NOT_YET_VALID:
                raise _not_now(
                    f"{name_of(waiting)} waits already, and begins at {waiting.valid_from}: "
                    "close it, or wait for its time"
                )
        key = self._make(member, use, beginning(member, use, now, lead))
        self._write(rotated(member, use, key, overlap))
        return key

    def close(self, name: str, reason: ClosedReason, at: datetime | None) -> Entry | None:
        """Close a key from `at` on, or from now on; the key that was made in its place, if any.

        One is made, good at once, where the closing would leave a use that had a good key
        without one. Raises Wrong (key.not_now) for a time that is over: what others have our
        signatures under, we cannot take back by a date.
        """
        member, now = self.proposed(), self._now()
        if at is not None and at < now:
            raise _not_now(f"{at} is over: a key is closed from now on, or from later on")
        name = _whole_name(member, name)
        try:
            after = closed(member, name, at or now, reason)
        except ValueError as error:
            raise _not_now(str(error)) from None
        use = use_of(member, name)
        made = None
        if use is not None and self._leaves_none(use, member, after, at or now):
            made = self._make(after, use, (at or now).replace(microsecond=0))
            after = with_key(after, use, made)
        self._write(after)
        return made

    def _leaves_none(self, use: Use, before: Member, after: Member, at: datetime) -> bool:
        here = self.here()

        def covered(member: Member) -> bool:
            keys = [key for key in entries_of(member, use) if name_of(key) in here]
            return covered_until(keys, at) is not None

        return covered(before) and not covered(after)

    def publish_in_our_list(self) -> bool:
        """Put our own file into our own list of members; False when it stands there already.

        A running gateway takes it up within a second. Raises SettingsInvalid.
        """
        file = self._folder.path(self._folder.settings.trust.members)
        wanted = joining(file, self.proposed())
        join(file, wanted)
        return wanted.change is not Change.SAME

    # --- how --------------------------------------------------------------------------------------

    def _make(self, member: Member, use: Use, begins: datetime) -> Entry:
        suite = SUITES[member.suite]
        name = f"{self.code}-{_SHORT[use]}-{self._now():%Y%m%d}-{os.urandom(2).hex()}"
        if use == "tls":
            if self._certificates is None:
                raise _not_now('this city has no certificate of its own: tls.mode is not "mutual"')
            return self._certificates.make(name, begins)
        if use == "sealing":
            uri = self._store.new_opening_key(suite, name)
            public = self._store.opening_key(uri).public().jwk()
        else:
            uri = self._store.new_signing_key(suite, name)
            public = self._store.signing_key(uri).public().jwk()
        return MemberKey(kid=name, jwk=public, valid_from=begins)

    def _write(self, member: Member) -> None:
        """Raises Wrong (trust.key_removed) where partners would refuse it; OSError."""
        for before in (self.proposed(), self.listed()):
            if before is not None and (broken := broken_rules(before, member)):
                raise Wrong("; ".join(broken), code="trust.key_removed", file=self.file)
        text = member.model_dump_json(indent=2, exclude_none=True) + "\n"
        write_atomically(self.file, text.encode(), mode=0o644)


def _whole_name(member: Member, typed: str) -> str:
    """A key's kid as it is; a TLS pin also by its first digits, as `tongban keys list` shows it.

    Raises Wrong (not_found), also where two pins begin so.
    """
    names = [name_of(entry) for use in USES for entry in entries_of(member, use)]
    if typed in names:
        return typed
    start = typed.removesuffix("…")
    pins = [pin.sha256 for pin in member.tls_pins if pin.sha256.startswith(start)]
    if len(start) < _PIN_DIGITS or len(pins) != 1:
        raise Wrong("this city has no such key", code="not_found", key=typed[:128])
    return pins[0]


def _not_now(detail: str) -> Wrong:
    return Wrong(detail, code="key.not_now")
