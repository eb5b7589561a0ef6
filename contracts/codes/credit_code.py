"""Unified social credit codes (统一社会信用代码) after GB 32100-2015.

Eighteen characters of an alphabet without I, O, S, V and Z, which are easily misread. The
last one is the check: the values of the others are weighted by 3^i mod 31, and the check
is (31 - sum mod 31) mod 31 (GB 32100, clause 5). It catches every wrong single
character and every exchange of two neighbours.
"""

from contracts.codes.failing import failing
from contracts.codes.layout import Alphabet, Field, Layout, check_layout

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_CHARACTER = Alphabet(CHARACTERS, "a digit or a capital letter other than I, O, S, V, Z")
FIELD = Field("credit code", 18, CREDIT_CHARACTER)
LAYOUT = Layout((FIELD,))

_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def credit_check_character(body: str) -> str:
    """Check character of the first seventeen characters of a credit code.

    Raises ValueError for a character outside the alphabet or another length.
    """
    weighted = zip(_WEIGHTS, body, strict=True)
    total = sum(weight * CHARACTERS.index(character) for weight, character in weighted)
    return CHARACTERS[-total % 31]


def check_credit_code(value: str) -> str:
    """Return `value` if it is a unified social credit code.

    Raises CodeInvalid at the character that fails: one that may not stand there, or else
    the check character, 18.
    """
    check_layout("credit code", value, LAYOUT)
    expect_credit_check("credit code", value)
    return value


def expect_credit_check(what: str, value: str, start: int = 0) -> None:
    """Check the check character of the credit code that begins at index `start` of `value`.

    For codes that carry a credit code inside; their layout has been checked. Raises
    CodeInvalid at the place of the check character in the whole of `value`.
    """
    code = value[start : start + FIELD.width]
    if code[-1] != credit_check_character(code[:-1]):
        position = start + FIELD.width
        raise failing(
            value,
            position,
            f"{what}: the check character of the credit code ({position}) does not fit the"
            " characters before it; compare them with the certificate",
        )
