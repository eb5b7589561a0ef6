"""The public key of a certificate is found where others find it, and nowhere in hostile bytes."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from keys.tls.certificate import new_certificate
from keys.tls.public_key import pin_of, public_key_info
from tests.processes.authority import Authority
from tests.unit.keys.openssl_command import DISTINGUISHING_ID, openssl

P256 = new_certificate("410100", datetime(2026, 1, 1, tzinfo=UTC)).certificate
ISSUED = Authority().issue("gateway.example").certificate


@pytest.mark.parametrize("certificate", [P256, ISSUED], ids=["own", "issued"])
def test_it_is_the_one_that_another_library_finds(certificate: bytes) -> None:
    key = load_der_x509_certificate(certificate).public_key()
    other = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key_info(certificate) == other
    assert pin_of(certificate) == hashlib.sha256(other).hexdigest()


def test_a_key_on_the_curve_of_sm2_has_a_name_too(tmp_path: Path) -> None:
    """As a TLCP proxy hands it in; `openssl` says what its public key is."""
    key = tmp_path / "sm2.pem"
    key.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"))
    words = ("req", "-x509", "-sm3", "-key", key, "-subj", "/CN=410100-sign", "-days", "1")
    sigopt = ("-sigopt", DISTINGUISHING_ID[1])
    certificate = openssl(*words, *sigopt, "-outform", "DER")
    point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    assert public_key_info(certificate) == point
    assert pin_of(certificate) == hashlib.sha256(point).hexdigest()


@given(st.binary(max_size=300))
def test_hostile_bytes_are_no_certificate_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"certificate|length"):
        pin_of(data)


@given(st.integers(0, len(P256) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_a_name_of_some_kind_or_an_error(at: int, flip: int) -> None:
    changed = bytearray(P256)
    changed[at] ^= flip
    try:
        found = public_key_info(bytes(changed))
    except ValueError:
        return
    assert found in bytes(changed)


@given(st.integers(0, len(P256) - 1))
def test_a_certificate_that_is_cut_short_is_none(length: int) -> None:
    with pytest.raises(ValueError, match=r"certificate|length"):
        pin_of(P256[:length])
    with pytest.raises(ValueError, match="certificate"):
        pin_of(P256 + P256[:1])
