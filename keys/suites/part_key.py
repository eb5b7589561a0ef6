"""Part keys: HKDF-Expand over an epoch's secret (RFC 5869, section 2.3).

The extract step is left out, as RFC 5869 section 3.3 allows, because the secret is 32
uniformly random bytes already. One output of key || nonce || salt is cut in that order.
"""

from collections.abc import Callable
from typing import TypeAlias

from keys.suites.suite import NONCE_LENGTH, SALT_LENGTH, SECRET_LENGTH, PartKey

Hmac: TypeAlias = Callable[[bytes, bytes], bytes]
"""HMAC of (key, data) with a 32-byte digest."""


def derive_part_key(hmac: Hmac, secret: bytes, info: bytes, key_length: int) -> PartKey:
    """The part key of `info` under `secret`, with a cipher key of `key_length` bytes.

    Two blocks of output always suffice: 32 < key_length + 12 + 16 <= 64. Raises ValueError
    unless `secret` is 32 bytes long.
    """
    if len(secret) != SECRET_LENGTH:
        raise ValueError(f"an epoch secret has {SECRET_LENGTH} bytes, not {len(secret)}")
    first = hmac(secret, info + b"\x01")
    output = first + hmac(secret, first + info + b"\x02")
    nonce_end = key_length + NONCE_LENGTH
    return PartKey(
        output[:key_length], output[key_length:nonce_end], output[nonce_end:][:SALT_LENGTH]
    )
