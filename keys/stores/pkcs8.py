"""Private keys as PrivateKeyInfo in DER (PKCS #8, RFC 5958), for every kind of key.

`cryptography` reads and writes Ed25519, X25519 (RFC 8410) and P-256. It does not know the
curve of SM2; that structure is RFC 5915's and is spelled out here.
"""

from typing import Annotated

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509 import ObjectIdentifier

from keys.suites.ed25519 import Ed25519SigningKey
from keys.suites.p256 import P256SigningKey
from keys.suites.sm2 import Sm2SigningKey
from keys.suites.sm2_curve import SM2_OID
from keys.suites.sm2_sealing import Sm2OpeningKey
from keys.suites.suite import OpeningKey, SigningKey
from keys.suites.x25519 import X25519OpeningKey

_EC_PUBLIC_KEY = ObjectIdentifier("1.2.840.10045.2.1")
_SM2 = ObjectIdentifier(SM2_OID)


@asn1.sequence
class _EcAlgorithm:
    algorithm: ObjectIdentifier
    curve: ObjectIdentifier


@asn1.sequence
class _Sm2PrivateKeyInfo:
    """PrivateKeyInfo (RFC 5958, section 2), version v1, of a key on a named curve."""

    version: int
    algorithm: _EcAlgorithm
    private_key: bytes


@asn1.sequence
class _EcPrivateKey:
    """ECPrivateKey (RFC 5915, section 3)."""

    version: int
    scalar: bytes
    curve: Annotated[ObjectIdentifier | None, asn1.Explicit(0)]
    point: Annotated[asn1.BitString | None, asn1.Explicit(1)]


def encode_signing_key(key: SigningKey) -> bytes:
    """PrivateKeyInfo of `key`. Raises ValueError for a key that cannot leave its token."""
    if isinstance(key, Sm2SigningKey):
        return _encode_sm2(key.scalar, key.public().point)
    if isinstance(key, Ed25519SigningKey | P256SigningKey):
        return key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    raise ValueError(f"a {type(key).__name__} cannot be written to a file")


def encode_opening_key(key: OpeningKey) -> bytes:
    """PrivateKeyInfo of `key`. Raises ValueError for a key that cannot leave its token."""
    if isinstance(key, Sm2OpeningKey):
        return _encode_sm2(key.scalar, key.public().point)
    if isinstance(key, X25519OpeningKey):
        return key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    raise ValueError(f"a {type(key).__name__} cannot be written to a file")


def decode_signing_key(kid: str, data: bytes) -> SigningKey:
    """The signing key in a PrivateKeyInfo. Raises ValueError."""
    if (pair := _decode_sm2(data)) is not None:
        return Sm2SigningKey(kid, *pair)
    match _load(data):
        case Ed25519PrivateKey() as private:
            return Ed25519SigningKey(kid, private)
        case EllipticCurvePrivateKey() as private:
            return P256SigningKey(kid, private)
        case other:
            raise ValueError(f"a {type(other).__name__} does not sign here")


def decode_opening_key(kid: str, data: bytes) -> OpeningKey:
    """The opening key in a PrivateKeyInfo. Raises ValueError."""
    if (pair := _decode_sm2(data)) is not None:
        return Sm2OpeningKey(kid, *pair)
    match _load(data):
        case X25519PrivateKey() as private:
            return X25519OpeningKey(kid, private)
        case other:
            raise ValueError(f"a {type(other).__name__} does not open here")


def _load(data: bytes) -> object:
    try:
        return load_der_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not a private key that is known here") from None


def _encode_sm2(scalar: bytes, point: bytes) -> bytes:
    encoded_point = asn1.BitString(data=b"\x04" + point, padding_bits=0)
    private = _EcPrivateKey(version=1, scalar=scalar, curve=None, point=encoded_point)
    return asn1.encode_der(
        _Sm2PrivateKeyInfo(
            version=0,
            algorithm=_EcAlgorithm(algorithm=_EC_PUBLIC_KEY, curve=_SM2),
            private_key=asn1.encode_der(private),
        )
    )


def _decode_sm2(data: bytes) -> tuple[bytes, bytes] | None:
    """Scalar and point; None when `data` is not on the curve of SM2.

    Raises ValueError when it is, but leaves out its public key, as RFC 5915 allows and no
    tool does: computing it would need a library that is not on every machine.
    """
    try:
        info = asn1.decode_der(_Sm2PrivateKeyInfo, data)
    except ValueError:
        return None
    if (info.algorithm.algorithm, info.algorithm.curve) != (_EC_PUBLIC_KEY, _SM2):
        return None
    private = asn1.decode_der(_EcPrivateKey, info.private_key)
    encoded = private.point.as_bytes() if private.point is not None else b""
    if len(encoded) != 65 or encoded[0] != 4:
        raise ValueError("the SM2 key does not hold its public key, uncompressed")
    return private.scalar, encoded[1:]
