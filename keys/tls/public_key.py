"""Find the public key inside a certificate, and name it: what a TLS pin is made of.

Only the outer structure is read (X.509, RFC 5280, section 4.1), so that certificates with keys
of any kind have a name, those on the curve of SM2 too, which few libraries parse.
"""

import hashlib

MAX_CERTIFICATE_BYTES = 16 * 1024

_SEQUENCE = 0x30
_VERSION = 0xA0  # [0] EXPLICIT; left out in version 1
_BEFORE_KEY = 5  # serialNumber, signature, issuer, validity, subject


def pin_of(certificate: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo of a certificate in DER, 64 hex digits (RFC 7469, 2.4).

    Raises ValueError when these are not the bytes of one certificate.
    """
    return hashlib.sha256(public_key_info(certificate)).hexdigest()


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate, with its own head. Raises ValueError."""
    if len(certificate) > MAX_CERTIFICATE_BYTES:
        raise ValueError(f"a certificate of more than {MAX_CERTIFICATE_BYTES} bytes")
    start, end = _inside(certificate, 0, len(certificate), _SEQUENCE)
    if end != len(certificate):
        raise ValueError("there is more behind the certificate")
    at, end = _inside(certificate, start, end, _SEQUENCE)
    if at < end and certificate[at] == _VERSION:
        at = _element(certificate, at, end)[2]
    for _ in range(_BEFORE_KEY):
        at = _element(certificate, at, end)[2]
    _, stop = _inside(certificate, at, end, _SEQUENCE)
    return certificate[at:stop]


def _inside(data: bytes, at: int, limit: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends. Raises ValueError."""
    found, start, end = _element(data, at, limit)
    if found != tag:
        raise ValueError("not a certificate in DER")
    return start, end


def _element(data: bytes, at: int, limit: int) -> tuple[int, int, int]:
    """Tag, begin and end of the content of one element (X.690, 8.1, definite lengths)."""
    if at + 2 > limit:
        raise ValueError("the certificate is cut short")
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 3 or start + count > limit:
            raise ValueError("not a length of DER")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > limit:
        raise ValueError("the certificate is cut short")
    return tag, start, start + length
