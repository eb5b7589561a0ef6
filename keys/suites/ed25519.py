"""Ed25519 signing keys (RFC 8032), JWS `alg` Ed25519 (RFC 9864)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from keys import base64url

ALG = "Ed25519"

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


class Ed25519VerifyingKey:
    """A point that verifies."""

    alg = ALG
    __slots__ = ("_key", "_raw", "kid")

    def __init__(self, kid: str, raw: bytes) -> None:
        """Raises ValueError unless `raw` (32 bytes) is a point of large order.

        Libraries check a point only when they use it, and take points of small order,
        under which one signature can hold for many messages.
        """
        check_point(raw)
        self.kid = kid
        self._raw = raw
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verify(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(self._raw)}


class Ed25519SigningKey:
    """A private key that signs."""

    alg = ALG
    __slots__ = ("_public", "kid", "private")

    def __init__(self, kid: str, private: Ed25519PrivateKey) -> None:
        self.kid = kid
        self.private = private
        self._public = Ed25519VerifyingKey(kid, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, kid: str) -> "Ed25519SigningKey":
        return cls(kid, Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)

    def public(self) -> Ed25519VerifyingKey:
        return self._public


def check_point(raw: bytes) -> None:
    """Raises ValueError unless `raw` encodes a point whose order does not divide 8.

    Decoding after RFC 8032, section 5.1.3; then the point is doubled three times, which
    takes exactly the points of small order to the neutral element (0, 1).
    """
    x, y = _decode_point(raw)
    for _ in range(3):
        x, y = _double(x, y)
    if (x, y) == (0, 1):
        raise ValueError("an Ed25519 point of small order")


def _decode_point(raw: bytes) -> tuple[int, int]:
    if len(raw) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    encoded = int.from_bytes(raw, "little")
    sign, y = encoded >> 255, encoded & ((1 << 255) - 1)
    if y >= P:
        raise ValueError("an Ed25519 coordinate outside the field")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _SQRT_MINUS_ONE % P
    if (x * x - square) % P:
        raise ValueError("not a point of Ed25519")
    return (P - x if x & 1 != sign else x), y


def _double(x: int, y: int) -> tuple[int, int]:
    """2(x, y) on the twisted Edwards curve with a = -1 (RFC 8032, section 5.1.4)."""
    product = D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, P) % P,
        (y * y + x * x) * pow(1 - product, -1, P) % P,
    )
