"""Arithmetic on the curves of the suites, slow and plain: only to make vectors.

With it a signature can be made from a chosen k, on the wrong curve, or with a defect that no
library would let through. Nothing here is for keys that guard anything.
"""

import hashlib
from dataclasses import dataclass

from keys.suites import ed25519, sm2_curve

Point = tuple[int, int] | None
"""Affine coordinates; None is the point at infinity."""


@dataclass(frozen=True)
class Curve:
    """y^2 = x^3 + ax + b over the integers modulo p; (gx, gy) has the prime order n."""

    p: int
    a: int
    b: int
    n: int
    gx: int
    gy: int

    def add(self, left: Point, right: Point) -> Point:
        if left is None or right is None:
            return left or right
        (x1, y1), (x2, y2) = left, right
        if x1 == x2 and (y1 + y2) % self.p == 0:
            return None
        if left == right:
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.p)
        x = (slope * slope - x1 - x2) % self.p
        return x, (slope * (x1 - x) - y1) % self.p

    def times(self, k: int, point: Point = None) -> Point:
        """k times `point`, of the generator without one."""
        found: Point = None
        step: Point = point or (self.gx, self.gy)
        while k:
            found = self.add(found, step) if k & 1 else found
            step, k = self.add(step, step), k >> 1
        return found

    def public(self, d: int) -> tuple[int, int]:
        point = self.times(d)
        assert point is not None
        return point

    def ecdsa(self, d: int, k: int, digest: bytes) -> tuple[int, int]:
        """r and s of FIPS 186-5, section 6.4.1."""
        r = self.public(k)[0] % self.n
        return r, pow(k, -1, self.n) * (int.from_bytes(digest, "big") + r * d) % self.n

    def sm2(self, d: int, k: int, digest: bytes) -> tuple[int, int]:
        """r and s of GB/T 32918.2-2016, section 6.1; `digest` is over ZA || message."""
        r = (int.from_bytes(digest, "big") + self.public(k)[0]) % self.n
        return r, pow(1 + d, -1, self.n) * (k - r * d) % self.n


SM2 = Curve(
    p=sm2_curve.P,
    a=sm2_curve.A,
    b=sm2_curve.B,
    n=sm2_curve.N,
    gx=0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    gy=0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
P256 = Curve(
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    gx=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    gy=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
ED25519_L = 2**252 + 27742317777372353535851937790883648493
_ED_BASE = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)


def ed_add(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """On the twisted Edwards curve with a = -1 (RFC 8032, section 5.1.4)."""
    (x1, y1), (x2, y2), p = left, right, ed25519.P
    product = ed25519.D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, p) % p
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, p) % p


def ed_times(k: int) -> tuple[int, int]:
    """k times the base point."""
    found, step = (0, 1), _ED_BASE
    while k:
        found = ed_add(found, step) if k & 1 else found
        step, k = ed_add(step, step), k >> 1
    return found


def ed_encoded(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def ed_sign(a: int, r: int, torsion: tuple[int, int], message: bytes) -> bytes:
    """A signature by scalar `a` whose R is r times the base, and `torsion`, a point of small
    order, beside it: one that is not (0, 1) lets it hold for readers alone that multiply
    the equation by 8, which RFC 8032 leaves open and the gateways of a city must not."""
    public, big_r = ed_encoded(ed_times(a)), ed_encoded(ed_add(ed_times(r), torsion))
    hashed = hashlib.sha512(big_r + public + message).digest()
    s = (r + int.from_bytes(hashed, "little") * a) % ED25519_L
    return big_r + s.to_bytes(32, "little")
