"""Certificates of TLS and their private keys, as they stand in a backup of keys."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509 import load_pem_x509_certificates
from pydantic import BaseModel, ConfigDict, StringConstraints

from keys.stores import pbes2, pem
from keys.tls.folder import CertificateFolder
from keys.tls.public_key import pin_of

_LABEL = "ENCRYPTED PRIVATE KEY"


class KeptPair(BaseModel):
    """A certificate with those above it, in PEM; its pin; its private key, encrypted."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    chain: Annotated[str, StringConstraints(max_length=64 * 1024)]
    pem: Annotated[str, StringConstraints(max_length=32 * 1024)]


def keep_pairs(
    folder: CertificateFolder | None, passphrase: bytes, iterations: int
) -> tuple[KeptPair, ...]:
    """Every pair of the folder. Raises KeyUnusable when one cannot be read."""
    if folder is None:
        return ()
    return tuple(
        KeptPair(
            name=pair.name,
            sha256=pair.sha256,
            chain=pair.chain.decode(),
            pem=pem.encode(
                pbes2.encrypt(folder.private_key(pair.name), passphrase, iterations=iterations),
                _LABEL,
            ).decode(),
        )
        for pair in folder.pairs()
    )


def open_pair(kept: KeptPair, passphrase: bytes) -> Callable[[CertificateFolder], None]:
    """What writes the pair into a folder. Raises ValueError unless pin, certificate and private
    key belong together."""
    plain = pbes2.decrypt(pem.decode(kept.pem.encode(), _LABEL), passphrase)
    try:
        private = load_der_private_key(plain, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = load_pem_x509_certificates(kept.chain.encode())[0].public_bytes(Encoding.DER)
    if {hashlib.sha256(public).hexdigest(), pin_of(certificate)} != {kept.sha256}:
        raise ValueError("pin, certificate and private key do not belong together")
    return partial(_put, kept=kept, plain=plain)


def _put(folder: CertificateFolder, kept: KeptPair, plain: bytes) -> None:
    folder.put(kept.name, kept.chain.encode(), plain)


def missing_pairs(kept: Sequence[KeptPair], folder: CertificateFolder | None) -> list[KeptPair]:
    """Those whose pin is not in the folder. Raises KeyUnusable."""
    here = {pair.sha256 for pair in folder.pairs()} if folder is not None else set()
    return [pair for pair in kept if pair.sha256 not in here]
