"""An authority that issues certificates for web servers, as those on the internet do."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.processes.tls_client import Shown


class Authority:
    """Its own certificate, and those that it issues: for servers alone, for ninety days."""

    def __init__(self, name: str = "an authority") -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _named(name)
        body = _body(self._name, self._name, self._key)
        body = body.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = body.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    def issue(self, host: str) -> Shown:
        key = generate_private_key(SECP256R1())
        servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        made = (
            _body(_named(host), self._name, key)
            .add_extension(servers, critical=False)
            .add_extension(names, critical=False)
            .sign(self._key, SHA256())
        )
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return Shown(made.public_bytes(Encoding.DER), private)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _body(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
    )
