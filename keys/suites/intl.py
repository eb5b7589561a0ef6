"""The suite `intl`: Ed25519, SHA-256, HPKE over X25519, AES-256-GCM."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.errors import MessageRefused
from keys.suites.ed25519 import Ed25519SigningKey
from keys.suites.part_key import derive_part_key
from keys.suites.suite import PartKey
from keys.suites.x25519 import X25519OpeningKey

AES_KEY_LENGTH = 32


def sha256(data: bytes) -> bytes:
    """SHA-256 digest of `data` (FIPS 180-4), 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC with SHA-256 (RFC 2104), 32 bytes."""
    return hmac.digest(key, data, "sha256")


class IntlSuite:
    """The international algorithms; see `keys.suites.suite.Suite`."""

    name = "intl"
    digest_name = "sha-256"
    digest = staticmethod(sha256)

    def new_signing_key(self, kid: str) -> Ed25519SigningKey:
        return Ed25519SigningKey.generate(kid)

    def new_opening_key(self, kid: str) -> X25519OpeningKey:
        return X25519OpeningKey.generate(kid)

    def part_key(self, secret: bytes, info: bytes) -> PartKey:
        return derive_part_key(hmac_sha256, secret, info, AES_KEY_LENGTH)

    def encrypt(self, part_key: PartKey, plain: bytes, aad: bytes) -> bytes:
        return AESGCM(part_key.key).encrypt(part_key.nonce, plain, aad)

    def decrypt(self, part_key: PartKey, sealed: bytes, aad: bytes) -> bytes:
        try:
            return AESGCM(part_key.key).decrypt(part_key.nonce, sealed, aad)
        except InvalidTag:
            raise MessageRefused(
                "the part was changed, or sealed for something else", code="part.unreadable"
            ) from None
