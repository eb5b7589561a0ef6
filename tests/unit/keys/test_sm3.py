"""SM3 gives the same where hashlib lacks it."""

import hashlib
import importlib
from collections.abc import Iterator

import pytest

from keys.suites import sm3

HASHLIB_SM3, HASHLIB_HMAC = sm3.sm3, sm3.hmac_sm3


@pytest.fixture
def without_hashlib(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hashlib, "algorithms_available", {"sha256"})
    importlib.reload(sm3)
    assert not sm3.HASHLIB_HAS_SM3
    yield
    monkeypatch.undo()
    importlib.reload(sm3)


@pytest.mark.usefixtures("without_hashlib")
@pytest.mark.parametrize("data", [b"", b"abc", bytes(63), bytes(64), bytes(100_000)])
def test_gmssl_stands_in(data: bytes) -> None:
    assert sm3.sm3 is not HASHLIB_SM3
    assert sm3.sm3(data) == HASHLIB_SM3(data)
    for key in (bytes(32), b"k" * 64):
        assert sm3.hmac_sm3(key, data) == HASHLIB_HMAC(key, data)
