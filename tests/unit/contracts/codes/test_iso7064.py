"""ISO 7064 check characters: published samples, and what each system promises to catch."""

import pytest

from contracts.codes.iso7064 import (
    MOD_37_36_CHARACTERS,
    mod_11_2,
    mod_11_2_holds,
    mod_37_36,
    mod_37_36_holds,
)


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("0794", "0"),  # the sample of ISO/IEC 7064
        ("079", "X"),
        ("11010519491231002", "X"),  # the samples of GB 11643
        ("44052418800101001", "4"),
        ("000000012146438", "X"),  # an ISNI, which uses the same system
    ],
)
def test_mod_11_2_gives_the_published_check_characters(digits: str, check: str) -> None:
    assert mod_11_2(digits) == check
    assert mod_11_2_holds(digits + check)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("A12425GABC1234002", "M"),  # the sample of ISO 15706 and ISO 7064, a GRid
        ("11100000000013338W01111430000006122244L20230000403001", "U"),
    ],
)
def test_mod_37_36_gives_the_published_check_characters(text: str, check: str) -> None:
    assert mod_37_36(text) == check
    assert mod_37_36_holds(text + check)


@pytest.mark.parametrize("wrong", sorted(set("0123456789X") - {"X"}))
def test_mod_11_2_refuses_every_other_check_character(wrong: str) -> None:
    assert not mod_11_2_holds("11010519491231002" + wrong)


@pytest.mark.parametrize("wrong", sorted(set(MOD_37_36_CHARACTERS) - {"M"}))
def test_mod_37_36_refuses_every_other_check_character(wrong: str) -> None:
    assert not mod_37_36_holds("A12425GABC1234002" + wrong)


@pytest.mark.parametrize("text", ["1１", "1١", "X1", "1 ", "-1", "a"])
def test_only_ascii_digits_count(text: str) -> None:
    with pytest.raises(ValueError, match="anything but the digits"):
        mod_11_2(text)
    assert not mod_11_2_holds(text + "0")


@pytest.mark.parametrize("text", ["Ａ", "a", "١", "é", "A.1"])
def test_only_ascii_capitals_and_digits_count(text: str) -> None:
    with pytest.raises(ValueError, match="substring not found"):
        mod_37_36(text)
    assert not mod_37_36_holds(text + "0")


def test_nothing_has_no_check_character() -> None:
    assert not mod_11_2_holds("")
    assert not mod_37_36_holds("")


def test_mod_37_36_misses_few_exchanges_of_neighbours() -> None:
    missed = [
        (first, second)
        for first in MOD_37_36_CHARACTERS
        for second in MOD_37_36_CHARACTERS
        if first < second and mod_37_36(first + second) == mod_37_36(second + first)
    ]
    assert len(missed) <= 36 * 35 // 2 * 0.02
