"""Public keys are checked before they are used."""

import pytest

from contracts.errors import KeyUnusable
from keys import base64url
from keys.suites import SUITES
from keys.suites.ed25519 import P as ED25519_P
from keys.suites.ed25519 import check_point
from keys.suites.jwk import sealing_key, verifying_key
from keys.suites.p256 import P256SigningKey
from keys.suites.sm2_curve import P as SM2_P

SM2 = SUITES["sm"].new_signing_key("a").public().jwk()
P256 = P256SigningKey.generate("a").public().jwk()
ED25519 = SUITES["intl"].new_signing_key("a").public().jwk()
X25519 = SUITES["intl"].new_opening_key("a").public().jwk()
ALL = pytest.mark.parametrize("jwk", [SM2, P256, ED25519, X25519], ids=lambda jwk: jwk["crv"])
ZERO = base64url.encode(bytes(32))


def read(jwk: dict[str, object]) -> None:
    """Read it as what it claims to be."""
    (sealing_key if jwk.get("crv") == "X25519" else verifying_key)("key-1", jwk)


def refused(jwk: dict[str, object], because: str) -> None:
    with pytest.raises(KeyUnusable, match=because) as refusal:
        read(jwk)
    assert refusal.value.where == {"key": "key-1"}


@ALL
def test_members_that_say_nothing_about_the_key_are_ignored(jwk: dict[str, object]) -> None:
    read({**jwk, "use": "sig", "key_ops": ["verify"], "note": {"by": "410100"}})


@ALL
def test_private_keys_are_refused(jwk: dict[str, object]) -> None:
    refused({**jwk, "d": ZERO}, "private")


@ALL
def test_length_of_coordinates(jwk: dict[str, object]) -> None:
    raw = base64url.decode(str(jwk["x"]))
    for other in (raw[:-1], raw + b"\0", b"\0" + raw, b""):
        refused({**jwk, "x": base64url.encode(other)}, "bytes instead of 32")


@ALL
def test_spelling_of_coordinates(jwk: dict[str, object]) -> None:
    text = str(jwk["x"])
    for other in (text + "=", text + "\n", " " + text, text[:-1] + "*", text[:-1] + "é"):
        refused({**jwk, "x": other}, "base64url")
    refused({**jwk, "x": text[:-1] + chr(ord(text[-1]) + 1)}, "canonical")


@ALL
def test_missing_or_mistyped_members(jwk: dict[str, object]) -> None:
    for name in jwk:
        refused({key: value for key, value in jwk.items() if key != name}, f"no {name}")
        refused({**jwk, name: 1}, f"no {name}")


@pytest.mark.parametrize("jwk", [SM2, P256], ids=["SM2", "P-256"])
def test_points_off_the_curve(jwk: dict[str, object]) -> None:
    for other in ({"x": ZERO, "y": ZERO}, {"y": jwk["x"]}):
        with pytest.raises(KeyUnusable):
            read({**jwk, **other})


def test_sm2_coordinate_outside_the_field() -> None:
    refused({**SM2, "x": base64url.encode(SM2_P.to_bytes(32, "big"))}, "not on the curve")


def test_a_point_of_another_curve() -> None:
    for one, other in ((SM2, P256), (P256, SM2)):
        with pytest.raises(KeyUnusable):
            read({**one, "x": other["x"], "y": other["y"]})


def test_kinds_that_cannot_do_it() -> None:
    for jwk in (X25519, {**P256, "crv": "P-384"}, {**SM2, "kty": "OKP"}, {**ED25519, "kty": "RSA"}):
        with pytest.raises(KeyUnusable, match="cannot do this"):
            verifying_key("a", jwk)
    for jwk in (ED25519, P256):
        with pytest.raises(KeyUnusable, match="cannot do this"):
            sealing_key("a", jwk)


ORDER_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = [1, 0, ED25519_P - 1, ORDER_EIGHT, ED25519_P - ORDER_EIGHT]
"""y of the points whose order divides 8."""


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_ed25519_points_of_small_order(y: int, sign: int) -> None:
    raw = (y | sign << 255).to_bytes(32, "little")
    refused({**ED25519, "x": base64url.encode(raw)}, "small order")


@pytest.mark.parametrize("y", [ED25519_P, ED25519_P + 1, 2**255 - 1])
def test_ed25519_coordinates_outside_the_field(y: int) -> None:
    refused({**ED25519, "x": base64url.encode(y.to_bytes(32, "little"))}, "outside the field")


def test_ed25519_points_off_the_curve() -> None:
    """Half of all y have no x."""
    verdicts = []
    for y in range(2, 34):
        try:
            check_point(y.to_bytes(32, "little"))
            verdicts.append(True)
        except ValueError:
            verdicts.append(False)
    assert 4 < verdicts.count(True) < 28


@pytest.mark.parametrize("u", [0, 1, ED25519_P - 1, ED25519_P, ED25519_P + 1])
def test_x25519_points_of_small_order(u: int) -> None:
    with pytest.raises(KeyUnusable):
        read({**X25519, "x": base64url.encode(u.to_bytes(32, "little"))})
