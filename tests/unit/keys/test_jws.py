"""A seal has one form; everything else is refused by name."""

import json
from typing import NoReturn

import pytest

from contracts.errors import BatchRejected, TrustUnavailable
from keys import base64url
from keys.jws import MAX_TOKEN_LENGTH, sign_jws, unverified_claims, verify_jws
from keys.suites import SUITES
from keys.suites.p256 import P256SigningKey
from keys.suites.suite import SigningKey, VerifyingKey

TYP = "tongban-batch+jws"
PAYLOAD = b'{"iss":"410100","root":"00"}'
KEYS: list[SigningKey] = [
    SUITES["sm"].new_signing_key("sm-1"),
    SUITES["intl"].new_signing_key("intl-1"),
    P256SigningKey.generate("p256-1"),
]
PUBLIC: dict[str, VerifyingKey] = {key.kid: key.public() for key in KEYS}
ED25519 = KEYS[1]


def verify(token: str) -> bytes:
    return verify_jws(token, typ=TYP, find=PUBLIC.__getitem__)


def code_of(token: str) -> str:
    with pytest.raises(BatchRejected) as rejection:
        verify(token)
    return rejection.value.code


def token_with(header: bytes | dict[str, object], key: SigningKey = ED25519) -> str:
    """A token with any header at all, whose signature holds."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{base64url.encode(data)}.{base64url.encode(PAYLOAD)}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode()))}"


def header_of(key: SigningKey, **more: object) -> dict[str, object]:
    return {"alg": key.alg, "kid": key.kid, "typ": TYP, **more}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.alg)
def test_round_trip(key: SigningKey) -> None:
    token = sign_jws(PAYLOAD, typ=TYP, key=key)
    assert verify(token) == PAYLOAD
    header = json.loads(base64url.decode(token.split(".")[0]))
    assert header == header_of(key)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.alg)
def test_changed_payload(key: SigningKey) -> None:
    head, _, signature = sign_jws(PAYLOAD, typ=TYP, key=key).split(".")
    changed = base64url.encode(PAYLOAD.replace(b"00", b"01"))
    assert code_of(f"{head}.{changed}.{signature}") == "seal.invalid"


def test_the_header_is_signed_too() -> None:
    _, payload, signature = sign_jws(PAYLOAD, typ="other", key=ED25519).split(".")
    head = base64url.encode(json.dumps(header_of(ED25519)).encode())
    assert code_of(f"{head}.{payload}.{signature}") == "seal.invalid"


def test_eddsa_is_read_for_ed25519_alone() -> None:
    assert verify(token_with(header_of(ED25519) | {"alg": "EdDSA"})) == PAYLOAD
    for key in (KEYS[0], KEYS[2]):
        assert code_of(token_with(header_of(key) | {"alg": "EdDSA"}, key)) == "seal.algorithm"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "RS256", "ed25519", "ES384"])
def test_algorithms_of_others(alg: str) -> None:
    assert code_of(token_with(header_of(ED25519) | {"alg": alg})) == "seal.algorithm"


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.alg)
def test_swapped_algorithm(key: SigningKey) -> None:
    for alg in {"SM2", "ES256", "Ed25519"} - {key.alg}:
        assert code_of(token_with(header_of(key) | {"alg": alg}, key)) == "seal.algorithm"


def test_none_without_a_signature() -> None:
    head = base64url.encode(json.dumps(header_of(ED25519) | {"alg": "none"}).encode())
    assert code_of(f"{head}.{base64url.encode(PAYLOAD)}.") == "seal.malformed"


@pytest.mark.parametrize(
    "member",
    ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "cty", "zip", "iss", "Alg"],
)
def test_unknown_header_members(member: str) -> None:
    assert code_of(token_with(header_of(ED25519, **{member: "x"}))) == "seal.malformed"


def test_unencoded_payload_of_rfc_7797() -> None:
    header = header_of(ED25519, b64=False, crit=["b64"])
    assert code_of(token_with(header)) == "seal.malformed"


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
def test_header_member_missing_or_not_a_string(member: str) -> None:
    header = header_of(ED25519)
    values: list[object] = [None, 1, True, ["Ed25519"], {}]
    for value in values:
        assert code_of(token_with(header | {member: value})) == "seal.malformed"
    del header[member]
    assert code_of(token_with(header)) == "seal.malformed"


def test_repeated_header_names() -> None:
    text = json.dumps(header_of(ED25519))
    for repeated in ('"alg":"none"', '"kid":"other"', '"typ":"x"', '"a\\u006cg":"none"'):
        for data in (f"{{{repeated},{text[1:]}", f"{text[:-1]},{repeated}}}"):
            assert code_of(token_with(data.encode())) == "seal.malformed"


@pytest.mark.parametrize(
    "header",
    [b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b"\xef\xbb\xbf{}", b"[" * 40_000],
    ids=["empty", "null", "array", "number", "text", "cut", "no UTF-8", "BOM", "deep"],
)
def test_header_that_is_no_object(header: bytes) -> None:
    assert code_of(token_with(header)) == "seal.malformed"


def test_header_with_half_a_character() -> None:
    header = b'{"alg":"Ed25519","kid":"\\ud800","typ":"tongban-batch+jws"}'
    assert code_of(token_with(header)) == "seal.malformed"


def test_header_with_nan() -> None:
    assert code_of(token_with(b'{"alg":"Ed25519","kid":"intl-1","typ":NaN}')) == "seal.malformed"


def test_another_type() -> None:
    assert code_of(sign_jws(PAYLOAD, typ="tongban-receipts+jws", key=ED25519)) == "seal.malformed"


@pytest.mark.parametrize("kid", ["", "k" * 129])
def test_length_of_kid(kid: str) -> None:
    assert code_of(token_with(header_of(ED25519) | {"kid": kid})) == "seal.malformed"


def test_other_spellings_of_the_same_token() -> None:
    token = sign_jws(PAYLOAD, typ=TYP, key=ED25519)
    head, payload, signature = token.split(".")
    padded = [f"{token}=", f"{token}==", f"{head}=.{payload}.{signature}"]
    dotted = [f"{token}.", f".{token}", f"{token}.x", f"{head}..{signature}", f"{head}.{payload}"]
    spaced = [f"{token}\n", f" {token}", f"{head}.{payload}.{signature[:40]}\n{signature[40:]}"]
    foreign = [token.replace(".", ".\u200b"), f"{token}\u0661"]
    for spelling in [*padded, *dotted, *spaced, *foreign, "", ".", ".."]:
        assert code_of(spelling) == "seal.malformed"


def test_stray_trailing_bits() -> None:
    """64 bytes take 86 characters: the last carries two bits and four that must be zero."""
    token = sign_jws(PAYLOAD, typ=TYP, key=ED25519)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    assert last % 16 == 0
    for stray in range(1, 16):
        assert code_of(token[:-1] + alphabet[last + stray]) == "seal.malformed"


def test_the_other_alphabet() -> None:
    key = KEYS[0]
    token = sign_jws(b'{"a":"\xc3\xbf\xc3\xbe~~??>>"}', typ=TYP, key=key)
    while "-" not in token.rpartition(".")[2]:
        token = sign_jws(PAYLOAD, typ=TYP, key=key)
    head, _, signature = token.rpartition(".")
    assert code_of(f"{head}.{signature.replace('-', '+')}") == "seal.malformed"


def test_giant_token() -> None:
    giant = "A" * (MAX_TOKEN_LENGTH + 1)
    assert code_of(giant) == "seal.malformed"
    with pytest.raises(BatchRejected):
        unverified_claims(giant)
    with pytest.raises(ValueError, match="is the most"):
        sign_jws(bytes(MAX_TOKEN_LENGTH), typ=TYP, key=ED25519)


def test_what_find_raises_passes_through() -> None:
    def unavailable(kid: str) -> NoReturn:
        raise TrustUnavailable(f"no list for {kid}")

    with pytest.raises(TrustUnavailable, match="intl-1"):
        verify_jws(sign_jws(PAYLOAD, typ=TYP, key=ED25519), typ=TYP, find=unavailable)


def test_find_is_not_asked_for_a_foreign_algorithm() -> None:
    def never(kid: str) -> NoReturn:
        raise AssertionError(kid)

    with pytest.raises(BatchRejected):
        verify_jws(token_with(header_of(ED25519) | {"alg": "none"}), typ=TYP, find=never)


def test_unverified_claims_are_read_from_anything() -> None:
    token = sign_jws(PAYLOAD, typ=TYP, key=ED25519)
    assert unverified_claims(token)["iss"] == "410100"
    head, _, signature = token.split(".")
    other = base64url.encode(b'{"iss":"440100"}')
    forged = f"{head}.{other}.{signature}"
    assert unverified_claims(forged) == {"iss": "440100"}


@pytest.mark.parametrize(
    "claims", [b"[]", b"1", b"{", b'{"iss":"a","iss":"b"}', b"\xff", b"[" * 40_000]
)
def test_unverified_claims_must_be_one_object(claims: bytes) -> None:
    token = f"e30.{base64url.encode(claims)}.AA"
    with pytest.raises(BatchRejected) as rejection:
        unverified_claims(token)
    assert rejection.value.code == "seal.malformed"
