"""The three national codes of a matter, after GB/T 39554.1-2020.

======================  =====  ================================================
基本编码 base              12   region 2, item type 2, main item 5, sub-item 3
实施编码 implementation    31   credit code of the body 18, level 1, base code 12
业务办理项编码 handling    33   implementation code 31, serial 2
======================  =====  ================================================

The base code is the same in every city, so cities meet on it. The region is `00` for a
national item, else the province. None of the three has a check character of its own; the
credit code inside keeps its own, and it is checked.
"""

from dataclasses import dataclass

from contracts.codes.credit_code import FIELD as CREDIT_CODE
from contracts.codes.credit_code import expect_credit_check
from contracts.codes.layout import DIGIT, Alphabet, Field, Layout, check_layout, cut

_LEVEL = Alphabet("123456", "a digit from 1 (nation) to 6 (village)")

BASE_CODE = Layout(
    (
        Field("region", 2, DIGIT),
        Field("item type", 2, DIGIT),
        Field("main item", 5, DIGIT),
        Field("sub-item", 3, DIGIT),
    )
)
IMPLEMENTATION_CODE = Layout((CREDIT_CODE, Field("level", 1, _LEVEL), *BASE_CODE))
HANDLING_ITEM_CODE = Layout((*IMPLEMENTATION_CODE, Field("serial", 2, DIGIT)))


@dataclass(frozen=True, slots=True)
class BaseCodeParts:
    """Fields of a base code."""

    region: str
    item_type: str
    main_item: str
    sub_item: str


@dataclass(frozen=True, slots=True)
class ImplementationCodeParts:
    """Fields of an implementation code."""

    credit_code: str
    level: str
    base_code: str


@dataclass(frozen=True, slots=True)
class HandlingItemCodeParts:
    """Fields of a handling-item code."""

    implementation_code: str
    serial: str


def check_base_code(value: str) -> str:
    """Return `value` if it is a base code. Raises CodeInvalid at the character that fails."""
    check_layout("base code", value, BASE_CODE)
    return value


def check_implementation_code(value: str) -> str:
    """Return `value` if it is an implementation code whose credit code holds.

    Raises CodeInvalid at the character that fails.
    """
    check_layout("implementation code", value, IMPLEMENTATION_CODE)
    expect_credit_check("implementation code", value)
    return value


def check_handling_item_code(value: str) -> str:
    """Return `value` if it is a handling-item code whose credit code holds.

    Raises CodeInvalid at the character that fails.
    """
    check_layout("handling-item code", value, HANDLING_ITEM_CODE)
    expect_credit_check("handling-item code", value)
    return value


def split_base_code(value: str) -> BaseCodeParts:
    """Fields of a base code. Raises CodeInvalid as `check_base_code` does."""
    return BaseCodeParts(*cut(check_base_code(value), BASE_CODE))


def split_implementation_code(value: str) -> ImplementationCodeParts:
    """Fields of an implementation code. Raises CodeInvalid as its check does."""
    check_implementation_code(value)
    return ImplementationCodeParts(value[:18], value[18], value[19:])


def split_handling_item_code(value: str) -> HandlingItemCodeParts:
    """Fields of a handling-item code. Raises CodeInvalid as its check does."""
    check_handling_item_code(value)
    return HandlingItemCodeParts(value[:31], value[31:])
