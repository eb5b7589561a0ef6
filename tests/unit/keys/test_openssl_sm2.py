"""SM2 against the `openssl` command, both ways: signatures, encryption, key files."""

from pathlib import Path

import pytest

from keys.stores.file import FileKeyStore
from keys.suites.sm2 import Sm2SigningKey
from keys.suites.sm2_curve import der_from_raw, raw_from_der
from keys.suites.sm2_engines import Sm2Engine, gmssl, tongsuo
from keys.suites.sm2_sealing import Sm2OpeningKey
from keys.suites.sm3 import sm3
from tests.unit.keys.openssl_command import DISTINGUISHING_ID, openssl

PASSPHRASE = b"correct horse"
PASSIN = ("-passin", "pass:correct horse")
MESSAGE = b"the root of a batch"


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys", PASSPHRASE, iterations=10)


@pytest.mark.parametrize("engine", [tongsuo(), gmssl()], ids=lambda engine: engine.name)
def test_openssl_verifies_what_we_sign(
    store: FileKeyStore, tmp_path: Path, engine: Sm2Engine
) -> None:
    key = Sm2SigningKey.generate("sign-1", engine)
    store.save_signing_key("sign-1", key)
    public, signature, message = tmp_path / "public.pem", tmp_path / "sig", tmp_path / "message"
    openssl("pkey", "-in", tmp_path / "keys/sign-1.pem", *PASSIN, "-pubout", "-out", public)
    signature.write_bytes(der_from_raw(key.sign(MESSAGE)) or b"")
    message.write_bytes(MESSAGE)
    answer = openssl(
        "pkeyutl",
        "-verify",
        "-rawin",
        "-digest",
        "sm3",
        *DISTINGUISHING_ID,
        "-pubin",
        "-inkey",
        public,
        "-sigfile",
        signature,
        "-in",
        message,
    )
    assert b"Verified Successfully" in answer


@pytest.mark.parametrize("engine", [tongsuo(), gmssl()], ids=lambda engine: engine.name)
def test_we_verify_what_openssl_signs(
    store: FileKeyStore, tmp_path: Path, engine: Sm2Engine
) -> None:
    key = Sm2SigningKey.generate("sign-1", engine)
    store.save_signing_key("sign-1", key)
    message = tmp_path / "message"
    message.write_bytes(MESSAGE)
    signature = openssl(
        "pkeyutl",
        "-sign",
        "-rawin",
        "-digest",
        "sm3",
        *DISTINGUISHING_ID,
        "-inkey",
        tmp_path / "keys/sign-1.pem",
        *PASSIN,
        "-in",
        message,
    )
    assert key.public().verify(raw_from_der(signature), MESSAGE)
    assert not key.public().verify(raw_from_der(signature), MESSAGE + b"!")


def test_we_read_a_key_that_openssl_made(store: FileKeyStore, tmp_path: Path) -> None:
    openssl_key(tmp_path / "keys", "made-1")
    key = store.signing_key("file:made-1.pem")
    assert key.alg == "SM2"
    assert key.public().verify(key.sign(MESSAGE), MESSAGE)


def test_openssl_opens_what_we_wrap(store: FileKeyStore, tmp_path: Path) -> None:
    key = Sm2OpeningKey.generate("seal-1")
    store.save_opening_key("seal-1", key)
    opened = openssl(
        "pkeyutl",
        "-decrypt",
        "-inkey",
        tmp_path / "keys/seal-1.pem",
        *PASSIN,
        data=key.public().wrap(bytes(32), b"context"),
    )
    assert opened == bytes(32) + sm3(b"context")


def test_we_unwrap_what_openssl_encrypts(store: FileKeyStore, tmp_path: Path) -> None:
    openssl_key(tmp_path / "keys", "seal-2")
    wrapped = openssl(
        "pkeyutl",
        "-encrypt",
        "-inkey",
        tmp_path / "keys/seal-2.pem",
        *PASSIN,
        data=b"s" * 32 + sm3(b"context"),
    )
    assert store.opening_key("file:seal-2.pem").unwrap(wrapped, b"context") == b"s" * 32


def openssl_key(folder: Path, name: str) -> None:
    """An encrypted SM2 key, made by `openssl` from end to end."""
    folder.mkdir(mode=0o700)
    plain = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2")
    path = folder / f"{name}.pem"
    openssl("pkcs8", "-topk8", "-passout", "pass:correct horse", "-out", path, data=plain)
    path.chmod(0o600)
