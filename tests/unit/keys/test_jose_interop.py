"""Seals of `intl` against joserfc, and against the examples that the RFCs print."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from contracts.errors import BatchRejected
from keys import base64url
from keys.jws import sign_jws, verify_jws
from keys.suites.ed25519 import Ed25519SigningKey
from keys.suites.jwk import verifying_key
from keys.suites.p256 import P256SigningKey, lower_form

HEADER = {"kid": "sign-1", "typ": "tongban+jws"}
PAYLOAD = b'{"iss":"440100"}'


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_we_verify_ed25519_of_joserfc(alg: str) -> None:
    theirs = OKPKey.generate_key("Ed25519")
    token = jws.serialize_compact({"alg": alg, **HEADER}, PAYLOAD, theirs, algorithms=[alg])
    ours = verifying_key("sign-1", theirs.as_dict(private=False))
    assert verify_jws(token, typ=HEADER["typ"], find=lambda _: ours) == PAYLOAD


def test_we_verify_es256_of_joserfc() -> None:
    theirs = ECKey.generate_key("P-256")
    ours = verifying_key("sign-1", theirs.as_dict(private=False))
    taken = set()
    for _ in range(20):  # ECDSA picks one of two forms by chance; a seal has the lower
        token = jws.serialize_compact({"alg": "ES256", **HEADER}, PAYLOAD, theirs)
        signed, _, signature = token.rpartition(".")
        assert ours.verify(base64url.decode(signature), signed.encode())
        lower = base64url.encode(lower_form(base64url.decode(signature)))
        assert verify_jws(f"{signed}.{lower}", typ=HEADER["typ"], find=lambda _: ours) == PAYLOAD
        taken.add(lower == signature)
        if lower != signature:
            with pytest.raises(BatchRejected) as refusal:
                verify_jws(token, typ=HEADER["typ"], find=lambda _: ours)
            assert refusal.value.code == "seal.invalid"
    assert taken == {True, False}


def test_joserfc_verifies_our_ed25519() -> None:
    key = Ed25519SigningKey.generate("sign-1")
    token = sign_jws(PAYLOAD, typ=HEADER["typ"], key=key)
    theirs = OKPKey.import_key(dict(key.public().jwk()))
    opened = jws.deserialize_compact(token, theirs, algorithms=["Ed25519"])
    assert opened.payload == PAYLOAD
    assert opened.headers() == {"alg": "Ed25519", **HEADER}


def test_joserfc_verifies_our_es256() -> None:
    key = P256SigningKey.generate("sign-1")
    token = sign_jws(PAYLOAD, typ=HEADER["typ"], key=key)
    theirs = ECKey.import_key(dict(key.public().jwk()))
    assert jws.deserialize_compact(token, theirs).payload == PAYLOAD


RFC_8037_A4 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
RFC_8037_A2 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_7515_A3 = (
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    "cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_7515_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


@pytest.mark.parametrize(
    ("token", "jwk"),
    [(RFC_8037_A4, RFC_8037_A2), (RFC_7515_A3, RFC_7515_A3_KEY)],
    ids=["RFC 8037 A.4, A.5", "RFC 7515 A.3"],
)
def test_printed_signatures_hold(token: str, jwk: dict[str, str]) -> None:
    signed, _, signature = token.rpartition(".")
    key = verifying_key("a", jwk)
    assert key.verify(base64url.decode(signature), signed.encode())
    assert not key.verify(base64url.decode(signature), signed.encode() + b"A")


def test_we_sign_what_rfc_8037_prints() -> None:
    """Its private key (A.1) gives the very signature of A.4: Ed25519 chooses nothing."""
    seed = base64url.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = Ed25519SigningKey("a", Ed25519PrivateKey.from_private_bytes(seed))
    assert key.public().jwk() == RFC_8037_A2
    signed, _, signature = RFC_8037_A4.rpartition(".")
    assert base64url.encode(key.sign(signed.encode())) == signature


def test_the_key_that_rfc_7515_prints_signs() -> None:
    scalar = base64url.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")
    private = derive_private_key(int.from_bytes(scalar, "big"), SECP256R1())
    key = P256SigningKey("a", private)
    assert key.public().jwk() == RFC_7515_A3_KEY
    signed = RFC_7515_A3.rpartition(".")[0].encode()
    assert key.public().verify(key.sign(signed), signed)
