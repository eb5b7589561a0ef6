"""Who calls a gateway over TLS in a test: a city, somebody with another certificate, or nobody.

These are contexts of Python's own `ssl`, that trust any server: what a gateway does with its
callers is looked at here, not the other way round.
"""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509 import load_der_x509_certificate

from gateway import bootstrap, config
from gateway.exchange.courier import BATCHES_PATH
from keys.tls.certificate import NewCertificate, new_certificate
from tests.processes.answer import Answer
from tests.processes.patience import LONG


def anybody(**limits: ssl.TLSVersion) -> ssl.SSLContext:
    """Shows no certificate. `limits`: `maximum_version`, for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, version in limits.items():
        setattr(context, name, version)
    return context


@dataclass(frozen=True)
class Shown:
    """A certificate and its key, as files that `ssl` loads."""

    certificate: bytes = field(repr=False)
    private_key: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str = "somebody") -> "Shown":
        made: NewCertificate = new_certificate(name, datetime.now(UTC))
        return cls(made.certificate, made.private_key)

    @classmethod
    def of(cls, folder: Path, index: int = -1) -> "Shown":
        """One of those in a member's folder, by name."""
        certificates = bootstrap.certificates(config.load(folder))
        pair = certificates.pairs()[index]
        return cls(pair.certificate, certificates.private_key(pair.name))

    def context(self, folder: Path) -> ssl.SSLContext:
        """Of a caller that shows it; `folder` is for files."""
        context = anybody()
        self.load_into(context, folder)
        return context

    def load_into(self, context: ssl.SSLContext, folder: Path) -> None:
        chain, key = self.files(folder)
        context.load_cert_chain(chain, key)

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Certificate and key in PEM, not encrypted."""
        chain, key = folder / "shown.crt", folder / "shown.key"
        pem = load_der_x509_certificate(self.certificate).public_bytes(Encoding.PEM)
        chain.write_bytes(pem)
        private = load_der_private_key(self.private_key, None)
        key.touch(mode=0o600)
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return chain, key

    def encrypted_key(self, passphrase: bytes) -> bytes:
        """As an operator's `openssl pkcs8` writes it."""
        private = load_der_private_key(self.private_key, None)
        form = BestAvailableEncryption(passphrase)
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form)


def call(
    url: str,
    context: ssl.SSLContext | None,
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = BATCHES_PATH,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request over a connection of its own. Raises OSError (ssl.SSLError is one)."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port
    connection: http.client.HTTPConnection
    if context is None:
        connection = http.client.HTTPConnection(host, port, timeout=LONG)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=LONG, context=context)
    try:
        given = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body or None, given)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
