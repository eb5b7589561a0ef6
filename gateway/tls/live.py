"""Our side of TLS while the list of members changes: the newest certificate, the newest pins.

Nothing is told to it: at every connection it looks whether the list is another one, whether a
day of our own pins has come, or whether a certificate was put into the folder. So a new
certificate is shown from its `valid_from` on, and a partner's closed one is refused, without a
restart and without a timer.
"""

import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache, partial

from contracts.errors import KeyUnusable, TongbanError
from gateway.ports import Clock
from gateway.tls.contexts import client_context, server_context
from gateway.tls.identity import Identity
from keys.tls.folder import CertificateFolder
from keys.tls.pins import PinBook, next_turn, shown_state, to_show
from keys.tls.public_key import pin_of
from keys.trust.member import KeyState, Member
from keys.trust.trust_list import TrustList

_LOG = logging.getLogger("tongban.tls")
_LOOK_EVERY = timedelta(seconds=1)  # at the folder
_NO_END = timedelta(days=3650)

known_pin = lru_cache(maxsize=256)(pin_of)
"""`pin_of`, for certificates that come again with every request."""


class LiveTls:
    """Contexts as of now. For one thread."""

    def __init__(self, trust: TrustList, us: str, folder: CertificateFolder, clock: Clock) -> None:
        self._trust = trust
        self._us = us
        self._folder = folder
        self._clock = clock
        self._members: Sequence[Member] = ()
        self._book = PinBook(())
        self._identity: Identity | None = None
        self._server: ssl.SSLContext | None = None
        self._clients: dict[str, ssl.SSLContext] = {}
        self._next_turn = self._next_look = clock.now()
        self._folder_version = 0
        self._complaint = ""

    def identity(self) -> Identity:
        """What we show now. Raises KeyUnusable (`key.no_certificate`), TrustUnavailable."""
        self._look()
        if self._identity is None:
            raise KeyUnusable(self._complaint, code="key.no_certificate", member=self._us)
        return self._identity

    def server(self) -> ssl.SSLContext:
        """For the next connection from a partner. Raises as `identity` does.

        While the list does not hold, partners are told so, over TLS as it was.
        """
        try:
            identity = self.identity()
        except TongbanError:
            if self._server is None:
                raise
            return self._server
        if self._server is None:
            with _made():
                self._server = server_context(identity, self._book.anchors())
        return self._server

    def client(self, partner: str) -> ssl.SSLContext:
        """For the next connection to a partner: the same object until we show another
        certificate, so that connections are kept. Raises as `identity` does."""
        identity = self.identity()
        context = self._clients.get(partner)
        if context is None:
            check = partial(check_partner, self._trust, partner, self._clock)
            with _made():
                context = self._clients[partner] = client_context(check, identity)
        return context

    # --- keeping up -------------------------------------------------------------------------

    def _look(self) -> None:
        members, now = self._trust.members(), self._clock.now()
        if members is not self._members:
            self._members, self._book, self._server = members, PinBook(members), None
            self._next_turn = now
        if now >= self._next_turn or (now >= self._next_look and self._folder_changed(now)):
            self._choose(now)

    def _folder_changed(self, now: datetime) -> bool:
        self._next_look = now + _LOOK_EVERY
        try:
            version = self._folder.version()
        except KeyUnusable:
            return False
        return version != self._folder_version

    def _choose(self, now: datetime) -> None:
        """Show the newest of our pins that is good now and whose certificate is here."""
        try:
            pins = self._trust.member(self._us).tls_pins
            self._next_turn = next_turn(pins, now) or now + _NO_END
            self._folder_version = self._folder.version()
            pairs = {pair.sha256: pair for pair in self._folder.pairs()}
            newest = next((pin for pin in to_show(pins, now) if pin.sha256 in pairs), None)
            if newest is None:
                self._complain("no certificate of ours is pinned in our own entry today")
            elif self._identity is None or self._identity.sha256 != newest.sha256:
                with _made():
                    self._show(Identity(self._folder, pairs[newest.sha256]))
        except TongbanError as error:
            self._folder_version = 0  # look again
            self._complain(error.detail)

    def _show(self, identity: Identity) -> None:
        self._identity, self._server, self._complaint = identity, None, ""
        self._clients.clear()
        _LOG.info("from now on we show %s", identity.name)

    def _complain(self, complaint: str) -> None:
        """Once; what was shown so far is shown on, for nothing better is there."""
        if complaint != self._complaint:
            _LOG.error("%s; look with tongban doctor", complaint)
        self._complaint = complaint


@contextmanager
def _made() -> Iterator[None]:
    """A context is made. `ssl` loads from files, and a full disk takes none."""
    try:
        yield
    except OSError as error:  # SSLError is one
        raise KeyUnusable(
            f"the certificate cannot be loaded: {error}", code="key.no_certificate"
        ) from None


def check_partner(trust: TrustList, partner: str, clock: Clock, certificate: bytes | None) -> None:
    """A `PinCheck`: is this a certificate of `partner`, today?"""
    try:
        pins = trust.member(partner).tls_pins
        name = known_pin(certificate or b"")
    except (TongbanError, ValueError) as error:
        raise ssl.SSLCertVerificationError(f"it cannot be judged: {error}") from None
    pin = next((pin for pin in pins if pin.sha256 == name), None)
    if pin is None:
        raise ssl.SSLCertVerificationError(f"{partner} publishes no pin {name[:16]}…")
    state = shown_state(pin, clock.now())
    if state is not KeyState.VALID:
        said = state.replace("_", " ")
        raise ssl.SSLCertVerificationError(f"the pin {name[:16]}… of {partner} is {said}")
