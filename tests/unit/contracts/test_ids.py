"""Identifiers: UUIDs of version 7 as RFC 9562 lays them out, which sort by their time."""

import random
import re
import uuid

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.ids import UUID7_PATTERN, MessageId, uuid7

READER: TypeAdapter[str] = TypeAdapter(MessageId)


def test_the_example_of_the_standard() -> None:
    """RFC 9562, A.6: 2022-02-22T19:22:22Z, rand_a CC3, rand_b 18C4DC0C0C07398F."""
    rand_a, rand_b = 0xCC3, 0x18C4DC0C0C07398F
    entropy = (rand_a << 68 | rand_b).to_bytes(10)
    assert uuid7(0x017F22E279B0, entropy) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_the_fields_are_where_the_standard_has_them() -> None:
    made = uuid.UUID(uuid7(1_772_413_200_123, random.Random(1).randbytes(10)))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_772_413_200_123


def test_every_random_bit_but_those_of_version_and_variant_is_kept() -> None:
    ones, zeros = (uuid.UUID(uuid7(0, bytes([each]) * 10)).int for each in (255, 0))
    assert (ones ^ zeros).bit_count() == 74


def test_they_sort_by_time() -> None:
    chance = random.Random(2)
    times = [0, 1, 999, 1_000, 1_772_413_200_000, 1_772_413_200_001, (1 << 48) - 1]
    made = [uuid7(time, chance.randbytes(10)) for time in times]
    assert made == sorted(made)


@pytest.mark.parametrize("length", [0, 9, 11])
def test_the_wrong_amount_of_chance_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(0, bytes(length))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "０17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    ],
)
def test_anything_else_is_no_identifier(text: str) -> None:
    with pytest.raises(ValidationError):
        READER.validate_python(text)


def test_the_pattern_reads_what_is_made() -> None:
    chance = random.Random(3)
    for _ in range(200):
        assert re.match(UUID7_PATTERN, uuid7(chance.getrandbits(48), chance.randbytes(10)))
