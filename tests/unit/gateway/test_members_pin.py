"""A certificate as an operator has it becomes the pin that an entry needs."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from gateway.cli.members_pin import pin, read_certificate
from keys.tls.certificate import new_certificate
from keys.tls.pins import anchor_of
from keys.tls.public_key import pin_of
from keys.trust.member import TlsPin

NOW = datetime.now(UTC)
ONE, OTHER = (new_certificate(name, NOW).certificate for name in ("one", "other"))


@pytest.mark.parametrize(
    "data",
    [
        ONE,
        ssl.DER_cert_to_PEM_cert(ONE).encode(),
        b"subject=CN = one\n" + (ssl.DER_cert_to_PEM_cert(ONE) * 1).encode(),
        (ssl.DER_cert_to_PEM_cert(ONE) + ssl.DER_cert_to_PEM_cert(OTHER)).encode(),
    ],
    ids=["der", "pem", "with-words", "chain"],
)
def test_what_is_shown_is_an_entry(
    tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "certificate"
    file.write_bytes(data)
    pin(file)
    shown = TlsPin.model_validate_json(capsys.readouterr().out)
    assert shown.sha256 == pin_of(ONE)
    assert anchor_of(shown) == ONE


@pytest.mark.parametrize("data", [b"", b"nonsense", b"-----END CERTIFICATE-----", ONE[:-1]])
def test_what_is_no_certificate_is_an_error_that_names_the_file(
    tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "certificate"
    file.write_bytes(data)
    with pytest.raises(KeyUnusable) as caught:
        read_certificate(file)
    assert caught.value.where["file"] == str(file)
    with pytest.raises(KeyUnusable):
        read_certificate(tmp_path / "absent")
