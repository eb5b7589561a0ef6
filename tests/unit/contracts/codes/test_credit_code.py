"""Unified social credit codes: real ones, and one test for each way to fail."""

import pytest

from contracts.codes.credit_code import CHARACTERS, check_credit_code, credit_check_character
from contracts.errors import CodeInvalid

GUANGZHOU = "11440100MB2C91891K"


def failure(value: str) -> CodeInvalid:
    with pytest.raises(CodeInvalid) as caught:
        check_credit_code(value)
    return caught.value


@pytest.mark.parametrize(
    "value",
    [
        GUANGZHOU,
        "11310000MB2F30661Y",
        "11430000006122244L",
        "11100000000013338W",
        "91350100M000100Y43",  # the sample of GB 32100
    ],
)
def test_published_codes_hold(value: str) -> None:
    assert check_credit_code(value) == value
    assert credit_check_character(value[:17]) == value[17]


@pytest.mark.parametrize("wrong", sorted(set(CHARACTERS) - {"K"}))
def test_every_wrong_check_character_is_caught(wrong: str) -> None:
    error = failure(GUANGZHOU[:17] + wrong)
    assert error.where == {"position": "18", "character": wrong}


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_are_easily_misread_do_not_occur(letter: str) -> None:
    error = failure(GUANGZHOU[:8] + letter + GUANGZHOU[9:])
    assert error.where == {"position": "9", "character": letter}
    assert "other than I, O, S, V, Z" in error.detail


@pytest.mark.parametrize(
    ("position", "character"), [(9, "m"), (1, "１"), (4, "٤"), (9, "Ｍ"), (12, "-")]
)
def test_only_ascii_capitals_and_digits(position: int, character: str) -> None:
    error = failure(GUANGZHOU[: position - 1] + character + GUANGZHOU[position:])
    assert error.where == {"position": str(position), "character": character}


@pytest.mark.parametrize(
    ("value", "position"), [("", 1), (GUANGZHOU[:17], 18), (GUANGZHOU * 2, 19)]
)
def test_length_counts(value: str, position: int) -> None:
    assert failure(value).where["position"] == str(position)


def test_the_check_character_needs_seventeen_others() -> None:
    with pytest.raises(ValueError, match="shorter"):
        credit_check_character("11440100")


def test_no_error_shows_what_was_typed() -> None:
    assert "11010519491231002X" not in str(failure("11010519491231002X"))
