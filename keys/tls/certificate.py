"""A new TLS key and its certificate, signed by itself, for one member."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.tls.public_key import pin_of
from keys.trust.member import TlsPin

_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No end of its own (RFC 5280, 4.1.2.5): the pin has days, and it is the pin that counts."""

_EARLIER = timedelta(days=1)  # than the pin: for readers that judge the certificate all the same


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """`certificate` and `private_key` (PKCS #8) in DER."""

    certificate: bytes
    private_key: bytes = field(repr=False)


def new_certificate(name: str, valid_from: datetime) -> NewCertificate:
    """A P-256 key, for TLS 1.3 must be able to use it (RFC 8446, 9.1), and its certificate.

    `name` stands in the certificate for people to read; nobody judges by it.
    """
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from - _EARLIER)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .sign(key, SHA256())
    )
    return NewCertificate(
        made.public_bytes(Encoding.DER),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def new_pin(certificate: bytes, valid_from: datetime, valid_to: datetime | None = None) -> TlsPin:
    """The entry of a member's `tls_pins` for a certificate in DER. Raises ValueError."""
    return TlsPin(
        sha256=pin_of(certificate),
        valid_from=valid_from,
        valid_to=valid_to,
        certificate=base64.b64encode(certificate).decode("ascii"),
    )
