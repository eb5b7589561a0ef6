"""Codes at random: what fits is taken, and the slips the algorithms promise to catch are caught.

A slip is one wrong character or an exchange of two neighbours. MOD 11-2 and the weights of
GB 32100 catch both; MOD 37,36 promises the first only.
"""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.codes import (
    CertificateId,
    CitizenId,
    CreditCode,
    Sex,
    birth_date,
    certificate_check_character,
    check_base_code,
    check_certificate_id,
    check_citizen_id,
    check_credit_code,
    check_handling_item_code,
    check_implementation_code,
    check_region_code,
    credit_check_character,
    mask_citizen_id,
    mask_mobile,
    mask_name,
    sex,
)
from contracts.codes.credit_code import CHARACTERS
from contracts.codes.iso7064 import (
    MOD_37_36_CHARACTERS,
    mod_11_2,
    mod_11_2_holds,
    mod_37_36,
    mod_37_36_holds,
)
from contracts.errors import CodeInvalid

DIGITS = "0123456789"


def texts(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=least if most is None else most)


@st.composite
def citizen_ids(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1850, 1, 1), date(2099, 12, 31)))
    body = draw(texts(DIGITS, 6)) + f"{born:%Y%m%d}" + draw(texts(DIGITS, 3))
    return body + mod_11_2(body)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    body = draw(texts(CHARACTERS, 17))
    return body + credit_check_character(body)


@st.composite
def certificate_ids(draw: st.DrawFn) -> str:
    fields = (
        draw(texts(MOD_37_36_CHARACTERS, 21)),
        draw(credit_codes()),
        draw(texts(MOD_37_36_CHARACTERS, 1, 20)),
        draw(texts(DIGITS, 3)),
    )
    return f"1.2.156.3005.2.{'.'.join(fields)}.{certificate_check_character(*fields)}"


def implementation_codes() -> st.SearchStrategy[str]:
    return st.tuples(credit_codes(), texts("123456", 1), texts(DIGITS, 12)).map("".join)


def handling_item_codes() -> st.SearchStrategy[str]:
    return st.tuples(implementation_codes(), texts(DIGITS, 2)).map("".join)


CODES: list[tuple[Callable[[str], str], st.SearchStrategy[str]]] = [
    (check_citizen_id, citizen_ids()),
    (check_credit_code, credit_codes()),
    (check_certificate_id, certificate_ids()),
    (check_region_code, texts(DIGITS, 6)),
    (check_base_code, texts(DIGITS, 12)),
    (check_implementation_code, implementation_codes()),
    (check_handling_item_code, handling_item_codes()),
]
CHECKED = CODES[:3]
every_code = pytest.mark.parametrize(
    ("check", "codes"), CODES, ids=[check.__name__ for check, _ in CODES]
)
every_checked_code = pytest.mark.parametrize(
    ("check", "codes"), CHECKED, ids=[check.__name__ for check, _ in CHECKED]
)


def substituted(code: str, index: int, character: str) -> str:
    return code[:index] + character + code[index + 1 :]


def exchanged(code: str, index: int) -> str:
    return code[:index] + code[index + 1] + code[index] + code[index + 2 :]


def failure(check: Callable[[str], str], value: str) -> CodeInvalid:
    with pytest.raises(CodeInvalid) as caught:
        check(value)
    return caught.value


@every_code
@given(data=st.data())
def test_what_fits_is_returned_unchanged(
    check: Callable[[str], str], codes: st.SearchStrategy[str], data: st.DataObject
) -> None:
    code = data.draw(codes)
    assert check(code) == code


@every_checked_code
@given(data=st.data())
def test_one_wrong_character_is_caught(
    check: Callable[[str], str], codes: st.SearchStrategy[str], data: st.DataObject
) -> None:
    code = data.draw(codes)
    index = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(MOD_37_36_CHARACTERS))
    assume(wrong != code[index])
    failure(check, substituted(code, index, wrong))


@pytest.mark.parametrize(
    ("check", "codes"), CHECKED[:2], ids=[check.__name__ for check, _ in CHECKED[:2]]
)
@given(data=st.data())
def test_an_exchange_of_neighbours_is_caught(
    check: Callable[[str], str], codes: st.SearchStrategy[str], data: st.DataObject
) -> None:
    code = data.draw(codes)
    index = data.draw(st.integers(0, len(code) - 2))
    assume(code[index] != code[index + 1])
    failure(check, exchanged(code, index))


@given(texts(DIGITS, 1, 30), st.data())
def test_mod_11_2_catches_both_slips_at_any_length(digits: str, data: st.DataObject) -> None:
    code = digits + mod_11_2(digits)
    assert mod_11_2_holds(code)
    index = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from("0123456789X"))
    assert mod_11_2_holds(substituted(code, index, wrong)) == (wrong == code[index])
    place = data.draw(st.integers(0, len(code) - 2))
    assert mod_11_2_holds(exchanged(code, place)) == (code[place] == code[place + 1])


@given(texts(MOD_37_36_CHARACTERS, 1, 60), st.data())
def test_mod_37_36_catches_one_wrong_character_at_any_length(
    text: str, data: st.DataObject
) -> None:
    code = text + mod_37_36(text)
    index = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(MOD_37_36_CHARACTERS))
    assert mod_37_36_holds(substituted(code, index, wrong)) == (wrong == code[index])


@every_code
@given(data=st.data(), foreign=st.characters(min_codepoint=128))
def test_only_ascii_may_stand_anywhere(
    check: Callable[[str], str],
    codes: st.SearchStrategy[str],
    data: st.DataObject,
    foreign: str,
) -> None:
    code = data.draw(codes)
    index = data.draw(st.integers(0, len(code) - 1))
    error = failure(check, substituted(code, index, foreign))
    assert error.where["position"] == str(index + 1)


@every_code
@given(
    data=st.data(), alphabet=st.sampled_from(["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"])
)
def test_digits_of_other_scripts_are_refused_with_a_remedy(
    check: Callable[[str], str],
    codes: st.SearchStrategy[str],
    data: st.DataObject,
    alphabet: str,
) -> None:
    code = data.draw(codes)
    places = [index for index, character in enumerate(code) if character in DIGITS]
    assume(places)
    index = data.draw(st.sampled_from(places))
    foreign = alphabet[int(code[index])]
    error = failure(check, substituted(code, index, foreign))
    assert error.where == {"position": str(index + 1), "character": foreign}
    assert f"type '{code[index]}'" in error.detail


@every_code
@given(data=st.data())
def test_a_code_cut_short_is_refused_where_it_ends(
    check: Callable[[str], str], codes: st.SearchStrategy[str], data: st.DataObject
) -> None:
    code = data.draw(codes)
    kept = data.draw(st.integers(0, len(code) - 1))
    assume(not (check is check_citizen_id and kept == 15))
    assert failure(check, code[:kept]).where == {"position": str(kept + 1), "character": ""}


@pytest.mark.parametrize("check", [check for check, _ in CODES])
@given(value=st.text(max_size=80).map("{}!".format))  # no code has a "!"
def test_chance_text_is_refused_at_one_of_its_places(
    check: Callable[[str], str], value: str
) -> None:
    error = failure(check, value)
    assert 1 <= int(error.where["position"]) <= len(value) + 1
    assert str(error).isprintable()


@given(citizen_ids())
def test_birth_date_and_sex_are_those_of_the_digits(value: str) -> None:
    assert f"{birth_date(value):%Y%m%d}" == value[6:14]
    assert (sex(value) is Sex.MALE) == (value[16] in "13579")


@pytest.mark.parametrize("field", [CitizenId, CreditCode, CertificateId])
@given(value=citizen_ids(), wrong=st.sampled_from("x -！"))
def test_no_error_of_a_model_shows_an_id(field: type[str], value: str, wrong: str) -> None:
    typed = value[:17] + wrong
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(field).validate_python(typed)
    for shown in (str(caught.value), repr(caught.value.errors()), caught.value.json()):
        assert value[:17] not in shown


@given(st.text(max_size=40))
def test_masks_keep_the_length_and_hide_the_middle(text: str) -> None:
    for mask in (mask_citizen_id, mask_mobile, mask_name):
        masked = mask(text)
        assert len(masked) == len(text)
        assert set(masked[3:-4]) <= {"*"}
        assert masked.isprintable()
