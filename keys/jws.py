"""Seals: compact JWS (RFC 7515) with a header of exactly `alg`, `kid` and `typ`.

A signature is only as good as what it cannot be talked into. So the header holds nothing
that could name a key, a certificate or an extension (`jwk`, `jku`, `x5c`, `crit`, `b64`);
`alg` must be the algorithm of the key that `kid` names, and never chooses one; `typ` keeps
a receipt's seal from standing in for a batch's; and one token has one spelling, in its
base64url, its JSON, and its signature.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import jwt
from jwt.algorithms import Algorithm

from contracts.errors import BatchRejected
from keys import base64url, strict_json
from keys.suites import p256
from keys.suites.suite import SigningKey, VerifyingKey

MAX_TOKEN_LENGTH = 64 * 1024
MAX_KID_LENGTH = 128

_ACCEPTED: Mapping[str, frozenset[str]] = {
    "SM2": frozenset({"SM2"}),
    "ES256": frozenset({"ES256"}),
    "Ed25519": frozenset({"Ed25519", "EdDSA"}),
}
"""For the `alg` of a key, the header values that are read; EdDSA is the older name of
Ed25519 (RFC 9864, section 2.2)."""

_ALGORITHMS = frozenset().union(*_ACCEPTED.values())


class _KeyAlgorithm(Algorithm):
    """Lets PyJWT sign and verify with keys of this package."""

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: SigningKey) -> bytes:
        return key.sign(msg)

    def verify(self, msg: bytes, key: VerifyingKey, sig: bytes) -> bool:
        return key.verify(sig, msg)

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> NoReturn:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: str | dict[str, Any]) -> NoReturn:
        raise NotImplementedError


def _own_instance() -> jwt.PyJWS:
    """A PyJWS that knows the algorithms of the suites and no other, least of all `none`."""
    instance = jwt.PyJWS(algorithms=[])
    for alg in sorted(_ALGORITHMS):
        instance.register_algorithm(alg, _KeyAlgorithm())
    return instance


_JWS = _own_instance()


def sign_jws(payload: bytes, *, typ: str, key: SigningKey) -> str:
    """Compact JWS of `payload`, with `typ` and the key's own `alg` and `kid` as header.

    Raises ValueError when the token would be longer than any reader takes.
    """
    signer: Any = key
    token = _JWS.encode(payload, signer, algorithm=key.alg, headers={"typ": typ, "kid": key.kid})
    if len(token) > MAX_TOKEN_LENGTH:
        raise ValueError(f"a seal of {len(token)} characters; {MAX_TOKEN_LENGTH} is the most")
    return token


def verify_jws(token: str, *, typ: str, find: Callable[[str], VerifyingKey]) -> bytes:
    """The payload of `token`, once its signature holds under the key that `find` gives.

    `find` takes the `kid`; whatever it raises passes through. Raises BatchRejected with
    seal.malformed (not such a token), seal.algorithm (`alg` is unknown, `none`, or not the
    key's) or seal.invalid (the signature does not hold).
    """
    encoded, _, signature = _segments(token)
    header = _header(encoded)
    if header["typ"] != typ:
        raise _malformed("the seal is of another type", typ=header["typ"][:64])
    alg, kid = header["alg"], header["kid"]
    if alg not in _ALGORITHMS:
        raise _wrong_algorithm(alg)
    key = find(kid)
    if alg not in _ACCEPTED[key.alg]:
        raise _wrong_algorithm(alg, key=kid)
    if key.alg == p256.ALG and not p256.is_lower_form(signature):
        raise BatchRejected("the upper form of a signature", code="seal.invalid", key=kid)
    verifier: Any = key
    try:
        payload: bytes = _JWS.decode(token, verifier, algorithms=[alg])
    except jwt.InvalidSignatureError:
        raise BatchRejected("the signature does not hold", code="seal.invalid", key=kid) from None
    except jwt.InvalidTokenError as error:
        raise _malformed(str(error)) from None
    return payload


def unverified_claims(token: str) -> dict[str, object]:
    """The JSON object in the payload, NOT VERIFIED: anyone may have written it.

    Good for one thing: to learn which member claims to be the issuer, so that `verify_jws`
    can ask for that member's keys. Use what `verify_jws` returns for everything else.

    Raises BatchRejected (seal.malformed) when it is not a token with a JSON object.
    """
    try:
        return strict_json.loads_object(_segments(token)[1])
    except ValueError as error:
        raise _malformed(f"the claims cannot be read: {error}") from None


def kid_in(token: str) -> str:
    """The `kid` in a token's header, NOT VERIFIED. Raises BatchRejected (seal.malformed)."""
    return _header(_segments(token)[0])["kid"]


def _segments(token: str) -> tuple[bytes, bytes, bytes]:
    """Header, payload and signature, decoded; each has one spelling and is not empty."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise _malformed("the token is too long", length=len(token))
    try:
        header, payload, signature = map(base64url.decode, token.split(".", 3))
    except ValueError as error:
        raise _malformed(f"not three parts in base64url: {error}") from None
    if not (header and payload and signature):
        raise _malformed("a part of the token is empty")
    return header, payload, signature


def _header(data: bytes) -> dict[str, str]:
    try:
        header = strict_json.loads_object(data)
    except ValueError as error:
        raise _malformed(f"the header cannot be read: {error}") from None
    if header.keys() != {"alg", "kid", "typ"}:
        raise _malformed("the header must hold alg, kid and typ, and nothing else")
    texts = {name: value for name, value in header.items() if isinstance(value, str)}
    if len(texts) != len(header):
        raise _malformed("alg, kid and typ must be strings")
    if not 0 < len(texts["kid"]) <= MAX_KID_LENGTH:
        raise _malformed(f"kid must have 1 to {MAX_KID_LENGTH} characters")
    return texts


def _malformed(detail: str, **where: object) -> BatchRejected:
    return BatchRejected(detail, code="seal.malformed", **where)


def _wrong_algorithm(alg: str, **where: object) -> BatchRejected:
    return BatchRejected(
        "the algorithm is not the key's", code="seal.algorithm", alg=alg[:32], **where
    )
