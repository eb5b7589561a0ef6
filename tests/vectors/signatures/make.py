"""Makes `malformed.json`: signatures and public keys with one defect each, named in `what`.

Everything comes from the numbers below, so the same bytes come out each time:
``python -m tests.vectors.signatures.make``.
"""

import json
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keys import base64url
from keys.suites import ed25519, sm2_curve
from keys.suites.intl import sha256
from keys.suites.sm3 import sm3
from tests.vectors.signatures import FILE
from tests.vectors.signatures.curves import (
    ED25519_L,
    P256,
    SM2,
    Curve,
    ed_encoded,
    ed_sign,
    ed_times,
)

MESSAGE = b"the root of a batch"
D = int.from_bytes(sha256(b"tongban, a private key that guards nothing"), "big") >> 1
K = int.from_bytes(sha256(b"tongban, a number used once, again and again"), "big") >> 1

Named = tuple[str, bytes]


def signed_sm2(message: bytes, user_id: bytes = sm2_curve.USER_ID) -> tuple[int, int]:
    """By the standard; another `user_id` makes another signer of the same key."""
    x, y = SM2.public(D)
    numbers = (SM2.a, SM2.b, SM2.gx, SM2.gy, x, y)
    fixed = b"".join(number.to_bytes(32, "big") for number in numbers)
    za = sm3((8 * len(user_id)).to_bytes(2, "big") + user_id + fixed)
    return SM2.sm2(D, K, sm3(za + message))


def signed_es256(message: bytes) -> tuple[int, int]:
    """In the lower of the two forms that hold."""
    r, s = P256.ecdsa(D, K, sha256(message))
    return r, min(s, P256.n - s)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def of_scalars(curve: Curve, sign: Callable[[bytes], tuple[int, int]]) -> Iterator[Named]:
    """Defects of r, s and their spelling, for SM2 and ECDSA."""
    r, s = sign(MESSAGE)
    n, top = curve.n, 2**256 - 1
    for name, pair in {
        "r is zero": (0, s),
        "s is zero": (r, 0),
        "r and s are zero": (0, 0),
        "r is the order": (n, s),
        "s is the order": (r, n),
        "r and s are the order": (n, n),
        "r is beyond the order": (n + 1, s),
        "s is beyond the order": (r, n + 1),
        "r is all ones": (top, s),
        "s is all ones": (r, top),
        "r is negated": (n - r, s),
        "r and s are swapped": (s, r),
        "r is one more": (r + 1, s),
        "s is one more": (r, s + 1),
        "r is one": (1, s),
        "s is one": (r, 1),
        "r + s is the order": (r, n - r),
    }.items():
        yield name, raw(*pair)
    for name, again in (("r", (r + n, s)), ("s", (r, s + n))):
        if max(again) <= top:
            yield f"{name} is spelt with the order added", raw(*again)
    yield "little-endian", raw(r, s)[31::-1] + raw(r, s)[:31:-1]
    yield "over another message", raw(*sign(MESSAGE + b"!"))
    yield from of_der(r, s)


def of_der(r: int, s: int) -> Iterator[Named]:
    """DER where the raw form belongs: whole, cut, padded, and cut or padded to 64 bytes."""
    der = encode_dss_signature(r, s)
    short = encode_dss_signature(r >> 32, s >> 32)
    yield "DER", der
    yield "DER, the last byte cut off", der[:-1]
    yield "DER, cut to 64 bytes", der[:64]
    yield "DER, the second integer missing", der[: 4 + der[3]]
    yield "DER, a zero byte behind it", der + b"\0"
    yield "DER, garbage behind it", der + b"garbage"
    yield (
        "DER, a zero byte before the first integer",
        (b"\x30" + bytes([der[1] + 1]) + b"\x02" + bytes([der[3] + 1]) + b"\0" + der[4:]),
    )
    yield "DER, length in the long form", b"\x30\x81" + der[1:]
    yield "DER, length undefined", b"\x30\x80" + der[2:] + b"\0\0"
    yield "DER of smaller numbers, padded to 64 bytes", short.ljust(64, b"\0")[:64]
    yield "DER of smaller numbers, padded in front to 64 bytes", short.rjust(64, b"\0")[-64:]


def of_length(whole: bytes) -> Iterator[Named]:
    yield "empty", b""
    yield "one byte", whole[:1]
    yield "r alone", whole[:32]
    yield "the last byte cut off", whole[:-1]
    yield "the first byte cut off", whole[1:]
    yield "a zero byte behind it", whole + b"\0"
    yield "a zero byte in front", b"\0" + whole
    yield "twice", whole * 2
    yield "a hundred times", whole * 100
    for byte in (0x00, 0x01, 0x7F, 0x80, 0xFF):
        yield f"64 bytes of {byte:02x}", bytes([byte]) * 64


def of_sm2() -> Iterator[Named]:
    r, s = signed_sm2(MESSAGE)
    yield "s is negated: SM2 has no second form", raw(r, SM2.n - s)
    yield "ECDSA with SM3 on the curve of SM2", raw(*SM2.ecdsa(D, K, sm3(MESSAGE)))
    yield "ECDSA with SHA-256 on P-256, the same scalar", raw(*signed_es256(MESSAGE))
    yield "SM2 on P-256, the same scalar", raw(*P256.sm2(D, K, sm3(MESSAGE)))
    yield "without the digest of the signer (ZA)", raw(*SM2.sm2(D, K, sm3(MESSAGE)))
    yield "for another user id", raw(*signed_sm2(MESSAGE, b"ALICE123@YAHOO.COM"))
    yield "for an empty user id", raw(*signed_sm2(MESSAGE, b""))
    yield from of_scalars(SM2, signed_sm2)
    yield from of_length(raw(r, s))


def of_es256() -> Iterator[Named]:
    yield "SM2 with SM3, the same scalar", raw(*signed_sm2(MESSAGE))
    yield "ECDSA with SHA-256 on the curve of SM2", raw(*SM2.ecdsa(D, K, sha256(MESSAGE)))
    yield "ECDSA with SM3", raw(*P256.ecdsa(D, K, sm3(MESSAGE)))
    yield "over the message instead of its digest", raw(*P256.ecdsa(D, K, MESSAGE))
    yield from of_scalars(P256, signed_es256)
    yield from of_length(raw(*signed_es256(MESSAGE)))


def of_ed25519() -> Iterator[Named]:
    whole = ed_sign(D, K, (0, 1), MESSAGE)
    r, s = whole[:32], int.from_bytes(whole[32:], "little")
    for name, scalar in {
        "s is zero": 0,
        "s is the order": ED25519_L,
        "s is negated": ED25519_L - s,
        "s is one more": s + 1,
        "s is all ones": 2**256 - 1,
    }.items():
        yield name, r + scalar.to_bytes(32, "little")
    for times in range(1, 16):  # RFC 8032, section 5.1.7: S is in 0..L-1
        if s + times * ED25519_L < 2**256:
            spelt = (s + times * ED25519_L).to_bytes(32, "little")
            yield f"s is spelt with {times} times the order added", r + spelt
    yield "R has a part of order 2", ed_sign(D, K, (0, ed25519.P - 1), MESSAGE)
    for name, big_r in {
        "R is the neutral element": ed_encoded((0, 1)),
        "R is of order 2": ed_encoded((0, ed25519.P - 1)),
        "R is beyond the field": (ed25519.P + 1).to_bytes(32, "little"),
        "R is no point": (2).to_bytes(32, "little"),
        "R has the other sign": r[:31] + bytes([r[31] ^ 0x80]),
    }.items():
        yield name, big_r + whole[32:]
    yield "halves swapped", whole[32:] + r
    yield "big-endian", r[::-1] + whole[:31:-1]
    yield "over another message", ed_sign(D, K, (0, 1), MESSAGE + b"!")
    yield "ECDSA on P-256, the same scalar", raw(*signed_es256(MESSAGE))
    yield from of_length(whole)


def jwk(kind: str, curve: str, *coordinates: bytes) -> dict[str, str]:
    named = zip(("x", "y"), map(base64url.encode, coordinates), strict=False)
    return {"kty": kind, "crv": curve, **dict(named)}


def weierstrass(curve: Curve, name: str, other: Curve) -> Iterator[tuple[str, dict[str, str]]]:
    def key(x: int, y: int) -> dict[str, str]:
        return jwk("EC", name, x.to_bytes(32, "big"), y.to_bytes(32, "big"))

    x, y = curve.public(D)
    yield f"{name}: a point of another curve", key(*other.public(D))
    yield f"{name}: y is one more", key(x, y + 1)
    yield f"{name}: x and y swapped", key(y, x)
    yield f"{name}: zero, which would be infinity", key(0, 0)
    yield f"{name}: x is beyond the field", key(2**256 - 1, y)
    yield f"{name}: y is beyond the field", key(x, 2**256 - 1)
    twist = next(t for t in range(1, 1000) if is_off(curve, t))
    yield f"{name}: x of the twist", key(twist, 1)
    yield f"{name}: as if it were on P-384", {**key(x, y), "crv": "P-384"}
    yield f"{name}: as if it were on secp256k1", {**key(x, y), "crv": "secp256k1"}
    yield f"{name}: compressed", jwk("EC", name, bytes([2 + y % 2]) + x.to_bytes(32, "big"))
    yield f"{name}: y is missing", jwk("EC", name, x.to_bytes(32, "big"))
    yield f"{name}: x is 31 bytes", jwk("EC", name, bytes(31), y.to_bytes(32, "big"))


def is_off(curve: Curve, x: int) -> bool:
    """Whether no point has this x: then x^3 + ax + b has no root (Euler)."""
    return pow((x**3 + curve.a * x + curve.b) % curve.p, (curve.p - 1) // 2, curve.p) != 1


def edwards() -> Iterator[tuple[str, dict[str, str]]]:
    root = pow(2, (ed25519.P - 1) // 4, ed25519.P)  # of -1
    small = {
        "the neutral element": ed_encoded((0, 1)),
        "order 2": ed_encoded((0, ed25519.P - 1)),
        "order 4": ed_encoded((root, 0)),
        "order 4, the other": ed_encoded((ed25519.P - root, 0)),
        "the neutral element, spelt beyond the field": (ed25519.P + 1).to_bytes(32, "little"),
        "order 4, spelt as the field's size": ed25519.P.to_bytes(32, "little"),
        "x is zero with a sign": (1 | 1 << 255).to_bytes(32, "little"),
    }
    for name, point in small.items():
        yield f"Ed25519: {name}", jwk("OKP", "Ed25519", point)
    yield "Ed25519: no point", jwk("OKP", "Ed25519", (2).to_bytes(32, "little"))
    whole = ed_encoded(ed_times(D))
    yield "Ed25519: 31 bytes", jwk("OKP", "Ed25519", whole[:31])
    yield "Ed25519: 33 bytes", jwk("OKP", "Ed25519", whole + b"\0")
    yield "Ed25519: as if it were Ed448", jwk("OKP", "Ed448", whole)
    yield "Ed25519: as if it were EC", jwk("EC", "Ed25519", whole, whole)
    yield "X25519: a key that seals", jwk("OKP", "X25519", whole)


def content() -> dict[str, object]:
    def point(curve: Curve) -> list[bytes]:
        return [number.to_bytes(32, "big") for number in curve.public(D)]

    good = {
        "SM2": raw(*signed_sm2(MESSAGE)),
        "ES256": raw(*signed_es256(MESSAGE)),
        "Ed25519": ed_sign(D, K, (0, 1), MESSAGE),
    }
    bad = {"SM2": of_sm2(), "ES256": of_es256(), "Ed25519": of_ed25519()}
    keys = [*weierstrass(SM2, "SM2", P256), *weierstrass(P256, "P-256", SM2), *edwards()]
    return {
        "about": "Made by python -m tests.vectors.signatures.make. Each `good` signature holds "
        "over `message` under the key of its algorithm; none of `signatures` does; none of "
        "`public_keys` is a key that verifies. Binary values in hexadecimal.",
        "message": MESSAGE.hex(),
        "keys": {
            "SM2": jwk("EC", "SM2", *point(SM2)),
            "ES256": jwk("EC", "P-256", *point(P256)),
            "Ed25519": jwk("OKP", "Ed25519", ed_encoded(ed_times(D))),
        },
        "good": {alg: signature.hex() for alg, signature in good.items()},
        "es256_upper_form": raw(signed_es256(MESSAGE)[0], P256.n - signed_es256(MESSAGE)[1]).hex(),
        "signatures": [
            {"alg": alg, "what": what, "signature": signature.hex()}
            for alg, found in bad.items()
            for what, signature in found
        ],
        "public_keys": [{"what": what, "jwk": key} for what, key in keys],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(content(), indent=1) + "\n", "utf-8")
