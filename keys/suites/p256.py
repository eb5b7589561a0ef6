"""ECDSA keys on P-256 with SHA-256, JWS `alg` ES256 (RFC 7518, section 3.4), raw r || s.

They are for tokens that offer no Ed25519; `intl` reads them beside its own keys.

With (r, s) also (r, n - s) holds, so whoever sees a signature can make a second one of it.
ECDSA allows both; a seal must have one spelling, so here the lower is made, and seals with the
upper are refused (`keys.jws`).
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from keys import base64url

ALG = "ES256"

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the base point (SP 800-186, section 3.2.1.3)."""

_ECDSA = ECDSA(SHA256())
_FIELD = 32


class P256VerifyingKey:
    """A point that verifies."""

    alg = ALG
    __slots__ = ("_key", "_point", "kid")

    def __init__(self, kid: str, point: bytes) -> None:
        """Raises ValueError unless `point` (x || y, 64 bytes) lies on the curve."""
        self.kid = kid
        self._point = point
        self._key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + point)

    def verify(self, signature: bytes, data: bytes) -> bool:
        if len(signature) != 2 * _FIELD:
            return False
        r = int.from_bytes(signature[:_FIELD], "big")
        s = int.from_bytes(signature[_FIELD:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), data, _ECDSA)
        except InvalidSignature:
            return False
        return True

    @classmethod
    def from_pem(cls, kid: str, text: str) -> "P256VerifyingKey":
        """The key in a SubjectPublicKeyInfo (RFC 5480). Raises ValueError."""
        try:
            key = load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("not a public key in PEM") from None
        if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("not a public key on P-256")
        return cls(kid, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:])

    def pem(self) -> str:
        """The key as a SubjectPublicKeyInfo in PEM."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def jwk(self) -> dict[str, str]:
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url.encode(self._point[:_FIELD]),
            "y": base64url.encode(self._point[_FIELD:]),
        }


class P256SigningKey:
    """A private key that signs."""

    alg = ALG
    __slots__ = ("_public", "kid", "private")

    def __init__(self, kid: str, private: EllipticCurvePrivateKey) -> None:
        """Raises ValueError unless `private` is on P-256."""
        if not isinstance(private.curve, SECP256R1):
            raise ValueError(f"ES256 needs a key on P-256, not on {private.curve.name}")
        encoded = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.kid = kid
        self.private = private
        self._public = P256VerifyingKey(kid, encoded[1:])

    @classmethod
    def generate(cls, kid: str) -> "P256SigningKey":
        return cls(kid, generate_private_key(SECP256R1()))

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, _ECDSA))
        return lower_form(r.to_bytes(_FIELD, "big") + s.to_bytes(_FIELD, "big"))

    def public(self) -> P256VerifyingKey:
        return self._public


def is_lower_form(signature: bytes) -> bool:
    """Whether s of r || s is at most half the order."""
    return int.from_bytes(signature[_FIELD:], "big") <= N // 2


def lower_form(signature: bytes) -> bytes:
    """Of the two forms of a signature, r || s, the one with the lower s."""
    if is_lower_form(signature):
        return signature
    s = N - int.from_bytes(signature[_FIELD:], "big")
    return signature[:_FIELD] + s.to_bytes(_FIELD, "big")


def der_form(signature: bytes) -> bytes:
    """r || s in the DER that other formats want (RFC 3279, section 2.2.3)."""
    halves = signature[:_FIELD], signature[_FIELD:]
    return encode_dss_signature(*(int.from_bytes(half, "big") for half in halves))
