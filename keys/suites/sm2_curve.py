"""The recommended curve of SM2 (GB/T 32918.5-2017) and what is checked on it.

Libraries are handed only points and signatures that passed here, so that what is accepted
does not depend on which library is at hand. A point is x || y, 64 bytes; a scalar is 32.
"""

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

SM2_OID = "1.2.156.10197.1.301"
USER_ID = b"1234567812345678"
"""The distinguishing id of GM/T 0009-2012, section 10, used by every member."""

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

_FIELD = 32


def is_on_curve(x: int, y: int) -> bool:
    """Whether (x, y) is a point: coordinates in the field, y^2 = x^3 + ax + b.

    The group has prime order, so every point but infinity generates it; infinity has no
    coordinates and cannot be asked about.
    """
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def point_of(x: bytes, y: bytes) -> bytes:
    """x || y. Raises ValueError unless both have 32 bytes and lie on the curve."""
    if len(x) != _FIELD or len(y) != _FIELD:
        raise ValueError("a coordinate of SM2 has 32 bytes")
    if not is_on_curve(int.from_bytes(x, "big"), int.from_bytes(y, "big")):
        raise ValueError("the point is not on the curve of SM2")
    return x + y


def check_scalar(scalar: bytes) -> bytes:
    """`scalar` as given. Raises ValueError unless it is a private key: 1..n-2, 32 bytes.

    n-1 is excluded because signing inverts 1 + d (GB/T 32918.2-2016, section 6.1).
    """
    if len(scalar) != _FIELD or not 1 <= int.from_bytes(scalar, "big") <= N - 2:
        raise ValueError("not a private key of SM2")
    return scalar


def der_from_raw(signature: bytes) -> bytes | None:
    """DER of a raw r || s; None unless it has 64 bytes and 1 <= r, s < n."""
    if len(signature) != 2 * _FIELD:
        return None
    r = int.from_bytes(signature[:_FIELD], "big")
    s = int.from_bytes(signature[_FIELD:], "big")
    if not (0 < r < N and 0 < s < N):
        return None
    return encode_dss_signature(r, s)


def raw_from_der(signature: bytes) -> bytes:
    """r || s, 64 bytes, of the DER form that the libraries make (GM/T 0009, section 7.3)."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(_FIELD, "big") + s.to_bytes(_FIELD, "big")
