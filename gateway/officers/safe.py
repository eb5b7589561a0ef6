"""The safe: secrets of one-time codes, encrypted under the passphrase of the key store.

Whoever can read the database, or a backup of it, but not the machine, learns none. AES-256-GCM
under a key that scrypt (RFC 7914) makes of the passphrase; the account's name is bound in, so
that a secret put at another account opens nothing.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.errors import KeyUnusable

_SALT, _NONCE = 16, 12
_N, _R, _P = 1 << 15, 8, 1  # 32 MiB, some 0.1 s
_DOMAIN = b"tongban officer code 1\x00"


class Safe:
    """Locks and opens what belongs to an account."""

    def __init__(self, passphrase: bytes) -> None:
        self._passphrase = passphrase

    def lock(self, secret: bytes, name: str) -> bytes:
        salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        return salt + nonce + self._cipher(salt).encrypt(nonce, secret, _DOMAIN + name.encode())

    def open(self, locked: bytes, name: str) -> bytes:
        """Raises KeyUnusable when it was locked under another passphrase, or for another."""
        salt, nonce, data = locked[:_SALT], locked[_SALT : _SALT + _NONCE], locked[_SALT + _NONCE :]
        try:
            return self._cipher(salt).decrypt(nonce, data, _DOMAIN + name.encode())
        except (InvalidTag, ValueError):
            raise KeyUnusable(
                "the secret of an account's one-time codes does not open under the passphrase of "
                "the key store; if that was changed: tongban officer reset",
            ) from None

    def _cipher(self, salt: bytes) -> AESGCM:
        key = hashlib.scrypt(
            self._passphrase, salt=salt, n=_N, r=_R, p=_P, dklen=32, maxmem=64 << 20
        )
        return AESGCM(key)
