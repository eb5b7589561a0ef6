"""Which library computes SM2 signatures."""

import sys

import pytest

from keys.suites import sm2_engines
from keys.suites.sm2 import Sm2SigningKey, Sm2VerifyingKey, new_pair
from keys.suites.sm2_curve import N


def test_tongsuo_is_taken_where_it_is() -> None:
    assert sm2_engines.ENGINE.name == "tongsuo"


def test_gmssl_stands_in_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto.asymciphers", None)
    with pytest.raises(ImportError):
        sm2_engines.tongsuo()
    assert sm2_engines._fastest().name == "gmssl"


ENGINES = pytest.mark.parametrize(
    "engine", [sm2_engines.tongsuo(), sm2_engines.gmssl()], ids=lambda engine: engine.name
)


@ENGINES
def test_a_pair_that_does_not_belong(engine: sm2_engines.Sm2Engine) -> None:
    (scalar, _), (_, point) = new_pair(), new_pair()
    with pytest.raises(ValueError, match=r"Invalid EC key|does not belong"):
        Sm2SigningKey("a", scalar, point, engine)


@ENGINES
@pytest.mark.parametrize("scalar", [0, N - 1, N, 2**256 - 1])
def test_scalars_that_are_no_private_key(engine: sm2_engines.Sm2Engine, scalar: int) -> None:
    _, point = new_pair()
    with pytest.raises(ValueError, match="not a private key"):
        Sm2SigningKey("a", scalar.to_bytes(32, "big"), point, engine)


@ENGINES
@pytest.mark.parametrize("point", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65)])
def test_points_that_are_none(engine: sm2_engines.Sm2Engine, point: bytes) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|not on the curve"):
        Sm2VerifyingKey("a", point, engine)
