"""When an epoch ends, what an opener remembers, and what it refuses."""

import pytest

from contracts.errors import MessageRefused
from keys import sealing
from keys.sealing import Opener, Sealer
from keys.suites import SUITES
from keys.suites.suite import OpeningKey, SealingKey

SUITE = SUITES["intl"]
KEY = SUITE.new_opening_key("seal-1")
CONTEXT = b"tongban/epoch/1\n410100\n440100"


class CountingKey:
    """An opening key that counts how often it unwraps."""

    suite = "intl"
    kid = "seal-1"

    def __init__(self) -> None:
        self.unwrapped = 0

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        self.unwrapped += 1
        return KEY.unwrap(wrapped, info)

    def public(self) -> SealingKey:
        return KEY.public()


def sealer(max_messages: int = 1000, max_age: float = 600.0) -> Sealer:
    return Sealer(SUITE, KEY.public(), CONTEXT, max_messages, max_age)


def opener(key: OpeningKey = KEY) -> Opener:
    return Opener(SUITE, {"seal-1": key}, CONTEXT)


def refusal_of(reader: Opener, key_id: str, wrapped: bytes, sealed: bytes, info: bytes) -> str:
    with pytest.raises(MessageRefused) as refusal:
        reader.open(key_id, wrapped, sealed, info)
    assert refusal.value.code == "part.unreadable"
    return refusal.value.detail


def test_an_epoch_ends_after_its_messages() -> None:
    writer = sealer(max_messages=3)
    epochs = [writer.epoch(0.0) for _ in range(7)]
    assert [epochs.index(epoch) for epoch in epochs] == [0, 0, 0, 3, 3, 3, 6]
    assert len({epoch.wrapped for epoch in epochs}) == 3


def test_an_epoch_ends_with_its_age() -> None:
    writer = sealer(max_age=600.0)
    first = writer.epoch(1000.0)
    assert writer.epoch(1599.9) is first
    second = writer.epoch(1600.0)
    assert second is not first
    assert writer.epoch(2199.0) is second


def test_an_epoch_ends_when_the_clock_is_set_back() -> None:
    writer = sealer()
    assert writer.epoch(1000.0) is not writer.epoch(999.0)


def test_a_part_is_sealed_once() -> None:
    epoch = sealer().epoch(0.0)
    epoch.seal(b"one", b"m1/0")
    with pytest.raises(ValueError, match="already"):
        epoch.seal(b"two", b"m1/0")


def test_a_key_of_another_suite() -> None:
    with pytest.raises(ValueError, match="cannot seal"):
        Sealer(SUITES["sm"], KEY.public(), CONTEXT)
    epoch = sealer().epoch(0.0)
    sealed = epoch.seal(b"form", b"m1/0").sealed
    reader = Opener(SUITES["sm"], {"seal-1": KEY}, CONTEXT)
    assert "another suite" in refusal_of(reader, "seal-1", epoch.wrapped, sealed, b"m1/0")


def test_info_and_context_are_bound() -> None:
    epoch = sealer().epoch(0.0)
    sealed = epoch.seal(b"form", b"m1/0").sealed
    refusal_of(opener(), "seal-1", epoch.wrapped, sealed, b"m1/1")
    elsewhere = Opener(SUITE, {"seal-1": KEY}, b"tongban/epoch/1\n440100\n410100")
    refusal_of(elsewhere, "seal-1", epoch.wrapped, sealed, b"m1/0")


def test_another_epoch_does_not_open() -> None:
    writer = sealer(max_messages=1)
    first, second = writer.epoch(0.0), writer.epoch(0.0)
    refusal_of(opener(), "seal-1", second.wrapped, first.seal(b"form", b"m1/0").sealed, b"m1/0")


def test_an_unknown_key() -> None:
    epoch = sealer().epoch(0.0)
    sealed = epoch.seal(b"form", b"m1/0").sealed
    assert "no such" in refusal_of(opener(), "seal-2", epoch.wrapped, sealed, b"m1/0")


def test_keys_may_come_from_a_function() -> None:
    epoch = sealer().epoch(0.0)
    sealed = epoch.seal(b"form", b"m1/0").sealed
    reader = Opener(SUITE, {"seal-1": KEY}.__getitem__, CONTEXT)
    assert reader.open("seal-1", epoch.wrapped, sealed, b"m1/0").plain == b"form"
    refusal_of(reader, "seal-2", epoch.wrapped, sealed, b"m1/0")


def test_a_long_wrapped_secret_is_not_even_tried() -> None:
    key = CountingKey()
    assert "too long" in refusal_of(opener(key), "seal-1", bytes(1025), bytes(16), b"m1/0")
    assert key.unwrapped == 0


def test_an_epoch_is_unwrapped_once() -> None:
    key, epoch = CountingKey(), sealer().epoch(0.0)
    reader = opener(key)
    for number in range(10):
        info = f"m{number}/0".encode()
        reader.open("seal-1", epoch.wrapped, epoch.seal(b"form", info).sealed, info)
    assert key.unwrapped == 1


def test_failures_are_not_remembered() -> None:
    key = CountingKey()
    reader = opener(key)
    for _ in range(3):
        refusal_of(reader, "seal-1", bytes(80), bytes(16), b"m1/0")
    assert key.unwrapped == 3


def test_memory_is_bounded_and_keeps_what_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MAX_REMEMBERED_SECRETS", 2)
    key, writer = CountingKey(), sealer(max_messages=1)
    reader = opener(key)
    epochs = [writer.epoch(0.0) for _ in range(3)]
    parts = [epoch.seal(b"form", b"m/0").sealed for epoch in epochs]

    def open_in_order(*order: int) -> int:
        before = key.unwrapped
        for index in order:
            reader.open("seal-1", epochs[index].wrapped, parts[index], b"m/0")
        return key.unwrapped - before

    assert open_in_order(0, 1, 0, 2) == 3
    assert open_in_order(0) == 0
    assert open_in_order(1) == 1
