"""The two members of the vectors, with their private keys, and what a test needs of them.

The keys stand in `keys.json` in the open: they guard nothing.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.exchange.home import Home
from gateway.metrics import Metrics
from gateway.signer import KeySigner
from gateway.simulation.clock import SimulatedClock
from keys import base64url
from keys.suites import SUITES
from keys.suites.ed25519 import Ed25519SigningKey
from keys.suites.p256 import P256SigningKey
from keys.suites.sm2 import Sm2SigningKey
from keys.suites.sm2_sealing import Sm2OpeningKey
from keys.suites.suite import OpeningKey, SigningKey
from keys.suites.x25519 import X25519OpeningKey
from keys.trust.members_file import read_members
from keys.trust.roll import Roll

FOLDER = Path(__file__).parent
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ZHENGZHOU, GUANGZHOU = "410100", "440100"
SUITE_OF = {ZHENGZHOU: "sm", GUANGZHOU: "intl"}


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def roll() -> Roll:
    return Roll(read_members(FOLDER / "members.json"))


def signing_keys(code: str) -> dict[str, SigningKey]:
    return {key["kid"]: _signing(key["kid"], key["jwk"]) for key in load("keys.json")[code]["sign"]}


def opening_key(code: str) -> OpeningKey:
    (key,) = load("keys.json")[code]["open"]
    jwk, kid = key["jwk"], key["kid"]
    if jwk["crv"] == "SM2":
        return Sm2OpeningKey(kid, _bytes(jwk, "d"), _point(jwk))
    return X25519OpeningKey(kid, X25519PrivateKey.from_private_bytes(_bytes(jwk, "d")))


def home(code: str, now: datetime) -> Home:
    """The member as the use cases know it, at a moment that stands still."""
    opening = opening_key(code)
    return Home(
        code=code,
        suite=SUITES[SUITE_OF[code]],
        trust=roll(),
        signer=KeySigner(next(iter(signing_keys(code).values()))),
        clock=SimulatedClock(now),
        meter=Metrics(),
        opening_key={opening.kid: opening}.__getitem__,
        own_key=opening.public,
    )


def _signing(kid: str, jwk: dict[str, str]) -> SigningKey:
    secret = _bytes(jwk, "d")
    if jwk["crv"] == "SM2":
        return Sm2SigningKey(kid, secret, _point(jwk))
    if jwk["crv"] == "P-256":
        return P256SigningKey(kid, ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1()))
    return Ed25519SigningKey(kid, Ed25519PrivateKey.from_private_bytes(secret))


def _bytes(jwk: dict[str, str], name: str) -> bytes:
    return base64url.decode(jwk[name])


def _point(jwk: dict[str, str]) -> bytes:
    return _bytes(jwk, "x") + _bytes(jwk, "y")
