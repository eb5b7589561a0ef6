"""The vectors that the cryptography project collects: RFC 5869, 8032, 9180, CAVP, OSCCA."""

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
from cryptography.hazmat.bindings._rust import openssl as rust_openssl
from cryptography.hazmat.decrepit.ciphers.modes import CFB, OFB
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR, ECB
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from contracts.errors import KeyUnusable
from keys import base64url
from keys.suites import SUITES
from keys.suites.ed25519 import Ed25519SigningKey, Ed25519VerifyingKey
from keys.suites.intl import hmac_sha256
from keys.suites.jwk import verifying_key
from keys.suites.p256 import P256SigningKey, P256VerifyingKey
from keys.suites.part_key import derive_part_key
from keys.suites.sm3 import sm3
from keys.suites.suite import PartKey
from keys.suites.x25519 import HPKE


def text_of(name: str) -> str:
    return (files("cryptography_vectors") / name).read_text("utf-8")


def records(name: str, section: str | None = None) -> Iterator[dict[str, str]]:
    """The blank-line separated records of a NIST file, of one `[section]` if it is named."""
    current, record = None, dict[str, str]()
    for line in [*text_of(name).splitlines(), ""]:
        if line.startswith("["):
            current = line.strip("[] ")
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            record[key.strip().upper()] = value.strip()
        elif not line.strip() and record:
            if section in (None, current):
                yield record
            record = {}


def test_ed25519_sign_input() -> None:
    lines = text_of("asymmetric/Ed25519/sign.input").splitlines()
    assert len(lines) == 1024
    for line in lines:
        pair, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        key = Ed25519VerifyingKey("a", public)
        assert key.verify(signed[:64], message)
        assert not key.verify(signed[:64], message + b"!")
        ours = Ed25519SigningKey("a", Ed25519PrivateKey.from_private_bytes(pair[:32]))
        assert ours.sign(message) == signed[:64]
        assert ours.public().jwk() == key.jwk()


def test_ecdsa_p256_sha256() -> None:
    verdicts = []
    for record in records("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", "P-256,SHA-256"):
        x, y, r, s = (bytes.fromhex(record[name].zfill(64)) for name in ("QX", "QY", "R", "S"))
        key = P256VerifyingKey("a", x + y)
        holds = key.verify(r + s, bytes.fromhex(record["MSG"]))
        assert holds == record["RESULT"].startswith("P")
        verdicts.append(holds)
    assert True in verdicts
    assert False in verdicts


def test_ecdsa_p256_sha256_that_others_signed() -> None:
    seen = 0
    current: dict[str, str] = {}
    for record in records("asymmetric/ECDSA/FIPS_186-3/SigGen.txt", "P-256,SHA-256"):
        current |= record
        x, y, r, s, d = (bytes.fromhex(current[n].zfill(64)) for n in ("QX", "QY", "R", "S", "D"))
        message = bytes.fromhex(current["MSG"])
        assert P256VerifyingKey("a", x + y).verify(r + s, message)
        ours = P256SigningKey("a", derive_private_key(int.from_bytes(d, "big"), SECP256R1()))
        assert ours.public().jwk() == P256VerifyingKey("a", x + y).jwk()
        seen += 1
    assert seen == 15


def test_points_of_p256() -> None:
    """Public keys out of range, and beside the curve."""
    verdicts = []
    for record in records("asymmetric/ECDSA/FIPS_186-3/PKV.rsp", "P-256"):
        x, y = (record[name] for name in ("QX", "QY"))
        length = max(64, len(x), len(y))
        length += length % 2
        coordinates = (base64url.encode(bytes.fromhex(n.zfill(length))) for n in (x, y))
        jwk = dict(zip(("x", "y"), coordinates, strict=True))
        try:
            verifying_key("a", {"kty": "EC", "crv": "P-256", **jwk})
            verdicts.append(True)
        except KeyUnusable:
            verdicts.append(False)
        assert verdicts[-1] == record["RESULT"].startswith("P")
    assert verdicts.count(True) == 4
    assert len(verdicts) == 12


def test_sm3_oscca() -> None:
    seen = 0
    for record in records("hashes/SM3/oscca.txt"):
        message = bytes.fromhex(record["MSG"])[: int(record["LEN"]) // 8]
        assert sm3(message).hex() == record["MD"].lower()
        seen += 1
    assert seen > 5


def test_sm4_ecb() -> None:
    seen = 0
    for record in records("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt", "ENCRYPT"):
        cipher = Cipher(SM4(bytes.fromhex(record["KEY"])), ECB()).encryptor()
        assert cipher.update(bytes.fromhex(record["PLAINTEXT"])).hex() == record["CIPHERTEXT"]
        seen += 1
    assert seen == 4


@pytest.mark.parametrize(("name", "mode"), [("cbc", CBC), ("ctr", CTR), ("cfb", CFB), ("ofb", OFB)])
def test_sm4_in_other_modes(name: str, mode: type[CBC | CTR | CFB | OFB]) -> None:
    """CBC is read in key files and CTR is what GCM encrypts with; the others come with them."""
    seen = 0
    for record in records(f"ciphers/SM4/draft-ribose-cfrg-sm4-10-{name}.txt", "ENCRYPT"):
        values = {key: bytes.fromhex(value) for key, value in record.items() if key != "COUNT"}
        cipher = Cipher(SM4(values["KEY"]), mode(values["IV"])).encryptor()
        assert cipher.update(values["PLAINTEXT"]) + cipher.finalize() == values["CIPHERTEXT"]
        seen += 1
    assert seen == 2


def test_sm4_gcm() -> None:
    (gcm,) = [r for r in records("ciphers/SM4/rfc8998.txt") if "AAD" in r]
    values = {name: bytes.fromhex(value) for name, value in gcm.items() if name != "COUNT"}
    key = PartKey(values["KEY"], values["IV"], b"")
    sealed = SUITES["sm"].encrypt(key, values["PLAINTEXT"], values["AAD"])
    assert sealed == values["CIPHERTEXT"] + values["TAG"]


def test_aes_256_gcm() -> None:
    """The CAVP examples with a key of 256 bits, a nonce of 96 and a tag of 128."""
    suite, seen = SUITES["intl"], 0
    for record in records("ciphers/AES/GCM/gcmEncryptExtIV256.rsp"):
        if not {"KEY", "IV", "PT", "AAD", "CT", "TAG"} <= record.keys():
            continue
        values = {
            name: bytes.fromhex(record[name]) for name in ("KEY", "IV", "PT", "AAD", "CT", "TAG")
        }
        if len(values["IV"]) != 12 or len(values["TAG"]) != 16:
            continue
        key = PartKey(values["KEY"], values["IV"], b"")
        assert suite.encrypt(key, values["PT"], values["AAD"]) == values["CT"] + values["TAG"]
        seen += 1
    assert seen > 100


def test_part_key_is_hkdf_expand_of_rfc_5869() -> None:
    """Blank lines cut the examples of this file; each ends with its OKM."""
    seen, example = 0, dict[str, str]()
    for record in records("KDF/rfc-5869-HKDF-SHA256.txt"):
        example |= record
        if "OKM" not in record:
            continue
        secret, info = bytes.fromhex(example["PRK"]), bytes.fromhex(example["INFO"])
        length = min(int(example["L"]), 60)
        key = derive_part_key(hmac_sha256, secret, info, length - 28)
        assert b"".join(key) == bytes.fromhex(example["OKM"])[:length]
        seen += 1
    assert seen == 3


@pytest.mark.parametrize("info", [b"", b"tongban", bytes(300)])
def test_part_key_of_sm_is_hkdf_expand_with_sm3(info: bytes) -> None:
    expected = HKDFExpand(SM3(), 44, info).derive(bytes(range(32)))
    assert b"".join(SUITES["sm"].part_key(bytes(range(32)), info)) == expected


def test_hpke_of_rfc_9180() -> None:
    """Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; first message."""
    wanted = {"mode": 0, "kem_id": 0x20, "kdf_id": 1, "aead_id": 2}
    (vector,) = [
        v for v in json.loads(text_of("HPKE/test-vectors.json")) if wanted.items() <= v.items()
    ]
    first = {name: bytes.fromhex(value) for name, value in vector["encryptions"][0].items()}
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    sealed = bytes.fromhex(vector["enc"]) + first["ct"]
    info = bytes.fromhex(vector["info"])
    # The public function takes no associated data, which the vector has.
    plain = rust_openssl.hpke._decrypt_with_aad(HPKE, sealed, private, info, first["aad"])
    assert plain == first["pt"]
