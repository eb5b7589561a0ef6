"""The algorithm comes from the key; endpoints are https; PKCE and state are fresh."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from contracts.errors import Wrong
from gateway.officers import oidc
from gateway.officers.duties import Duty

ISSUER = "https://id.example"
CLIENT = oidc.Client(
    ISSUER,
    "tongban",
    "groups",
    {Duty.SYSTEM: "s", Duty.SECURITY: "k", Duty.AUDITOR: "a"},
    acr=("gold",),
)
ENDPOINTS = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://id.example/authorize",
    "token_endpoint": "https://id.example/token",
    "jwks_uri": "https://id.example/keys",
}
PROVIDER = oidc.read_provider(CLIENT, ENDPOINTS)
ATTEMPT = oidc.Attempt("http://127.0.0.1:1/callback")

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
JWKS: dict[str, dict[str, Any]] = {
    "rsa": {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa"},
    "p256": {**ECAlgorithm.to_jwk(P256.public_key(), as_dict=True), "kid": "p256"},
    "ed": {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "ed"},
}
KEYS: dict[str, Any] = {"rsa": RSA, "p256": P256, "ed": ED}


def token(kid: str, alg: str, key: Any = None, **claims: object) -> dict[str, str]:
    now = int(time.time())
    said = {"iss": ISSUER, "sub": "li", "aud": "tongban", "iat": now, "exp": now + 60}
    said |= {"nonce": ATTEMPT.nonce, "groups": ["k"], "acr": "gold", **claims}
    return {"id_token": jwt.encode(said, key or KEYS[kid], alg, headers={"kid": kid})}


def refused(answer: object, keys: object) -> str:
    with pytest.raises(Wrong) as caught:
        oidc.identity(CLIENT, ATTEMPT, answer, keys)
    assert caught.value.code == "officer.provider"
    return caught.value.detail


@pytest.mark.parametrize(
    ("kid", "alg"), [("rsa", "RS256"), ("rsa", "PS384"), ("p256", "ES256"), ("ed", "EdDSA")]
)
def test_a_token_of_a_key_that_is_listed_holds(kid: str, alg: str) -> None:
    listed = {"keys": list(JWKS.values())}
    who = oidc.identity(CLIENT, ATTEMPT, token(kid, alg), listed)
    assert (who.subject, who.duty) == (f"{ISSUER} li", Duty.SECURITY)


def test_a_key_signs_with_the_algorithm_that_it_names_and_no_other() -> None:
    listed = {"keys": [{**JWKS["rsa"], "alg": "PS256"}]}
    oidc.identity(CLIENT, ATTEMPT, token("rsa", "PS256"), listed)
    refused(token("rsa", "RS256"), listed)


@pytest.mark.parametrize(
    "listed",
    [
        None,
        [],
        {},
        {"keys": "x"},
        {"keys": []},
        {"keys": [None, 3]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"}]},
        {"keys": [{**JWKS["rsa"], "use": "enc"}]},
        {"keys": [{**JWKS["rsa"], "alg": "HS256"}]},
        {"keys": [{**JWKS["rsa"], "kid": "other"}]},
        {"keys": [JWKS["rsa"], JWKS["rsa"]]},
        {"keys": [{"kty": "RSA", "n": "!", "e": "AQAB", "kid": "rsa"}]},
        {"keys": [{**JWKS["p256"], "kid": "rsa"}]},
    ],
)
def test_a_key_that_is_none_for_it_proves_nothing(listed: object) -> None:
    refused(token("rsa", "RS256"), listed)


@pytest.mark.parametrize("answer", [None, [], {}, {"id_token": 3}, {"id_token": "a.b.c"},
                                    {"id_token": "x" * 20_000}])  # fmt: skip
def test_what_is_no_token_proves_nothing(answer: object) -> None:
    refused(answer, {"keys": [JWKS["rsa"]]})


def test_a_weaker_sign_in_there_is_not_taken() -> None:
    listed = {"keys": [JWKS["ed"]]}
    assert "acr" in refused(token("ed", "EdDSA", acr="bronze"), listed)
    assert "sub" in refused(token("ed", "EdDSA", sub="x" * 256), listed)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": 3},
    ],
)
def test_a_configuration_that_is_not_the_issuers_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Wrong) as caught:
        oidc.read_provider(CLIENT, {**ENDPOINTS, **change})
    assert caught.value.code == "officer.provider"


def test_what_is_asked_for_is_fresh_and_bound_to_this_sign_in() -> None:
    one, other = ATTEMPT, oidc.Attempt(ATTEMPT.redirect_uri)
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert one.verifier not in repr(one)
    asked = parse_qs(urlsplit(oidc.address(CLIENT, PROVIDER, one)).query)
    digest = hashlib.sha256(one.verifier.encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == ["gold"]
    assert one.verifier not in str(asked)
    assert oidc.code_of(CLIENT, one, f"code=c&state={one.state}") == "c"
    for query in ("", "code=c", f"code=c&state={other.state}", "&".join(["a=1"] * 50)):
        with pytest.raises(Wrong):
            oidc.code_of(CLIENT, one, query)
