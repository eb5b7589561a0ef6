"""SM2 encryption (GB/T 32918.4-2016) of an epoch's secret, as GM/T 0009-2012, 7.2, in DER.

SM2 encryption has no place for associated data, so what is encrypted is
secret || SM3(info). The ciphertext carries C3 = SM3(x2 || plain || y2), which nobody
without the point (x2, y2) can make for another plain text; the digest of `info` inside is
therefore as fixed as the secret itself, and an epoch cannot be moved to another context.
"""

import hmac

import gmssl_pyx
from cryptography.hazmat import asn1

from contracts.errors import MessageRefused
from keys.suites.sm2 import new_pair, point_jwk
from keys.suites.sm2_curve import check_scalar, is_on_curve, point_of
from keys.suites.sm3 import sm3
from keys.suites.suite import SECRET_LENGTH

SUITE = "sm"
_PLAIN_LENGTH = SECRET_LENGTH + 32


@asn1.sequence
class Sm2Ciphertext:
    """SM2Cipher of GM/T 0009-2012, section 7.2: C1 as two integers, C3, C2."""

    x: int
    y: int
    digest: bytes
    cipher: bytes


class Sm2SealingKey:
    """A point that secrets are wrapped to."""

    suite = SUITE
    __slots__ = ("kid", "point")

    def __init__(self, kid: str, point: bytes) -> None:
        """Raises ValueError unless `point` (x || y) lies on the curve."""
        self.kid = kid
        self.point = point_of(point[:32], point[32:])

    def wrap(self, secret: bytes, info: bytes) -> bytes:
        """DER ciphertext, about 170 bytes."""
        return bytes(gmssl_pyx.sm2_encrypt(self.point, secret + sm3(info)))

    def jwk(self) -> dict[str, str]:
        return point_jwk(self.point)


class Sm2OpeningKey:
    """A scalar that unwraps, with the point that belongs to it."""

    suite = SUITE
    __slots__ = ("_public", "kid", "scalar")

    def __init__(self, kid: str, scalar: bytes, point: bytes) -> None:
        """Raises ValueError unless `scalar` is in 1..n-2 and `point` is its point."""
        self.kid = kid
        self.scalar = check_scalar(scalar)
        self._public = Sm2SealingKey(kid, point)
        try:
            self.unwrap(self._public.wrap(bytes(SECRET_LENGTH), b"pair"), b"pair")
        except MessageRefused:
            raise ValueError("the public key does not belong to the private key") from None

    @classmethod
    def generate(cls, kid: str) -> "Sm2OpeningKey":
        return cls(kid, *new_pair())

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """The secret; raises MessageRefused (part.unreadable)."""
        try:
            _check_ciphertext(wrapped)
            plain = bytes(gmssl_pyx.sm2_decrypt(self.scalar, wrapped))
        except (ValueError, gmssl_pyx.GmsslInnerError):
            raise self._refusal("the wrapped secret cannot be opened") from None
        if not hmac.compare_digest(plain[SECRET_LENGTH:], sm3(info)):
            raise self._refusal("the wrapped secret belongs to another context")
        return plain[:SECRET_LENGTH]

    def public(self) -> Sm2SealingKey:
        return self._public

    def _refusal(self, detail: str) -> MessageRefused:
        return MessageRefused(detail, code="part.unreadable", key=self.kid)


def _check_ciphertext(wrapped: bytes) -> None:
    """Raises ValueError unless `wrapped` is DER of a point and of a plain of our length.

    The curve is checked here, because decrypting a point of a weaker curve would give the
    private key away bit by bit (an invalid-curve attack).
    """
    parsed = asn1.decode_der(Sm2Ciphertext, wrapped)
    if not is_on_curve(parsed.x, parsed.y):
        raise ValueError("C1 is not on the curve")
    if len(parsed.digest) != 32 or len(parsed.cipher) != _PLAIN_LENGTH:
        raise ValueError("C2 or C3 has the wrong length")
