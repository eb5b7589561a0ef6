"""Encrypted private keys: PBES2 (RFC 8018) in an EncryptedPrivateKeyInfo (RFC 5958).

Written is PBKDF2 with HMAC-SHA-256 and AES-256-CBC, for keys of every suite, so that the
`openssl` command reads them everywhere. Read is also what it and Tongsuo write on demand:
AES-128-CBC and SM4-CBC.

CBC detects no tampering. A changed file gives at best another key, which then does not
match the published one; whoever can write the file could have replaced it anyway.
"""

import hashlib
import secrets

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509 import ObjectIdentifier

ITERATIONS = 600_000
"""PBKDF2 rounds when writing: some 0.15 s a guess on one core."""

MAX_ITERATIONS = 10_000_000

_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")
_HMAC_SHA256 = ObjectIdentifier("1.2.840.113549.2.9")
_AES_256_CBC = ObjectIdentifier("2.16.840.1.101.3.4.1.42")

_CIPHERS: dict[ObjectIdentifier, tuple[type[AES] | type[SM4], int]] = {
    _AES_256_CBC: (AES, 32),
    ObjectIdentifier("2.16.840.1.101.3.4.1.2"): (AES, 16),
    ObjectIdentifier("1.2.156.10197.1.104.2"): (SM4, 16),
}
"""Block cipher and key length in bytes; the block has 16 bytes in each."""

_BLOCK = 16


@asn1.sequence
class _Prf:
    algorithm: ObjectIdentifier
    parameters: asn1.Null


@asn1.sequence
class _Pbkdf2Parameters:
    salt: bytes
    iterations: int
    key_length: int | None
    prf: _Prf


@asn1.sequence
class _Kdf:
    algorithm: ObjectIdentifier
    parameters: _Pbkdf2Parameters


@asn1.sequence
class _Scheme:
    algorithm: ObjectIdentifier
    iv: bytes


@asn1.sequence
class _Pbes2Parameters:
    kdf: _Kdf
    scheme: _Scheme


@asn1.sequence
class _Pbes2:
    algorithm: ObjectIdentifier
    parameters: _Pbes2Parameters


@asn1.sequence
class EncryptedPrivateKeyInfo:
    """RFC 5958, section 3, with PBES2 as the only algorithm."""

    algorithm: _Pbes2
    data: bytes


def encrypt(plain: bytes, passphrase: bytes, *, iterations: int = ITERATIONS) -> bytes:
    """DER of an EncryptedPrivateKeyInfo that holds `plain` (DER of a PrivateKeyInfo)."""
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(_BLOCK)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, iterations, 32)
    padder = PKCS7(_BLOCK * 8).padder()
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    data = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    prf = _Prf(algorithm=_HMAC_SHA256, parameters=asn1.Null())
    kdf = _Pbkdf2Parameters(salt=salt, iterations=iterations, key_length=None, prf=prf)
    parameters = _Pbes2Parameters(
        kdf=_Kdf(algorithm=_PBKDF2, parameters=kdf),
        scheme=_Scheme(algorithm=_AES_256_CBC, iv=iv),
    )
    algorithm = _Pbes2(algorithm=_PBES2, parameters=parameters)
    return asn1.encode_der(EncryptedPrivateKeyInfo(algorithm=algorithm, data=data))


def decrypt(encrypted: bytes, passphrase: bytes) -> bytes:
    """The DER inside. Raises ValueError, without a word about the passphrase.

    A wrong passphrase shows as bad padding, or, one time in some 256, as bad DER that the
    caller will not be able to read.
    """
    info = asn1.decode_der(EncryptedPrivateKeyInfo, encrypted)
    kdf, scheme = info.algorithm.parameters.kdf, info.algorithm.parameters.scheme
    if (info.algorithm.algorithm, kdf.algorithm) != (_PBES2, _PBKDF2):
        raise ValueError("not encrypted by PBES2 with PBKDF2")
    if kdf.parameters.prf.algorithm != _HMAC_SHA256:
        raise ValueError("the passphrase is not stretched with HMAC-SHA-256")
    if not 1 <= kdf.parameters.iterations <= MAX_ITERATIONS:
        raise ValueError("the number of iterations is out of range")
    if scheme.algorithm not in _CIPHERS:
        raise ValueError(f"unknown cipher {scheme.algorithm.dotted_string}")
    cipher, length = _CIPHERS[scheme.algorithm]
    if kdf.parameters.key_length not in (None, length):
        raise ValueError("the key length is not the cipher's")
    key = hashlib.pbkdf2_hmac(
        "sha256", passphrase, kdf.parameters.salt, kdf.parameters.iterations, length
    )
    decryptor = Cipher(cipher(key), CBC(scheme.iv)).decryptor()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    try:
        padded = decryptor.update(info.data) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise ValueError("the passphrase is wrong, or the file is damaged") from None
