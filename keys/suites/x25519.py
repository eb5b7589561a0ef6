"""Opening keys of `intl`: HPKE in base mode (RFC 9180) over X25519.

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, single shot; a wrapped secret is
enc (32) || ciphertext (32) || tag (16), 80 bytes. `info` is HPKE's own `info`.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contracts.errors import MessageRefused
from keys import base64url
from keys.suites.suite import SECRET_LENGTH

SUITE = "intl"
HPKE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class X25519SealingKey:
    """A public key that secrets are wrapped to."""

    suite = SUITE
    __slots__ = ("_key", "_raw", "kid")

    def __init__(self, kid: str, raw: bytes) -> None:
        """Raises ValueError unless `raw` has 32 bytes and is no point of small order.

        Such a point makes every shared secret zero (RFC 7748, section 6.1); the library
        says so only when it computes one, so one is computed here.
        """
        self.kid = kid
        self._raw = raw
        self._key = X25519PublicKey.from_public_bytes(raw)
        X25519PrivateKey.generate().exchange(self._key)

    def wrap(self, secret: bytes, info: bytes) -> bytes:
        return HPKE.encrypt(secret, self._key, info=info)

    def jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "X25519", "x": base64url.encode(self._raw)}


class X25519OpeningKey:
    """A private key that unwraps."""

    suite = SUITE
    __slots__ = ("_public", "kid", "private")

    def __init__(self, kid: str, private: X25519PrivateKey) -> None:
        self.kid = kid
        self.private = private
        self._public = X25519SealingKey(kid, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, kid: str) -> "X25519OpeningKey":
        return cls(kid, X25519PrivateKey.generate())

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """The secret; raises MessageRefused (part.unreadable)."""
        try:
            secret = HPKE.decrypt(wrapped, self.private, info=info)
        except (InvalidTag, ValueError):
            secret = b""
        if len(secret) != SECRET_LENGTH:
            raise MessageRefused(
                "the wrapped secret cannot be opened", code="part.unreadable", key=self.kid
            )
        return secret

    def public(self) -> X25519SealingKey:
        return self._public
