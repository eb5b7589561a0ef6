"""Signatures that are no signatures are refused by every key, and none of them raises."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature

from contracts.errors import BatchRejected, KeyUnusable
from keys import base64url
from keys.jws import sign_jws, verify_jws
from keys.suites.ed25519 import Ed25519SigningKey
from keys.suites.jwk import verifying_key
from keys.suites.p256 import P256SigningKey, lower_form
from keys.suites.sm2 import Sm2SigningKey, Sm2VerifyingKey
from keys.suites.sm2_curve import N as SM2_N
from keys.suites.sm2_engines import gmssl, tongsuo
from keys.suites.suite import SigningKey, VerifyingKey
from keys.trust.federation.tuf_keys import tuf_key
from tests.vectors.signatures import malformed
from tests.vectors.signatures.make import content

P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_L = 2**252 + 27742317777372353535851937790883648493
MESSAGE = b"the root of a batch"

ON_CURVES: list[tuple[SigningKey, int]] = [
    (Sm2SigningKey.generate("tongsuo", tongsuo()), SM2_N),
    (Sm2SigningKey.generate("gmssl", gmssl()), SM2_N),
    (P256SigningKey.generate("p256"), P256_N),
]
ED25519 = Ed25519SigningKey.generate("ed25519")
ALL: list[SigningKey] = [*(key for key, _ in ON_CURVES), ED25519]

each_curve = pytest.mark.parametrize(
    ("key", "order"), ON_CURVES, ids=[key.kid for key, _ in ON_CURVES]
)
each_key = pytest.mark.parametrize("key", ALL, ids=[key.kid for key in ALL])


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def halves(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


@each_curve
def test_scalars_out_of_range(key: SigningKey, order: int) -> None:
    r, s = halves(key.sign(MESSAGE))
    top = 2**256 - 1
    out_of_range = [(0, s), (r, 0), (0, 0), (order, s), (r, order), (order, order)]
    out_of_range += [(top, s), (r, top), (order + 1, s), (r, order + 1)]
    for signature in out_of_range:
        assert not key.public().verify(raw(*signature), MESSAGE)


@each_curve
def test_another_spelling_of_the_same_scalars(key: SigningKey, order: int) -> None:
    """r + n and s + n are the same modulo n; only the reduced spelling is a signature."""
    r, s = halves(key.sign(MESSAGE))
    for other in ((r + order, s), (r, s + order)):
        if max(other) < 2**256:
            assert not key.public().verify(raw(*other), MESSAGE)


@each_curve
def test_swapped_halves(key: SigningKey, order: int) -> None:
    r, s = halves(key.sign(MESSAGE))
    assert not key.public().verify(raw(s, r), MESSAGE)


@each_curve
def test_der_in_place_of_raw(key: SigningKey, order: int) -> None:
    r, s = halves(key.sign(MESSAGE))
    assert not key.public().verify(encode_dss_signature(r, s), MESSAGE)


def test_a_short_der_signature_padded_to_64_bytes() -> None:
    for key, _ in ON_CURVES:
        r, s = halves(key.sign(MESSAGE))
        der = encode_dss_signature(r >> 64, s >> 64).ljust(64, b"\0")
        assert not key.public().verify(der[:64], MESSAGE)


@each_key
@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 72, 128, 10_000])
def test_wrong_length(key: SigningKey, length: int) -> None:
    signature = key.sign(MESSAGE)
    assert not key.public().verify((signature * 200)[:length], MESSAGE)


@each_key
def test_constant_signatures(key: SigningKey) -> None:
    for byte in (0, 1, 0x7F, 0x80, 0xFF):
        assert not key.public().verify(bytes([byte]) * 64, MESSAGE)


@each_key
def test_high_bits(key: SigningKey) -> None:
    signature = key.sign(MESSAGE)
    for position in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[position] ^= 0x80
        assert not key.public().verify(bytes(changed), MESSAGE)


def test_ed25519_with_a_scalar_beyond_the_order() -> None:
    """RFC 8032, 5.1.7: S outside 0..L-1 is refused, or each signature would have two forms."""
    signature = ED25519.sign(MESSAGE)
    scalar = int.from_bytes(signature[32:], "little") + ED25519_L
    changed = signature[:32] + scalar.to_bytes(32, "little")
    assert not ED25519.public().verify(changed, MESSAGE)


# --- the generated set ------------------------------------------------------------------------

VECTORS = malformed()
GOOD = {alg: bytes.fromhex(signature) for alg, signature in VECTORS["good"].items()}


def readers(alg: str) -> list[VerifyingKey]:
    """Every implementation that reads signatures of `alg`, with the vectors' public key."""
    jwk = VECTORS["keys"][alg]
    if alg != "SM2":
        return [verifying_key(alg, jwk)]
    point = base64url.decode(jwk["x"]) + base64url.decode(jwk["y"])
    return [Sm2VerifyingKey(engine.name, point, engine) for engine in (tongsuo(), gmssl())]


def test_the_file_is_what_its_generator_makes() -> None:
    assert json.loads(json.dumps(content())) == VECTORS


@pytest.mark.parametrize("alg", ["SM2", "ES256", "Ed25519"])
def test_what_the_defects_were_made_of_holds(alg: str) -> None:
    for key in readers(alg):
        assert key.verify(GOOD[alg], MESSAGE)
        assert not key.verify(GOOD[alg], MESSAGE + b"!")


@pytest.mark.parametrize(
    "vector", VECTORS["signatures"], ids=lambda vector: f"{vector['alg']}: {vector['what']}"
)
def test_malformed(vector: dict[str, str]) -> None:
    for key in readers(vector["alg"]):
        assert not key.verify(bytes.fromhex(vector["signature"]), MESSAGE)


DER = [vector for vector in VECTORS["signatures"] if vector["what"].startswith("DER, ")]


@pytest.mark.parametrize(
    "vector",
    [vector for vector in DER if vector["alg"] == "ES256"],
    ids=lambda vector: str(vector["what"]),
)
def test_malformed_der_where_der_belongs(vector: dict[str, str]) -> None:
    """A federation's signatures on P-256 are DER: the one spelling of it, whole, and no more."""
    (ours,) = readers("ES256")
    key = tuf_key(ours)
    whole = encode_dss_signature(*halves(GOOD["ES256"]))
    key.verify_signature(Signature(key.keyid, whole.hex()), MESSAGE)
    with pytest.raises(UnverifiedSignatureError):
        key.verify_signature(Signature(key.keyid, vector["signature"]), MESSAGE)


@pytest.mark.parametrize("scalars", [(0, 1), (1, 0), (0, 0), (P256_N, 1), (1, P256_N)])
def test_der_of_scalars_out_of_range(scalars: tuple[int, int]) -> None:
    (ours,) = readers("ES256")
    key = tuf_key(ours)
    with pytest.raises(UnverifiedSignatureError):
        key.verify_signature(Signature(key.keyid, encode_dss_signature(*scalars).hex()), MESSAGE)


@pytest.mark.parametrize("alg", ["SM2", "ES256", "Ed25519"])
def test_a_good_signature_holds_under_no_other_algorithm(alg: str) -> None:
    for other in {"SM2", "ES256", "Ed25519"} - {alg}:
        for key in readers(other):
            assert not key.verify(GOOD[alg], MESSAGE)


@pytest.mark.parametrize("vector", VECTORS["public_keys"], ids=lambda vector: str(vector["what"]))
def test_malformed_public_key(vector: dict[str, Any]) -> None:
    with pytest.raises(KeyUnusable):
        verifying_key("a", vector["jwk"])


# --- one spelling -----------------------------------------------------------------------------


def test_es256_has_a_second_form_which_no_seal_has() -> None:
    """ECDSA holds with n - s too: anybody could make a second seal out of one."""
    (key,) = readers("ES256")
    upper = bytes.fromhex(VECTORS["es256_upper_form"])
    assert key.verify(upper, MESSAGE)
    assert lower_form(upper) == GOOD["ES256"] == lower_form(GOOD["ES256"])
    signer = P256SigningKey.generate("a")
    for number in range(20):
        token = sign_jws(b"%d" % number, typ="t", key=signer)
        assert verify_jws(token, typ="t", find=lambda _: signer.public()) == b"%d" % number
        signed, _, signature = token.rpartition(".")
        r, s = halves(base64url.decode(signature))
        other = f"{signed}.{base64url.encode(raw(r, P256_N - s))}"
        assert signer.public().verify(raw(r, P256_N - s), signed.encode())
        with pytest.raises(BatchRejected) as refusal:
            verify_jws(other, typ="t", find=lambda _: signer.public())
        assert refusal.value.code == "seal.invalid"
