"""Citizen ids: the samples of GB 11643, and one test for each way to fail."""

from datetime import date

import pytest

from contracts.codes.citizen_id import Sex, birth_date, check_citizen_id, sex
from contracts.codes.iso7064 import mod_11_2
from contracts.errors import CodeInvalid

SAMPLE = "11010519491231002X"


def completed(body: str) -> str:
    """`body` of seventeen digits with the check character that fits."""
    return body + mod_11_2(body)


def failure(value: str) -> CodeInvalid:
    with pytest.raises(CodeInvalid) as caught:
        check_citizen_id(value)
    return caught.value


@pytest.mark.parametrize("value", [SAMPLE, "440524188001010014"])
def test_the_samples_of_the_standard_hold(value: str) -> None:
    assert check_citizen_id(value) == value


@pytest.mark.parametrize("wrong", "0123456789")
def test_every_wrong_check_character_is_caught(wrong: str) -> None:
    error = failure(SAMPLE[:17] + wrong)
    assert error.where == {"position": "18", "character": wrong}
    assert "does not fit" in error.detail


def test_the_fitting_check_character_is_not_given_away() -> None:
    assert "'X'" not in failure(SAMPLE[:17] + "3").detail


def test_lower_case_x_is_refused_with_its_remedy() -> None:
    error = failure(SAMPLE.lower())
    assert error.where == {"position": "18", "character": "x"}
    assert "lower-case letter 'x': type the capital 'X'" in error.detail


def test_x_stands_at_the_end_only() -> None:
    assert failure("1X010519491231002X").where == {"position": "2", "character": "X"}


def test_ids_of_fifteen_digits_are_refused_by_name() -> None:
    error = failure("110105491231002")
    assert "fifteen digits is no longer valid" in error.detail
    assert "eighteen characters" in error.detail


@pytest.mark.parametrize(
    ("position", "character", "remedy"),
    [
        (3, "１", "type '1'"),  # full width
        (9, "٤", "type '4'"),  # Arabic-Indic
        (17, "२", "type '2'"),  # Devanagari
        (1, "²", "type '2'"),  # superscript
        (5, "O", "must be a digit"),
        (7, " ", "a blank (U+0020): delete it"),
        (7, "\u200b", "an invisible character (U+200B): delete it"),
        (18, "Ｘ", "type 'X'"),
        (18, "Х", "not 'Х'"),  # Cyrillic
    ],
)
def test_only_ascii_may_stand_there(position: int, character: str, remedy: str) -> None:
    error = failure(SAMPLE[: position - 1] + character + SAMPLE[position:])
    assert error.where["position"] == str(position)
    assert remedy in error.detail


@pytest.mark.parametrize(
    ("value", "position", "character"),
    [
        ("", 1, ""),
        (SAMPLE[:17], 18, ""),
        (SAMPLE + "0", 19, "0"),
        (SAMPLE + "\n", 19, "U+000A"),
        (" " + SAMPLE, 1, "U+0020"),
    ],
)
def test_length_counts(value: str, position: int, character: str) -> None:
    assert failure(value).where == {"position": str(position), "character": character}


@pytest.mark.parametrize(
    ("birth", "position"),
    [
        ("19491331", 12),  # the 3 of month 13
        ("19492031", 11),  # the 2 of month 20
        ("19490031", 12),
        ("19491232", 14),
        ("19491241", 13),
        ("19491200", 14),
        ("19490431", 14),
        ("19490230", 13),
        ("19490229", 14),  # 1949 was no leap year
        ("19000229", 14),  # nor was 1900
        ("00001231", 10),
    ],
)
def test_the_birth_date_must_have_been_a_day(birth: str, position: int) -> None:
    value = completed(f"110105{birth}002")
    error = failure(value)
    assert error.where == {"position": str(position), "character": value[position - 1]}


@pytest.mark.parametrize("birth", ["20000229", "20240229", "19481231"])
def test_real_days_are_taken(birth: str) -> None:
    check_citizen_id(completed(f"110105{birth}002"))


@pytest.mark.parametrize("region", ["000000", "410381", "512301", "999999", "830000"])
def test_the_region_need_not_exist_today(region: str) -> None:
    check_citizen_id(completed(f"{region}19491231002"))


def test_birth_date_and_sex_are_read() -> None:
    assert birth_date(SAMPLE) == date(1949, 12, 31)
    assert sex(SAMPLE) is Sex.FEMALE
    assert sex("440524188001010014") is Sex.MALE


def test_nothing_is_read_from_a_wrong_id() -> None:
    with pytest.raises(CodeInvalid):
        birth_date(SAMPLE[:17] + "0")
    with pytest.raises(CodeInvalid):
        sex(SAMPLE[:17] + "0")


@pytest.mark.parametrize(
    "value",
    [SAMPLE[:17] + "0", SAMPLE.lower(), SAMPLE + "0", "110105491231002", "11010519491331002X"],
)
def test_no_error_shows_the_id(value: str) -> None:
    error = failure(value)
    assert value not in str(error)
    assert value[6:14] not in str(error)
    assert f"{value[:3]}***" in error.detail
