"""The libraries that compute SM2 signatures, and the one place where one is chosen.

Tongsuo signs some eight times faster, but has no wheel for Linux on Arm; GmSSL is
always there, because SM2 encryption needs it anyway. Both sign with the user id
1234567812345678 and are held to the same tests.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import gmssl_pyx

from keys.suites.sm2_curve import USER_ID

Signer: TypeAlias = Callable[[bytes], bytes]
"""DER signature of (data)."""
Verifier: TypeAlias = Callable[[bytes, bytes], bool]
"""Whether (DER signature, data) fit."""


class Sm2Engine(NamedTuple):
    """One library: makes a signer of (scalar, point) and a verifier of (point).

    Both take 32-byte scalars and 64-byte points that were checked before.
    """

    name: str
    signer: Callable[[bytes, bytes], Signer]
    verifier: Callable[[bytes], Verifier]


def tongsuo() -> Sm2Engine:
    """Tongsuo, by tongsuopy. Raises ImportError where there is no wheel of it."""
    from tongsuopy.crypto.asymciphers import ec  # noqa: PLC0415 - absent on some machines
    from tongsuopy.crypto.exceptions import InternalError, InvalidSignature  # noqa: PLC0415
    from tongsuopy.crypto.hashes import SM3  # noqa: PLC0415

    # Tongsuo calls it ECDSA; on the curve SM2 it is SM2 with Z and the default user id.
    sm2_with_sm3 = ec.ECDSA(SM3())

    def signer(scalar: bytes, point: bytes) -> Signer:
        x, y = (int.from_bytes(half, "big") for half in (point[:32], point[32:]))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SM2())
        secret = int.from_bytes(scalar, "big")
        key = ec.EllipticCurvePrivateNumbers(secret, public).private_key()
        return lambda data: bytes(key.sign(data, sm2_with_sm3))

    def verifier(point: bytes) -> Verifier:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), b"\x04" + point)

        def verify(signature: bytes, data: bytes) -> bool:
            try:
                key.verify(signature, data, sm2_with_sm3)
            except (InvalidSignature, InternalError):
                return False
            return True

        return verify

    return Sm2Engine("tongsuo", signer, verifier)


def gmssl() -> Sm2Engine:
    """GmSSL, by gmssl_pyx."""

    def signer(scalar: bytes, point: bytes) -> Signer:
        return lambda data: bytes(gmssl_pyx.sm2_sign(scalar, point, data, USER_ID))

    def verifier(point: bytes) -> Verifier:
        return lambda signature, data: bool(gmssl_pyx.sm2_verify(point, data, signature, USER_ID))

    return Sm2Engine("gmssl", signer, verifier)


def _fastest() -> Sm2Engine:
    try:
        return tongsuo()
    except ImportError:
        return gmssl()


ENGINE = _fastest()
"""The engine of this process."""
