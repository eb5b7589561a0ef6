"""OpenID Connect: what is asked of the city's provider of identities, and which answers are taken.

Authorization Code with PKCE (RFC 7636) for a program on somebody's machine (RFC 8252). Pure: the
network is `gateway/links/provider.py`'s. Checks of the ID token: OpenID Connect Core 1.0, section
3.1.3.7; the algorithm comes from the provider's key, never from the token.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from contracts.errors import Wrong
from gateway.officers.duties import OFFICERS, Duty

_LEEWAY_S = 60
_LONGEST = 16 * 1024
_ALGORITHMS: Mapping[tuple[str, str | None], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""What a key may sign with, by its kind; one that names its own `alg` signs with that alone."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider, and what we want to be told."""

    issuer: str
    client_id: str
    claim: str
    duties: Mapping[Duty, str]
    """The value of the claim that makes somebody this officer."""
    scopes: Sequence[str] = ("openid", "profile")
    acr: Sequence[str] = ()
    amr: Sequence[str] = ()
    """Where given: one of these must have been used, that is, a second factor."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What its configuration says (OpenID Connect Discovery 1.0, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in. Every value is fresh, and good for this one alone."""

    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is. `subject` names the person for good, with the issuer."""

    subject: str
    name: str
    duty: Duty


def read_provider(client: Client, said: object) -> Provider:
    """Raises Wrong (`officer.provider`): the issuer must be the very one of the settings."""
    if not isinstance(said, dict) or said.get("issuer") != client.issuer:
        raise _wrong("its configuration names another issuer")
    found = [said.get(name) for name in Provider.__dataclass_fields__]
    texts = [value for value in found if isinstance(value, str) and allowed(value)]
    if len(texts) != len(found):
        raise _wrong("its configuration lacks an endpoint, or one is not https")
    return Provider(*texts)


def allowed(address: str) -> bool:
    """https; http on this machine alone, as in a test."""
    parts = urlsplit(address)
    local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return parts.scheme == "https" or (parts.scheme == "http" and local)


def address(client: Client, provider: Provider, attempt: Attempt) -> str:
    """What the officer opens in a browser."""
    challenge = hashlib.sha256(attempt.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": attempt.redirect_uri,
        "scope": " ".join(client.scopes),
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    if client.acr:
        asked["acr_values"] = " ".join(client.acr)
    joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"


def code_of(client: Client, attempt: Attempt, query: str) -> str:
    """The code that the browser brought back. Raises Wrong (`officer.provider`)."""
    try:
        said = parse_qs(query, max_num_fields=20)
    except ValueError:
        raise _wrong("the answer has too many fields") from None
    if any(len(values) != 1 for values in said.values()):
        raise _wrong("a value came back twice")
    if not hmac.compare_digest(said.get("state", [""])[0].encode(), attempt.state.encode()):
        raise _wrong("the answer is not to this sign-in (state)")
    if said.get("iss", [client.issuer]) != [client.issuer]:  # RFC 9207
        raise _wrong("the answer is another provider's (iss)")
    if "error" in said or "code" not in said:
        raise _wrong(f"it refused: {ascii(said.get('error', ['no code'])[0])[:60]}")
    return said["code"][0]


def exchange(client: Client, attempt: Attempt, code: str) -> dict[str, str]:
    """The form for the token endpoint."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": attempt.redirect_uri,
        "client_id": client.client_id,
        "code_verifier": attempt.verifier,
    }


def identity(client: Client, attempt: Attempt, answer: object, keys: object) -> Identity:
    """Who signed in, by the ID token in `answer`; `keys`: the provider's, just fetched.

    Raises Wrong: `officer.provider`, and `officer.two_duties` for somebody who is not exactly
    one officer.
    """
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise _wrong("no ID token came")
    claims = _claims(client, token, keys)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
        raise _wrong("the ID token is not of this sign-in (nonce)")
    if claims.get("azp", client.client_id) != client.client_id:
        raise _wrong("the ID token was given to another client (azp)")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise _wrong("the ID token is for several, and does not say for whom (azp)")
    _check_factors(client, claims)
    subject = f"{client.issuer} {claims['sub']}"
    if not 0 < len(str(claims["sub"])) <= 255 or len(subject) > 600:
        raise _wrong("the name of the person is too long (sub)")
    return Identity(subject, str(claims.get("preferred_username", "")), duty_of(client, claims))


def duty_of(client: Client, claims: Mapping[str, Any]) -> Duty:
    """Exactly one. Raises Wrong (`officer.two_duties`)."""
    said = claims.get(client.claim, [])
    values = {said} if isinstance(said, str) else set(map(str, said)) if _is_list(said) else set()
    found = [duty for duty in OFFICERS if client.duties[duty] in values]
    if len(found) != 1:
        raise Wrong(
            f"the claim {client.claim} gives {len(found)} duties", code="officer.two_duties"
        )
    return found[0]


def _claims(client: Client, token: str, keys: object) -> dict[str, Any]:
    """The claims of a token that is signed, for us, of that issuer, and not over."""
    try:
        key = _key(jwt.get_unverified_header(token), keys)
        algorithms = _algorithms(key)
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key, algorithm=key.get("alg") or _header_alg(token, algorithms)),
            algorithms=list(algorithms),
            audience=client.client_id,
            issuer=client.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _wrong(f"the ID token does not hold: {type(error).__name__}") from None
    return claims


def _key(header: Mapping[str, Any], keys: object) -> dict[str, Any]:
    """The provider's key that the token names; where it names none, the only one there is."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    usable = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and _algorithms(key)
    ]
    kid = header.get("kid")
    named = [key for key in usable if key.get("kid") == kid] if kid is not None else usable
    if len(named) != 1:
        raise _wrong("the ID token is signed with a key that the provider does not list")
    return named[0]


def _algorithms(key: Mapping[str, Any]) -> tuple[str, ...]:
    """What the key may sign with; nothing for one that is secret, or of no kind we know."""
    kty, crv = str(key.get("kty")), key.get("crv")
    of_kind = _ALGORITHMS.get((kty, None if kty == "RSA" else crv), ())
    alg = key.get("alg")
    return of_kind if alg is None else tuple(a for a in of_kind if a == alg)


def _header_alg(token: str, algorithms: Sequence[str]) -> str:
    """The one in the header, if the key may sign with it. Raises ValueError."""
    alg = jwt.get_unverified_header(token).get("alg")
    if alg not in algorithms:
        raise ValueError("not an algorithm of the key")
    return str(alg)


def _check_factors(client: Client, claims: Mapping[str, Any]) -> None:
    if client.acr and claims.get("acr") not in client.acr:
        raise _wrong("the sign-in there was not strong enough (acr)")
    used = claims.get("amr", [])
    if client.amr and not (_is_list(used) and set(client.amr) & set(map(str, used))):
        raise _wrong("no second factor was used there (amr)")


def _is_list(said: object) -> bool:
    return isinstance(said, list)


def _wrong(detail: str) -> Wrong:
    return Wrong(detail, code="officer.provider")
