"""Keys of the suites as keys of TUF: SM2 is registered with securesystemslib, Ed25519 is known.

An SM2 key is of `keytype` "sm2" and `scheme` "sm2-sm3": SM2 with SM3 and the user id
1234567812345678 (GB/T 32918.2, GM/T 0009). `keyval.public` is the point, uncompressed, as 130
lower-case hex digits; a signature is r || s, 128 hex digits. Ed25519 and ECDSA on P-256, for
tokens that offer no Ed25519, are as in TUF itself: 64 and 128 hex digits; PEM and DER.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import (
    KEY_FOR_TYPE_AND_SCHEME,
    SIGNER_FOR_URI_SCHEME,
    Key,
    SecretsHandler,
    Signature,
    Signer,
    SSlibKey,
)

from contracts.errors import KeyUnusable
from keys import base64url
from keys.stores.file import FileKeyStore
from keys.suites import jwk
from keys.suites.p256 import P256VerifyingKey, der_form
from keys.suites.sm2 import Sm2VerifyingKey
from keys.suites.sm2_curve import point_of
from keys.suites.sm3 import sm3
from keys.suites.suite import SigningKey, VerifyingKey

SM2 = ("sm2", "sm2-sm3")
ED25519 = ("ed25519", "ed25519")
ES256 = ("ecdsa", "ecdsa-sha2-nistp256")
KINDS = (SM2, ED25519, ES256)
"""The kinds of key that a federation may use, each as `keytype` and `scheme`."""
URI_SCHEME = "tongban"

_POINT = re.compile(r"04[0-9a-f]{128}", re.ASCII)
_RAW = re.compile(r"[0-9a-f]{128}", re.ASCII)


class Sm2Key(Key):
    """A point that verifies TUF metadata."""

    def __init__(
        self,
        keyid: str,
        keytype: str,
        scheme: str,
        keyval: dict[str, Any],
        unrecognized_fields: dict[str, Any] | None = None,
    ) -> None:
        """Raises ValueError unless `keyval` holds a point on the curve, in its one spelling."""
        super().__init__(keyid, keytype, scheme, keyval, unrecognized_fields)
        public = keyval.get("public")
        if not isinstance(public, str) or _POINT.fullmatch(public) is None:
            raise ValueError("an SM2 key is 04 and two coordinates, 130 lower-case hex digits")
        raw = bytes.fromhex(public)[1:]
        self._point = point_of(raw[:32], raw[32:])

    @classmethod
    def from_dict(cls, keyid: str, key_dict: dict[str, Any]) -> "Sm2Key":
        keytype, scheme, keyval = cls._from_dict(key_dict)
        return cls(keyid, keytype, scheme, keyval, key_dict)

    def to_dict(self) -> dict[str, Any]:
        return self._to_dict()

    def verify_signature(self, signature: Signature, data: bytes) -> None:
        raw = signature.signature
        if not isinstance(raw, str) or _RAW.fullmatch(raw) is None:
            raise UnverifiedSignatureError("an SM2 signature is 128 lower-case hex digits")
        if not _verifying(self._point).verify(bytes.fromhex(raw), data):
            raise UnverifiedSignatureError(f"the signature by {self.keyid[:16]} does not hold")


@lru_cache(maxsize=1024)
def _verifying(point: bytes) -> Sm2VerifyingKey:
    """Not kept in the key itself: metadata is copied, and what an engine holds cannot be."""
    return Sm2VerifyingKey("", point)


class SuiteSigner(Signer):
    """Signs TUF metadata with a signing key of ours."""

    def __init__(self, key: SigningKey) -> None:
        """Raises KeyUnusable when a federation cannot use keys of this kind."""
        self._key = key
        self._public = tuf_key(key.public())

    @property
    def public_key(self) -> Key:
        return self._public

    def sign(self, payload: bytes) -> Signature:
        signature = self._key.sign(payload)
        if (self._public.keytype, self._public.scheme) == ES256:
            signature = der_form(signature)
        return Signature(self._public.keyid, signature.hex())

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "SuiteSigner":
        """`tongban:FOLDER/NAME.pem`: a key file of ours; the handler is asked for "passphrase".

        Raises ValueError, and KeyUnusable as the key store does.
        """
        path = Path(priv_key_uri.removeprefix(f"{URI_SCHEME}:"))
        if secrets_handler is None:
            raise ValueError("a key file needs its passphrase")
        store = FileKeyStore(path.parent, secrets_handler("passphrase").encode())
        signer = cls(store.signing_key(f"file:{path.name}"))
        if signer.public_key.keyval != public_key.keyval:
            raise ValueError("the private key belongs to another public key")
        return signer


def tuf_key(key: VerifyingKey) -> Key:
    """A verifying key of ours as TUF publishes it. Raises KeyUnusable for other kinds."""
    plain = key.jwk()
    if plain["crv"] == "SM2":
        point = base64url.decode(plain["x"]) + base64url.decode(plain["y"])
        keyval = {"public": f"04{point.hex()}"}
        return Sm2Key(_key_id(SM2, keyval), *SM2, keyval)
    if plain["crv"] == "Ed25519":
        keyval = {"public": base64url.decode(plain["x"]).hex()}
        return SSlibKey(_key_id(ED25519, keyval), *ED25519, keyval)
    if plain["crv"] == "P-256":
        point = base64url.decode(plain["x"]) + base64url.decode(plain["y"])
        keyval = {"public": P256VerifyingKey(key.kid, point).pem()}
        return SSlibKey(_key_id(ES256, keyval), *ES256, keyval)
    raise KeyUnusable("a federation uses SM2, Ed25519 and P-256", key=key.kid)


def named(key: Key) -> Key:
    """The same key under the name that we give it. Raises KeyUnusable for other kinds."""
    return tuf_key(jwk.verifying_key("", public_jwk(key)))


def public_jwk(key: Key) -> dict[str, str]:
    """The key as a JWK, for fingerprints that people compare. Raises KeyUnusable."""
    public = key.keyval.get("public")
    try:
        if (key.keytype, key.scheme) == SM2 and isinstance(public, str):
            raw = bytes.fromhex(public)[1:]
            x, y = base64url.encode(raw[:32]), base64url.encode(raw[32:])
            plain = {"kty": "EC", "crv": "SM2", "x": x, "y": y}
        elif (key.keytype, key.scheme) == ED25519 and isinstance(public, str):
            x = base64url.encode(bytes.fromhex(public))
            plain = {"kty": "OKP", "crv": "Ed25519", "x": x}
        elif (key.keytype, key.scheme) == ES256 and isinstance(public, str):
            plain = P256VerifyingKey.from_pem(key.keyid[:16], public).jwk()
        else:
            raise ValueError(f"a federation does not use {key.keytype}/{key.scheme}")
    except ValueError as error:
        raise KeyUnusable(str(error), key=key.keyid[:16]) from None
    jwk.verifying_key(key.keyid[:16], plain)
    return plain


def _key_id(kind: tuple[str, str], keyval: dict[str, str]) -> str:
    """SM3 of the canonical key. A name only: keys are told apart by their public halves."""
    canonical = encode_canonical({"keytype": kind[0], "scheme": kind[1], "keyval": keyval})
    assert canonical is not None  # noqa: S101 - it is written into a string when asked for one
    return sm3(canonical.encode()).hex()


def register() -> None:
    """Make SM2 known to securesystemslib, and with it to all of python-tuf. May be repeated."""
    KEY_FOR_TYPE_AND_SCHEME[SM2] = Sm2Key
    SIGNER_FOR_URI_SCHEME[URI_SCHEME] = SuiteSigner


register()
