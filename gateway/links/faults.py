"""Why a gateway was not reached, told apart as far as TLS tells it."""

import ssl

import aiohttp

from contracts.errors import PartnerUnreachable

_OF_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
"""Words in the alerts by which a peer refuses what we showed (RFC 8446, 6.2)."""


def unreachable(error: BaseException, *, partner: str, address: str) -> PartnerUnreachable:
    """The error of a link for one of the HTTP client."""
    connecting = isinstance(error, aiohttp.ServerTimeoutError)
    return PartnerUnreachable(
        f"{type(error).__name__}: {error}".rstrip(": "),
        code=fault_of(error),
        timed_out=isinstance(error, TimeoutError) and not connecting,
        partner=partner,
        address=address,
    )


def fault_of(error: BaseException) -> str:
    """`link.certificate`, `link.certificate_refused` or `link.unreachable`."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.CertificateError):
        return "link.certificate"
    return "link.certificate_refused" if _refuses_us(error) else "link.unreachable"


def _refuses_us(error: BaseException) -> bool:
    """A peer of TLS 1.3 judges our certificate after we think that the handshake is over: the
    alert comes instead of an answer."""
    seen: BaseException | None = error
    while seen is not None:
        reason = getattr(seen, "reason", None) or ""
        if isinstance(seen, ssl.SSLError) and "ALERT" in reason:
            return any(word in reason for word in _OF_CERTIFICATES)
        inner = getattr(seen, "os_error", None)
        seen = inner if isinstance(inner, ssl.SSLError) else seen.__cause__ or seen.__context__
    return False
