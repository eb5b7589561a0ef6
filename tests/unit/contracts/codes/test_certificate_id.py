"""Certificate identifiers: the published one, and one test for each way to fail."""

import pytest

from contracts.codes.certificate_id import (
    CertificateIdParts,
    certificate_check_character,
    check_certificate_id,
    split_certificate_id,
)
from contracts.codes.iso7064 import MOD_37_36_CHARACTERS
from contracts.errors import CodeInvalid

SAMPLE = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"


def failure(value: str) -> CodeInvalid:
    with pytest.raises(CodeInvalid) as caught:
        check_certificate_id(value)
    return caught.value


def test_the_published_identifier_holds() -> None:
    assert check_certificate_id(SAMPLE) == SAMPLE
    parts = CertificateIdParts(
        "11100000000013338W011", "11430000006122244L", "20230000403", "001", "U"
    )
    assert split_certificate_id(SAMPLE) == parts
    assert certificate_check_character(*SAMPLE.split(".")[5:9]) == "U"


@pytest.mark.parametrize("wrong", sorted(set(MOD_37_36_CHARACTERS) - {"U"}))
def test_every_wrong_check_character_is_caught(wrong: str) -> None:
    error = failure(SAMPLE[:-1] + wrong)
    assert error.where == {"position": str(len(SAMPLE)), "character": wrong}


@pytest.mark.parametrize("serial", ["1", "A" * 60, "20230000403"])
def test_the_serial_has_any_length(serial: str) -> None:
    fields = ("11100000000013338W011", "11430000006122244L", serial, "001")
    check = certificate_check_character(*fields)
    check_certificate_id(f"1.2.156.3005.2.{'.'.join(fields)}.{check}")


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("", 1),
        ("1.2.156.3005.2", 15),
        (SAMPLE.replace("3005", "3006"), 12),
        (SAMPLE.replace("W011.", "W01."), 36),
        (SAMPLE.replace("44L.", "44M."), 55),
        (SAMPLE.replace("20230000403", ""), 57),
        (SAMPLE.replace("20230000403", "2023/0000403"), 61),
        (SAMPLE.replace("20230000403", "2023０000403"), 61),
        (SAMPLE.replace(".001.", ".01."), 71),
        (SAMPLE.replace(".001.", ".0011."), 72),
        (SAMPLE.lower(), 33),
        (SAMPLE[:-2], 72),
        (SAMPLE[:-1], 73),
        (SAMPLE + "U", 74),
    ],
)
def test_the_failing_character_is_named(value: str, position: int) -> None:
    error = failure(value)
    assert error.where["position"] == str(position)
    assert error.where["character"] == value[position - 1 : position]
