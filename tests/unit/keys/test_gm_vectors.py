"""SM2, SM3 and SM4 give what the standards print."""

import gmssl_pyx
import pytest
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB

from keys.suites import SUITES, sm2_curve
from keys.suites.sm2 import Sm2SigningKey, Sm2VerifyingKey
from keys.suites.sm2_engines import Sm2Engine, gmssl, tongsuo
from keys.suites.sm2_sealing import Sm2Ciphertext
from keys.suites.sm3 import sm3
from keys.suites.suite import PartKey
from tests.vectors.gm_vectors import GM_VECTORS, gm_vector

ENGINES = pytest.mark.parametrize("engine", [tongsuo(), gmssl()], ids=lambda engine: engine.name)


@pytest.mark.parametrize("example", ["A.1", "A.2"])
def test_sm3(example: str) -> None:
    vector = gm_vector("sm3", example)
    assert sm3(vector["msg_hex"]) == vector["digest"]


def test_sm4_one_block() -> None:
    vector = gm_vector("sm4", "A.1 (one block")
    assert Cipher(SM4(vector["key"]), ECB()).encryptor().update(vector["pt"]) == vector["ct"]


def test_sm4_a_million_times() -> None:
    vector = gm_vector("sm4", "1,000,000")
    update, block = Cipher(SM4(vector["key"]), ECB()).encryptor().update, vector["pt"]
    for _ in range(1_000_000):
        block = update(block)
    assert block == vector["ct"]


def test_sm4_gcm() -> None:
    vector, suite = gm_vector("sm4", "RFC 8998"), SUITES["sm"]
    key = PartKey(vector["key"], vector["iv"], b"")
    sealed = suite.encrypt(key, vector["pt"], vector["aad"])
    assert sealed == vector["ct"] + vector["tag"]
    assert suite.decrypt(key, sealed, vector["aad"]) == vector["pt"]


@ENGINES
def test_sm2_signature(engine: Sm2Engine) -> None:
    vector = gm_vector("sm2_sign")
    key = Sm2VerifyingKey("a", vector["public_key"][1:], engine)
    raw = vector["r"] + vector["s"]
    assert key.verify(raw, vector["msg_hex"])
    assert not key.verify(raw, vector["msg_hex"] + b"!")
    assert sm2_curve.raw_from_der(vector["der_signature"]) == raw
    assert sm2_curve.der_from_raw(raw) == vector["der_signature"]
    assert not key.verify(vector["der_signature"], vector["msg_hex"])


@ENGINES
def test_sm2_signs_with_the_published_key(engine: Sm2Engine) -> None:
    vector = gm_vector("sm2_sign")
    key = Sm2SigningKey("a", vector["d"], vector["public_key"][1:], engine)
    assert key.public().verify(key.sign(vector["msg_hex"]), vector["msg_hex"])


def test_sm2_digest_of_the_signer() -> None:
    """ZA and e of GB/T 32918.2, 5.5, and that the signature is over e."""
    vector, signed = gm_vector("sm2_za"), gm_vector("sm2_sign")
    curve = {name: bytes.fromhex(value) for name, value in GM_VECTORS["sm2_curve"].items()}
    point = vector["public_key"][1:]
    fixed = curve["a"] + curve["b"] + curve["gx"] + curve["gy"]
    za = sm3(vector["entl"] + sm2_curve.USER_ID + fixed + point)
    assert za == vector["za"]
    digest = sm3(za + vector["msg_hex"])
    assert digest == vector["e"]
    assert gmssl_pyx.sm2_verify_sm3_digest(point, digest, signed["der_signature"])


def test_sm2_curve_is_the_published_one() -> None:
    curve = {name: int(value, 16) for name, value in GM_VECTORS["sm2_curve"].items()}
    ours = (sm2_curve.P, sm2_curve.A, sm2_curve.B, sm2_curve.N)
    assert ours == (curve["p"], curve["a"], curve["b"], curve["n"])
    assert sm2_curve.is_on_curve(curve["gx"], curve["gy"])
    assert not sm2_curve.is_on_curve(curve["gx"], curve["gy"] + 1)
    assert not sm2_curve.is_on_curve(curve["gx"] + curve["p"], curve["gy"])


def test_sm2_decryption() -> None:
    vector = gm_vector("sm2_encrypt")
    published = vector["c1c3c2"]
    ciphertext = Sm2Ciphertext(
        x=int.from_bytes(published[1:33], "big"),
        y=int.from_bytes(published[33:65], "big"),
        digest=published[65:97],
        cipher=published[97:],
    )
    opened = gmssl_pyx.sm2_decrypt(vector["d"], asn1.encode_der(ciphertext))
    assert opened == vector["msg_hex"]
