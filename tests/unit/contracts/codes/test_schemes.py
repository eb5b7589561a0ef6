"""A code with its scheme: what each scheme takes, and which of them may be split."""

import pytest
from pydantic import ValidationError

from contracts.codes.schemes import SCHEMES, CodeWithScheme, Scheme, check_in_scheme
from contracts.errors import CodeInvalid

TAKEN = {
    Scheme.BASE: "442025036000",
    Scheme.IMPLEMENTATION: "11440100MB2C91891K3442025036000",
    Scheme.HANDLING_ITEM: "11310000MB2F30661Y231200356400001",
    Scheme.GUANGDONG_26: "00745265444010011230010001",
    Scheme.GUANGDONG_29: "00745265444010011230010001000",
    Scheme.SICHUAN_DASHED: "510100-0070-XK-001-00",
    Scheme.GBT39046_10: "2025036000",
    Scheme.GBT39046_24: "11440100MB2C91891K344202",
    Scheme.LOCAL: "郑政务〔2024〕7号",
}
BASE_CODES = {
    Scheme.BASE: "442025036000",
    Scheme.IMPLEMENTATION: "442025036000",
    Scheme.HANDLING_ITEM: "312003564000",
}


def test_the_table_has_every_scheme() -> None:
    assert set(SCHEMES) == set(Scheme) == set(TAKEN)


@pytest.mark.parametrize(("scheme", "value"), TAKEN.items())
def test_a_code_is_kept_as_it_came(scheme: Scheme, value: str) -> None:
    assert check_in_scheme(scheme, value) == value
    code = CodeWithScheme(scheme=scheme, value=value)
    assert CodeWithScheme.model_validate_json(code.model_dump_json()) == code


@pytest.mark.parametrize(("scheme", "value"), TAKEN.items())
def test_only_national_codes_are_split(scheme: Scheme, value: str) -> None:
    code = CodeWithScheme(scheme=scheme, value=value)
    assert code.base_code == BASE_CODES.get(scheme)
    assert (code.parts is None) == (scheme not in BASE_CODES)


@pytest.mark.parametrize(
    ("scheme", "value", "position"),
    [
        (Scheme.GUANGDONG_26, TAKEN[Scheme.GUANGDONG_29], 27),
        (Scheme.GUANGDONG_29, TAKEN[Scheme.GUANGDONG_26], 27),
        (Scheme.GUANGDONG_26, "00745-65444010011230010001", 6),
        (Scheme.GUANGDONG_26, "00745２65444010011230010001", 6),
        (Scheme.SICHUAN_DASHED, "5101000070", 11),
        (Scheme.SICHUAN_DASHED, "-510100-1", 1),
        (Scheme.SICHUAN_DASHED, "510100--1", 8),
        (Scheme.SICHUAN_DASHED, "510100-", 8),
        (Scheme.SICHUAN_DASHED, "510100—1", 7),
        (Scheme.SICHUAN_DASHED, "", 1),
        (Scheme.GBT39046_10, "442025036000", 11),
        (Scheme.GBT39046_24, TAKEN[Scheme.IMPLEMENTATION], 25),
        (Scheme.LOCAL, "", 1),
        (Scheme.LOCAL, "A 1", 2),
        (Scheme.LOCAL, "A1\u200b", 3),
    ],
)
def test_the_failing_character_is_named(scheme: Scheme, value: str, position: int) -> None:
    with pytest.raises(CodeInvalid) as caught:
        check_in_scheme(scheme, value)
    assert caught.value.where["position"] == str(position)


def test_a_model_reports_the_same_words_at_the_value() -> None:
    with pytest.raises(ValidationError) as caught:
        CodeWithScheme(scheme=Scheme.BASE, value="44202503600O")
    [error] = caught.value.errors()
    assert error["type"] == "code.invalid"
    assert error["loc"] == ("value",)
    assert error["ctx"]["position"] == "12"


def test_an_unknown_scheme_is_the_only_complaint() -> None:
    with pytest.raises(ValidationError) as caught:
        CodeWithScheme.model_validate({"scheme": "base13", "value": "x"})
    assert [error["loc"] for error in caught.value.errors()] == [("scheme",)]


def test_equal_codes_are_equal_keys() -> None:
    one, other = (CodeWithScheme(scheme=Scheme.BASE, value="442025036000") for _ in range(2))
    assert len({one, other}) == 1
    local = CodeWithScheme(scheme=Scheme.LOCAL, value="442025036000")
    assert local != one
