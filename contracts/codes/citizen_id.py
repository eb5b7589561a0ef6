"""Citizen id numbers (公民身份号码) after GB 11643-1999.

Eighteen characters: region 6, birth date 8, serial 3, and a check character in ISO 7064
MOD 11-2. The serial is odd for men and even for women (GB 11643, clause 4).

The region is the one of the day the number was given. Many have been abolished since, so
any six digits are taken. The numbers of fifteen digits that were given before 1999 have
had no legal force since 2013 and are refused by name.
"""

import re
from calendar import monthrange
from datetime import date
from enum import StrEnum

from contracts.codes.failing import failing
from contracts.codes.iso7064 import mod_11_2_holds
from contracts.codes.layout import DIGIT, Alphabet, Field, Layout, check_layout
from contracts.codes.mask import mask_citizen_id

LAYOUT = Layout(
    (
        Field("region", 6, DIGIT),
        Field("birth date", 8, DIGIT),
        Field("serial", 3, DIGIT),
        Field("check character", 1, Alphabet("0123456789X", "a digit or a capital X")),
    )
)


_PATTERN = re.compile("[0-9]{17}[0-9X]")


class Sex(StrEnum):
    """Sex as the serial of a citizen id tells it."""

    MALE = "male"
    FEMALE = "female"


def check_citizen_id(value: str) -> str:
    """Return `value` if it is a citizen id of eighteen characters.

    Raises CodeInvalid at the character that fails: one that may not stand there, one that
    makes the birth date impossible, or else the check character, 18. The detail shows the
    id masked, and never the check character that would fit: an id that was copied wrongly
    must be compared with the card, not made to pass.
    """
    if not _holds(value):
        _explain(value)
    return value


def _holds(value: str) -> bool:
    """The whole check, without words: nearly every id that comes is right."""
    if not _PATTERN.fullmatch(value) or not mod_11_2_holds(value):
        return False
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    return True


def _explain(value: str) -> None:
    """Find the first fault and raise it."""
    what = f"citizen id {mask_citizen_id(value)}"
    if _is_first_generation(value):
        raise failing(
            value,
            16,
            f"{what}: an id of fifteen digits is no longer valid;"
            " take the eighteen characters of the present card",
        )
    check_layout(what, value, LAYOUT)
    _check_birth_date(what, value)
    if not mod_11_2_holds(value):
        raise failing(
            value,
            18,
            f"{what}: the check character (18) does not fit the digits before it;"
            " compare every digit with the card",
        )
    raise AssertionError("an id that does not hold has a fault")


def birth_date(value: str) -> date:
    """Birth date in a citizen id. Raises CodeInvalid as `check_citizen_id` does."""
    check_citizen_id(value)
    return date(int(value[6:10]), int(value[10:12]), int(value[12:14]))


def sex(value: str) -> Sex:
    """Sex in a citizen id. Raises CodeInvalid as `check_citizen_id` does."""
    check_citizen_id(value)
    return Sex.MALE if int(value[16]) % 2 else Sex.FEMALE


def _is_first_generation(value: str) -> bool:
    return len(value) == 15 and value.isascii() and value.isdigit()


def _check_birth_date(what: str, value: str) -> None:
    year, month = int(value[6:10]), int(value[10:12])
    if year == 0:
        raise failing(value, 10, f"{what}: there was no year 0000 (birth date)")
    _check_within(what, value, 11, "month", 12)
    _check_within(what, value, 13, "day", monthrange(year, month)[1])


def _check_within(what: str, value: str, position: int, name: str, highest: int) -> None:
    """Check that the two digits at `position` are within 1..highest."""
    digits = value[position - 1 : position + 1]
    if 1 <= int(digits) <= highest:
        return
    too_high_already = digits[0] > str(highest)[0]
    raise failing(
        value,
        position if too_high_already else position + 1,
        f"{what}: no such {name} (characters {position} and {position + 1}) in a birth date",
    )
