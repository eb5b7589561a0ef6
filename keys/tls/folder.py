"""The folder of our TLS certificates: ``NAME.crt`` and ``NAME.key`` for each.

``.crt`` is PEM, our own certificate first and then, when an authority issued it, those above
it. ``.key`` is an encrypted PKCS #8 file under the passphrase of the other keys, for a
backup of the folder must not give a city's name away; mode 0600. Which of them is shown to
partners does not stand here: the pins that we publish say so.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from contracts.errors import KeyUnusable
from keys.atomic_file import write_atomically
from keys.stores import pbes2, pem
from keys.stores.guarded_file import check_folder, read_guarded
from keys.tls.certificate import new_certificate, new_pin
from keys.tls.public_key import pin_of
from keys.trust.member import TlsPin

_MAX_CHAIN_BYTES = 64 * 1024
_MAX_KEY_BYTES = 16 * 1024
_LABEL = "ENCRYPTED PRIVATE KEY"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate that lies in the folder, by the name of its files and by its pin.

    `certificate` is DER, `chain` the PEM of the whole file.
    """

    name: str
    sha256: str
    certificate: bytes = field(repr=False)
    chain: bytes = field(repr=False)


class CertificateFolder:
    """Reads and writes the pairs of one folder, mode 0700."""

    def __init__(self, folder: Path, passphrase: bytes) -> None:
        self._folder = folder
        self._passphrase = passphrase

    def __repr__(self) -> str:
        return f"CertificateFolder({str(self._folder)!r})"

    def version(self) -> int:
        """Something that changes when a pair comes or goes. Raises KeyUnusable."""
        try:
            return self._folder.stat().st_mtime_ns
        except OSError as error:
            raise _unreadable(self._folder, error) from None

    def pairs(self) -> list[Pair]:
        """All of them, by name. Raises KeyUnusable, also for a file that is no certificate."""
        check_folder(self._folder)
        return [self._pair(path) for path in sorted(self._folder.glob("*.crt"))]

    def private_key(self, name: str) -> bytes:
        """The key of a pair: PKCS #8 in DER, not encrypted. Raises KeyUnusable."""
        path = self._folder / f"{name}.key"
        text = read_guarded(path, limit=_MAX_KEY_BYTES)
        try:
            return pbes2.decrypt(pem.decode(text, _LABEL), self._passphrase)
        except ValueError as error:
            raise KeyUnusable(str(error), file=path) from None

    def make(self, name: str, valid_from: datetime, valid_to: datetime | None = None) -> TlsPin:
        """Make a new pair; the pin that our entry must publish before `valid_from`.

        Nothing changes until it does; see `keys.tls.pins.to_show`. Raises KeyUnusable when the
        name is no name or taken, or the folder cannot be used.
        """
        _check_name(name)
        made = new_certificate(name, valid_from)
        self.put(name, pem.encode(made.certificate, "CERTIFICATE"), made.private_key)
        return new_pin(made.certificate, valid_from, valid_to)

    def put(self, name: str, chain: bytes, private_key: bytes) -> None:
        """Write a pair: `chain` in PEM, `private_key` PKCS #8 in DER. Raises KeyUnusable."""
        _check_name(name)
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True)
        check_folder(self._folder)
        key, certificates = self._folder / f"{name}.key", self._folder / f"{name}.crt"
        if key.exists() or certificates.exists():
            raise KeyUnusable("there is one of that name; a key is never overwritten", file=key)
        encrypted = pem.encode(pbes2.encrypt(private_key, self._passphrase), _LABEL)
        try:  # the key first: a certificate without one could not be shown
            write_atomically(key, encrypted, mode=0o600)
            write_atomically(certificates, chain, mode=0o644)
        except OSError as error:
            raise KeyUnusable(f"it cannot be written: {error.strerror}", file=key) from None

    def _pair(self, path: Path) -> Pair:
        try:
            with path.open("rb") as file:
                chain = file.read(_MAX_CHAIN_BYTES + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
        if len(chain) > _MAX_CHAIN_BYTES:
            raise KeyUnusable(f"longer than {_MAX_CHAIN_BYTES} bytes", file=path)
        try:
            own = load_pem_x509_certificates(chain)[0].public_bytes(Encoding.DER)
            return Pair(path.stem, pin_of(own), own, chain)
        except ValueError:
            raise KeyUnusable("not a certificate in PEM", file=path) from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):  # 64 characters: the longest commonName (RFC 5280, A.1)
        raise KeyUnusable("the name is one word of letters, digits, - and _", key=name[:100])


def _unreadable(path: Path, error: OSError) -> KeyUnusable:
    return KeyUnusable(f"it cannot be read: {error.strerror}", file=path)
