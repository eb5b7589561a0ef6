"""Who sends this request? The certificate says so: shown to us, or handed in by our proxy."""

import base64
import binascii
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote_to_bytes

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from contracts.errors import BatchRejected
from gateway.exchange.home import Home
from gateway.tls.live import known_pin
from gateway.web.problem import problem
from keys.stores import pem
from keys.tls.pins import PinBook
from keys.tls.public_key import MAX_CERTIFICATE_BYTES
from keys.trust.member import KeyState
from keys.trust.trust_list import TrustList

_MOST_CHARACTERS = 4 * MAX_CERTIFICATE_BYTES


Callers = Callable[[web.Request], frozenset[str] | None]
"""Tells the codes of the members on whose behalf a request may speak; None: nobody is told
apart, any member may be meant.

Raises BatchRejected (`request.no_certificate`, `request.certificate_unknown`,
`request.certificate_closed`), TrustUnavailable.
"""


def anybody(_request: web.Request) -> frozenset[str] | None:
    """`Callers` without TLS: the seal alone says who speaks."""
    return None


class Known:
    """The members by their pins, as of now."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._members: Sequence[object] = ()
        self._book = PinBook(())

    def members_of(self, certificate: bytes | None) -> frozenset[str]:
        """Raises as `Callers` do."""
        if certificate is None:
            raise BatchRejected(
                "the connection shows no certificate", code="request.no_certificate"
            )
        try:
            name = known_pin(certificate)
        except ValueError as error:
            raise BatchRejected(str(error), code="request.certificate_unknown") from None
        states = self._current().states(name, self._home.clock.now())
        if not states:
            raise BatchRejected(
                f"no member pins {name}", code="request.certificate_unknown", certificate=name
            )
        good = frozenset(code for code, state in states.items() if state is KeyState.VALID)
        if not good:
            said = ", ".join(f"{code}: {state}" for code, state in states.items())
            raise BatchRejected(said, code="request.certificate_closed", certificate=name)
        return good

    def _current(self) -> PinBook:
        trust: TrustList = self._home.trust
        members = trust.members()
        if members is not self._members:
            self._members, self._book = members, PinBook(members)
        return self._book


class ByTls:
    """`Callers` over connections of our own TLS."""

    def __init__(self, home: Home) -> None:
        self._known = Known(home)

    def __call__(self, request: web.Request) -> frozenset[str] | None:
        connection = request.get_extra_info("ssl_object")
        shown = connection.getpeercert(binary_form=True) if connection is not None else None
        return self._known.members_of(shown)


class ByProxy:
    """`Callers` behind a proxy of ours that ends TLS, or TLCP, and names the client."""

    def __init__(self, home: Home, header: str) -> None:
        self._known = Known(home)
        self._header = header

    def __call__(self, request: web.Request) -> frozenset[str] | None:
        given = request.headers.getall(self._header, [])
        if len(given) > 1:
            raise BatchRejected(
                f"{self._header} stands there {len(given)} times", code="request.header_foreign"
            )
        text = given[0].strip() if given else ""
        return self._known.members_of(certificate_in(text) if text else None)


def certificate_in(text: str) -> bytes:
    """The certificate that a proxy handed in, in DER.

    Either as nginx writes `$ssl_client_escaped_cert`, PEM with percent-encoding, or as RFC 9440
    has it, base64 between colons. Raises BatchRejected (`request.certificate_unknown`).
    """
    try:
        if len(text) > _MOST_CHARACTERS:
            raise ValueError("too long")
        if len(text) > 2 and text.startswith(":") and text.endswith(":"):
            return base64.b64decode(text[1:-1], validate=True)
        return pem.decode(unquote_to_bytes(text), "CERTIFICATE")
    except (ValueError, binascii.Error):
        raise BatchRejected(
            "what the proxy hands in is no certificate", code="request.certificate_unknown"
        ) from None


def guard_header(
    home: Home, header: str, proxies: Sequence[IPv4Network | IPv6Network]
) -> Middleware:
    """A middleware: `header` is taken from `proxies` alone, and with proxies, so is anything.

    Without proxies nobody may send it. What is refused is counted as rejected.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        foreign = not _is_one_of(request.remote, proxies)
        if foreign and (proxies or header in request.headers):
            detail = f"from {request.remote}"
            error = BatchRejected(detail, code="request.header_foreign")
            home.meter.rejected(error.code)
            return problem(error, trace=home.new_id())
        return await handler(request)

    return guard


def _is_one_of(remote: str | None, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
