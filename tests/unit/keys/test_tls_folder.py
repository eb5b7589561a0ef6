"""The folder of TLS certificates: made whole, guarded, and readable for an operator's openssl."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from gateway.tls.contexts import server_context
from gateway.tls.identity import Identity
from keys.tls.folder import CertificateFolder
from keys.tls.public_key import pin_of, public_key_info
from tests.processes.authority import Authority
from tests.unit.keys.openssl_command import openssl

PASSPHRASE = b"a passphrase of the tests"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    return CertificateFolder(tmp_path / "tls", PASSPHRASE)


def test_what_is_made_is_found_and_can_be_shown(folder: CertificateFolder, tmp_path: Path) -> None:
    pin = folder.make("410100-tls-1", NOW)
    (pair,) = folder.pairs()
    assert (pair.name, pair.sha256) == ("410100-tls-1", pin.sha256)
    assert Identity(folder, pair).sha256 == pin.sha256
    key, chain = tmp_path / "tls" / "410100-tls-1.key", tmp_path / "tls" / "410100-tls-1.crt"
    assert (key.stat().st_mode & 0o777, chain.stat().st_mode & 0o777) == (0o600, 0o644)
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert b"ENCRYPTED" in key.read_bytes()
    secret = f"pass:{PASSPHRASE.decode()}"
    public = openssl("pkey", "-in", key, "-passin", secret, "-pubout", "-outform", "DER")
    assert public == public_key_info(pair.certificate)


@pytest.mark.parametrize("name", ["", "../out", "a b", ".hidden", "a/b", "x" * 65])
def test_a_name_that_is_no_file_of_the_folder(folder: CertificateFolder, name: str) -> None:
    with pytest.raises(KeyUnusable):
        folder.make(name, NOW)


def test_nothing_is_overwritten(folder: CertificateFolder) -> None:
    folder.make("410100-tls-1", NOW)
    with pytest.raises(KeyUnusable, match="never overwritten"):
        folder.make("410100-tls-1", NOW)


def test_another_passphrase_a_key_of_another_and_open_files_are_refused(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    folder.make("one", NOW)
    folder.make("two", NOW)
    (one, two) = folder.pairs()
    with pytest.raises(KeyUnusable) as caught:
        Identity(CertificateFolder(tmp_path / "tls", b"another"), one)
    assert "another" not in str(caught.value).partition("passphrase")[0]
    (tmp_path / "tls" / "two.key").write_bytes((tmp_path / "tls" / "one.key").read_bytes())
    with pytest.raises(KeyUnusable, match="not that of the certificate"):
        Identity(folder, two)
    (tmp_path / "tls" / "one.key").chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod"):
        Identity(folder, one)
    (tmp_path / "tls").chmod(0o755)
    with pytest.raises(KeyUnusable, match="chmod"):
        folder.pairs()


def test_an_authoritys_certificate_and_a_key_that_openssl_encrypted(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    shown = Authority().issue("gateway.example")
    folder.make("one", NOW)
    _, key = shown.files(tmp_path)
    target = tmp_path / "tls" / "issued.key"
    words = ("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256")
    secret = f"pass:{PASSPHRASE.decode()}"
    openssl(*words, "-in", key, "-out", target, "-passout", secret)
    target.chmod(0o600)
    chain = ssl.DER_cert_to_PEM_cert(shown.certificate)
    (tmp_path / "tls" / "issued.crt").write_text(chain)
    pair = next(pair for pair in folder.pairs() if pair.name == "issued")
    assert pair.sha256 == pin_of(shown.certificate)
    Identity(folder, pair)


def test_a_file_that_is_no_certificate_is_named(folder: CertificateFolder, tmp_path: Path) -> None:
    folder.make("one", NOW)
    (tmp_path / "tls" / "two.crt").write_text("-----BEGIN NONSENSE-----\n")
    with pytest.raises(KeyUnusable) as caught:
        folder.pairs()
    assert caught.value.where["file"].endswith("two.crt")


def test_an_anchor_that_cannot_be_read_keeps_no_other_out(folder: CertificateFolder) -> None:
    folder.make("one", NOW)
    (pair,) = folder.pairs()
    context = server_context(Identity(folder, pair), [b"\x30\x03nonsense", pair.certificate])
    assert len(context.get_ca_certs(binary_form=True)) <= 1
    assert context.cert_store_stats()["x509"] == 1
