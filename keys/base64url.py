"""Strict base64url without padding (RFC 4648, section 5; RFC 7515, section 2).

One value has one spelling: padding, line breaks, the other alphabet and stray trailing
bits are refused, so that two different strings never stand for the same bytes.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(data: bytes) -> str:
    """Base64url of `data`, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that `text` is the one spelling of.

    Raises ValueError for anything that `encode` would not have written.
    """
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not base64url without padding")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not the canonical base64url spelling")
    return data
