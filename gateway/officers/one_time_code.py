"""One-time codes: TOTP (RFC 6238) with HMAC-SHA-1, six digits, steps of thirty seconds.

These are what every authenticator application knows. A code is taken once: whoever looked over
a shoulder has nothing (RFC 6238, section 5.2).
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
_SECRET_BYTES = 20  # as long as the output of SHA-1: RFC 4226, section 4
_OFF = 1  # steps by which the clock of a telephone may be off


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def code(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """HOTP of RFC 4226, section 5.3, over the number of the step."""
    mac = hmac.digest(secret, step.to_bytes(8), hashlib.sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(now_ms: int) -> int:
    return now_ms // 1000 // STEP_SECONDS


def accepted_step(secret: bytes, given: str, now_ms: int, used: int) -> int | None:
    """The step whose code was given, of those near now and newer than `used`; None: wrong, too
    old, or taken before. Takes the same time whichever it is."""
    now, found = step_of(now_ms), None
    for step in range(now - _OFF, now + _OFF + 1):
        same = hmac.compare_digest(code(secret, step).encode(), given.encode())
        if same and step > used:
            found = step
    return found


def base32(secret: bytes) -> str:
    """The secret as it is typed into a telephone: no padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def enrolment(secret: bytes, account: str, issuer: str) -> str:
    """The ``otpauth:`` address that an application reads from a QR code."""
    label = quote(f"{issuer}:{account}", safe=":")
    query = urlencode({"secret": base32(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
