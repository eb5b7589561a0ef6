"""Private keys that work inside a PKCS #11 token and never leave it.

What a token can do here, all of the suite `intl`: sign with Ed25519 or, where it does not
offer that, ES256; open what was sealed with HPKE over X25519. PKCS #11 has no SM2.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pkcs11 import KDF, Attribute, KeyType, Mechanism

from contracts.errors import KeyUnusable, MessageRefused
from keys.stores.token import Opened, Token
from keys.suites.ed25519 import Ed25519VerifyingKey
from keys.suites.intl import sha256
from keys.suites.p256 import P256VerifyingKey, lower_form
from keys.suites.suite import SECRET_LENGTH
from keys.suites.x25519 import HPKE, SUITE, X25519SealingKey

# EC_PARAMS: the object identifiers (RFC 8410, RFC 5480) in DER, or the curve's name as a
# PrintableString (PKCS #11 v3.0, section 2.3.5).
ED25519 = bytes.fromhex("06032b6570")
X25519 = bytes.fromhex("06032b656e")
P256 = bytes.fromhex("06082a8648ce3d030107")
_CURVES = {
    ED25519: "Ed25519",
    b"\x13\x0cedwards25519": "Ed25519",
    X25519: "X25519",
    b"\x13\x0acurve25519": "X25519",
    P256: "P-256",
}
_POINT_LENGTHS = {"Ed25519": 32, "X25519": 32, "P-256": 65}
_OCTET_STRING = 4
_ENCAPSULATED = 32  # length of the public key with which an HPKE ciphertext begins


class TokenSigningKey:
    """A key that signs inside its token."""

    def __init__(self, token: Token, kid: str) -> None:
        """Raises KeyUnusable, KeyUnavailable, also when the two halves do not belong together."""
        curve, point = token.use(lambda opened: _public_half(opened, kid))
        self._token = token
        self._public: Ed25519VerifyingKey | P256VerifyingKey
        try:
            if curve == "Ed25519":
                self._public = Ed25519VerifyingKey(kid, point)
            elif curve == "P-256":
                self._public = P256VerifyingKey(kid, point[1:])
            else:
                raise ValueError(f"a key on {curve} does not sign here")
        except ValueError as error:
            raise KeyUnusable(str(error), key=kid, token=token.label) from None
        if not self._public.verify(self.sign(b"pair"), b"pair"):
            detail = "what the token signs does not hold under the public key beside it"
            raise KeyUnusable(detail, key=kid, token=token.label)

    @property
    def kid(self) -> str:
        return self._public.kid

    @property
    def alg(self) -> str:
        return self._public.alg

    def sign(self, data: bytes) -> bytes:
        """Raises KeyUnusable, and KeyUnavailable when the token does not answer."""
        if isinstance(self._public, Ed25519VerifyingKey):
            return self._sign(data, Mechanism.EDDSA)
        # Every token takes a digest; not every one hashes by itself, and none chooses a form.
        return lower_form(self._sign(sha256(data), Mechanism.ECDSA))

    def _sign(self, data: bytes, mechanism: Mechanism) -> bytes:
        return self._token.use(
            lambda opened: opened.private(self.kid).sign(data, mechanism=mechanism), in_use=True
        )

    def public(self) -> Ed25519VerifyingKey | P256VerifyingKey:
        return self._public


class TokenOpeningKey:
    """A key that opens with the help of its token: the one step that needs the private key,
    the exchange of X25519, is done inside; HKDF and AES-GCM are done here."""

    suite = SUITE

    def __init__(self, token: Token, kid: str) -> None:
        """Raises KeyUnusable, KeyUnavailable, also when the two halves do not belong together."""
        curve, point = token.use(lambda opened: _public_half(opened, kid))
        self._token = token
        try:
            if curve != "X25519":
                raise ValueError(f"a key on {curve} does not open here")
            self._public = X25519SealingKey(kid, point)
            self._point = X25519PublicKey.from_public_bytes(point)
            secret = b"p" * SECRET_LENGTH
            if self.unwrap(self._public.wrap(secret, b"pair"), b"pair") != secret:
                raise ValueError("it opens something else")
        except (ValueError, MessageRefused) as error:
            raise KeyUnusable(str(error), key=kid, token=token.label) from None

    @property
    def kid(self) -> str:
        return self._public.kid

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """The secret; raises MessageRefused (part.unreadable), and KeyUnusable, KeyUnavailable."""
        secret = b""
        try:
            encapsulated = wrapped[:_ENCAPSULATED]
            X25519SealingKey("", encapsulated)  # a bad point is the sender's fault, not the token's
            shared = self._token.use(
                lambda opened: _exchange(opened, self.kid, encapsulated), in_use=True
            )
            secret = HPKE.decrypt(wrapped, _Exchanged(self._point, shared), info=info)
        except (InvalidTag, ValueError):
            pass
        if len(secret) != SECRET_LENGTH:
            raise MessageRefused(
                "the wrapped secret cannot be opened", code="part.unreadable", key=self.kid
            )
        return secret

    def public(self) -> X25519SealingKey:
        return self._public


class _Exchanged(X25519PrivateKey):
    """Stands where HPKE expects a private key, and gives the one shared secret that the token
    computed before: an error of the token inside HPKE would be taken for a bad ciphertext."""

    def __init__(self, point: X25519PublicKey, shared: bytes) -> None:
        self._point = point
        self._shared = shared

    def exchange(self, peer_public_key: X25519PublicKey) -> bytes:  # noqa: ARG002 - it was for this
        return self._shared

    def public_key(self) -> X25519PublicKey:
        return self._point

    def private_bytes(self, *_: object) -> bytes:
        raise NotImplementedError

    def private_bytes_raw(self) -> bytes:
        raise NotImplementedError

    def __copy__(self) -> "_Exchanged":
        return self

    def __deepcopy__(self, memo: dict[object, object]) -> "_Exchanged":
        return self


def _exchange(opened: Opened, kid: str, point: bytes) -> bytes:
    """X25519 (RFC 7748, section 6.1) inside the token; 32 bytes, never stored there."""
    derived = opened.private(kid).derive_key(
        KeyType.GENERIC_SECRET,
        8 * 32,
        mechanism=Mechanism.ECDH1_DERIVE,
        mechanism_param=(KDF.NULL, None, point),
        template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
    )
    shared: bytes = derived[Attribute.VALUE]
    derived.destroy()
    return shared


def _public_half(opened: Opened, kid: str) -> tuple[str, bytes]:
    """The curve's name, and the point as it stands in a JWK or certificate.

    Raises KeyUnusable for curves that are not known here, PKCS11Error when there is none.
    """
    opened.private(kid)
    public = opened.public(kid)
    curve = _CURVES.get(public[Attribute.EC_PARAMS])
    if curve is None:
        raise KeyUnusable("a key on a curve that is not used here", key=kid)
    point: bytes = public[Attribute.EC_POINT]
    length = _POINT_LENGTHS[curve]
    # The standard wants the point in an OCTET STRING; some modules give it bare.
    if len(point) == length + 2 and (point[0], point[1]) == (_OCTET_STRING, length):
        point = point[2:]
    if len(point) != length:
        raise KeyUnusable("the public key in the token has another length", key=kid)
    return curve, point
