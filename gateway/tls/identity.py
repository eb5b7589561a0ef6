"""The certificate that we show, as server and as client, held in memory and ready to load."""

import secrets
import ssl
import tempfile

from contracts.errors import KeyUnusable
from keys.stores import pbes2, pem
from keys.tls.folder import CertificateFolder, Pair

_LABEL = "ENCRYPTED PRIVATE KEY"


class Identity:
    """One pair of the folder, opened. `sha256` is its pin.

    `ssl` loads keys from files alone. What is written for that moment is encrypted under a
    secret of this process, so the key itself never lies on a disk; and as that secret needs
    no stretching, a context costs a millisecond, not the time of the operator's passphrase.
    """

    def __init__(self, folder: CertificateFolder, pair: Pair) -> None:
        """Raises KeyUnusable when the key cannot be read or is not that of the certificate."""
        self.name = pair.name
        self.sha256 = pair.sha256
        self._secret = secrets.token_urlsafe(32).encode("ascii")
        plain = folder.private_key(pair.name)
        key = pbes2.encrypt(plain, self._secret, iterations=1)
        self._pem = pem.encode(key, _LABEL) + pair.chain
        try:
            self.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        except ssl.SSLError:
            raise KeyUnusable(
                "the key is not that of the certificate, or the passphrase is wrong", key=pair.name
            ) from None

    def __repr__(self) -> str:
        return f"Identity({self.name!r})"

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let a context show this certificate."""
        with tempfile.NamedTemporaryFile(prefix="tongban-", suffix=".pem") as file:
            file.write(self._pem)
            file.flush()
            context.load_cert_chain(file.name, password=self._secret)
