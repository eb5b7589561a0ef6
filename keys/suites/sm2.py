"""SM2 signing keys (GB/T 32918.2-2016), SM3 as digest, JWS `alg` SM2, raw r || s."""

import gmssl_pyx

from keys import base64url
from keys.suites.sm2_curve import check_scalar, der_from_raw, point_of, raw_from_der
from keys.suites.sm2_engines import ENGINE, Sm2Engine

ALG = "SM2"


def new_pair() -> tuple[bytes, bytes]:
    """A fresh private scalar (32 bytes) and its point (64 bytes)."""
    point, scalar = gmssl_pyx.sm2_key_generate()
    return bytes(scalar), bytes(point)


def point_jwk(point: bytes) -> dict[str, str]:
    """JWK of a point. IANA registers no name for this curve; members agree on `SM2`."""
    return {
        "kty": "EC",
        "crv": "SM2",
        "x": base64url.encode(point[:32]),
        "y": base64url.encode(point[32:]),
    }


class Sm2VerifyingKey:
    """A point that verifies. `engine` is chosen only in tests."""

    alg = ALG
    __slots__ = ("_verify", "kid", "point")

    def __init__(self, kid: str, point: bytes, engine: Sm2Engine = ENGINE) -> None:
        """Raises ValueError unless `point` (x || y) lies on the curve."""
        self.kid = kid
        self.point = point_of(point[:32], point[32:])
        self._verify = engine.verifier(point)

    def verify(self, signature: bytes, data: bytes) -> bool:
        der = der_from_raw(signature)
        return der is not None and self._verify(der, data)

    def jwk(self) -> dict[str, str]:
        return point_jwk(self.point)


class Sm2SigningKey:
    """A scalar that signs, with the point that belongs to it."""

    alg = ALG
    __slots__ = ("_public", "_sign", "kid", "scalar")

    def __init__(self, kid: str, scalar: bytes, point: bytes, engine: Sm2Engine = ENGINE) -> None:
        """Raises ValueError unless `scalar` is in 1..n-2 and `point` is its point.

        The two are matched by one signature: a point that does not belong would make
        signatures that nobody can verify.
        """
        self.kid = kid
        self.scalar = check_scalar(scalar)
        self._public = Sm2VerifyingKey(kid, point, engine)
        self._sign = engine.signer(scalar, point)
        if not self._public.verify(self.sign(b"pair"), b"pair"):
            raise ValueError("the public key does not belong to the private key")

    @classmethod
    def generate(cls, kid: str, engine: Sm2Engine = ENGINE) -> "Sm2SigningKey":
        return cls(kid, *new_pair(), engine)

    def sign(self, data: bytes) -> bytes:
        return raw_from_der(self._sign(data))

    def public(self) -> Sm2VerifyingKey:
        return self._public
