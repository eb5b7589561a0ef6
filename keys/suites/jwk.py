"""Public keys from JWKs (RFC 7517, 7518, 8037), checked before they are used.

The curve names the key: SM2, P-256 and Ed25519 verify; SM2 and X25519 seal. Members of the
JWK that say nothing about the key itself are ignored (RFC 7517, section 4); a private one
is refused, because it should not be here.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from contracts.errors import KeyUnusable
from keys import base64url
from keys.suites.ed25519 import Ed25519VerifyingKey
from keys.suites.p256 import P256VerifyingKey
from keys.suites.sm2 import Sm2VerifyingKey
from keys.suites.sm2_sealing import Sm2SealingKey
from keys.suites.suite import SealingKey, VerifyingKey
from keys.suites.x25519 import X25519SealingKey

_Key = TypeVar("_Key")

_COORDINATES = {"EC": ("x", "y"), "OKP": ("x",)}
_COORDINATE_LENGTH = 32

_VERIFYING: dict[tuple[str, str], Callable[[str, bytes], VerifyingKey]] = {
    ("EC", "SM2"): Sm2VerifyingKey,
    ("EC", "P-256"): P256VerifyingKey,
    ("OKP", "Ed25519"): Ed25519VerifyingKey,
}
_SEALING: dict[tuple[str, str], Callable[[str, bytes], SealingKey]] = {
    ("EC", "SM2"): Sm2SealingKey,
    ("OKP", "X25519"): X25519SealingKey,
}


def verifying_key(kid: str, jwk: Mapping[str, object]) -> VerifyingKey:
    """The verifying key that `jwk` describes. Raises KeyUnusable."""
    return _key(_VERIFYING, kid, jwk)


def sealing_key(kid: str, jwk: Mapping[str, object]) -> SealingKey:
    """The sealing key that `jwk` describes. Raises KeyUnusable."""
    return _key(_SEALING, kid, jwk)


def _key(
    table: Mapping[tuple[str, str], Callable[[str, bytes], _Key]],
    kid: str,
    jwk: Mapping[str, object],
) -> _Key:
    try:
        if "d" in jwk:
            raise ValueError("a private key stands where a public one belongs")
        kind = _text(jwk, "kty"), _text(jwk, "crv")
        if kind not in table:
            raise ValueError(f"{kind[0]} on {kind[1]} cannot do this")
        point = b"".join(_coordinate(jwk, name) for name in _COORDINATES[kind[0]])
        return table[kind](kid, point)
    except ValueError as error:
        raise KeyUnusable(str(error), key=kid) from None


def _text(jwk: Mapping[str, object], name: str) -> str:
    value = jwk.get(name)
    if not isinstance(value, str):
        raise ValueError(f"the JWK has no {name}")
    return value


def _coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    data = base64url.decode(_text(jwk, name))
    if len(data) != _COORDINATE_LENGTH:
        raise ValueError(f"{name} has {len(data)} bytes instead of {_COORDINATE_LENGTH}")
    return data
