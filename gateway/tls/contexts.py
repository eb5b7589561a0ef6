"""TLS 1.3 as gateways speak it: who may be at the other end is decided by pins.

Two things are done here that Python's `ssl` does not offer. A client that trusts pins alone
looks at the certificate at the end of the handshake, before a byte of a request is sent. And
a server lets in the certificates that the list of members carries, each an anchor of its own.
"""

import base64
import ssl
import tempfile
from collections.abc import Callable, Iterable

from gateway.tls.identity import Identity

PinCheck = Callable[[bytes | None], None]
"""Judges what the other side showed (DER). Raises ssl.SSLCertVerificationError."""

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: a pin has days of its own, see `keys.tls.pins`."""

_TRUST_FOR_BOTH = bytes.fromhex("3016301406082b0601050507030106082b06010505070302")
"""What makes a certificate a TRUSTED CERTIFICATE of OpenSSL, good for serverAuth and clientAuth
(openssl-format-options(1)): authorities for the web issue no certificates for clients any more,
and a city that has one from there shows it to partners all the same."""


class PinnedContext(ssl.SSLContext):
    """A client's context: whom it meets is `check`ed, by nobody and nothing else.

    The handshake proves that the other side holds the key of what it shows (RFC 8446,
    4.4.3), whatever the mode of verification; `check` says whether that is the key wanted.
    """

    check: PinCheck

    def wrap_socket(self, *_args: object, **_options: object) -> ssl.SSLSocket:
        """Not for sockets: they would go around the check."""
        raise NotImplementedError


class _PinnedObject(ssl.SSLObject):
    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        if not isinstance(context, PinnedContext):
            raise ssl.SSLCertVerificationError("a connection without a pin")
        context.check(self.getpeercert(binary_form=True))


class Handshake(ssl.SSLContext):
    """One handshake under a server's context, for an event loop that takes a context.

    Event loops close a connection at once when its handshake fails, and the alert that would
    say why (RFC 8446, 6.2) never leaves. Here it does, and `failure` keeps what was wrong.
    """

    def __new__(cls, _context: ssl.SSLContext) -> "Handshake":
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._made: ssl.SSLObject | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        self._made = made = self._context.wrap_bio(
            incoming, outgoing, server_side, server_hostname, session
        )
        return made

    @property
    def failure(self) -> ssl.SSLError | None:
        return getattr(self._made, "failure", None)


class _TellingObject(ssl.SSLObject):
    failure: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.failure = error
            raise ssl.SSLWantReadError from error  # whereupon the loop sends what is to be sent


def client_context(check: PinCheck, identity: Identity | None = None) -> ssl.SSLContext:
    """For connections to one partner; `identity` is shown when it asks."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check = check
    context.sslobject_class = _PinnedObject
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if identity is not None:
        identity.load_into(context)
    return context


def server_context(identity: Identity, anchors: Iterable[bytes]) -> ssl.SSLContext:
    """For connections from partners, whose certificates are `anchors`, in DER.

    Whoever shows none is let in as a stranger: the files of the federation are for anybody.
    Whoever shows another is not. Sessions are not resumed, so nobody outlives a closed pin.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags = ssl.VerifyFlags(
        context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    )
    context.num_tickets = 0
    context.sslobject_class = _TellingObject
    identity.load_into(context)
    _trust(context, anchors)
    return context


def _trust(context: ssl.SSLContext, anchors: Iterable[bytes]) -> None:
    """One by one: a certificate that OpenSSL cannot read must keep nobody else out."""
    for certificate in anchors:
        text = base64.encodebytes(certificate + _TRUST_FOR_BOTH)
        with tempfile.NamedTemporaryFile(prefix="tongban-", suffix=".pem") as file:
            file.write(b"-----BEGIN TRUSTED CERTIFICATE-----\n")
            file.write(text + b"-----END TRUSTED CERTIFICATE-----\n")
            file.flush()
            try:
                context.load_verify_locations(file.name)
            except ssl.SSLError:
                continue  # the doctor of that member says so
