"""The three national codes of a matter: published ones, splitting, and ways to fail."""

from collections.abc import Callable

import pytest

from contracts.codes.credit_code import check_credit_code
from contracts.codes.matter_codes import (
    BaseCodeParts,
    HandlingItemCodeParts,
    ImplementationCodeParts,
    check_base_code,
    check_handling_item_code,
    check_implementation_code,
    split_base_code,
    split_handling_item_code,
    split_implementation_code,
)
from contracts.errors import CodeInvalid

IMPLEMENTATION = "11440100MB2C91891K3442025036000"
HANDLING_ITEM = "11310000MB2F30661Y231200356400001"


def test_the_published_codes_hold() -> None:
    assert check_implementation_code(IMPLEMENTATION) == IMPLEMENTATION
    assert check_handling_item_code(HANDLING_ITEM) == HANDLING_ITEM
    check_credit_code(IMPLEMENTATION[:18])
    check_credit_code(HANDLING_ITEM[:18])


def test_they_split_as_the_standard_says() -> None:
    item = split_handling_item_code(HANDLING_ITEM)
    assert item == HandlingItemCodeParts("11310000MB2F30661Y2312003564000", "01")
    implementation = split_implementation_code(item.implementation_code)
    assert implementation == ImplementationCodeParts("11310000MB2F30661Y", "2", "312003564000")
    assert split_base_code(implementation.base_code) == BaseCodeParts("31", "20", "03564", "000")


@pytest.mark.parametrize(
    ("check", "value", "position"),
    [
        (check_base_code, "44202503600", 12),
        (check_base_code, "4420250360000", 13),
        (check_base_code, "4420250X6000", 8),
        (check_base_code, "44２025036000", 3),
        (check_implementation_code, IMPLEMENTATION[:30], 31),
        (check_implementation_code, IMPLEMENTATION + "0", 32),
        (check_implementation_code, IMPLEMENTATION.replace("K3", "K0"), 19),  # no level 0
        (check_implementation_code, IMPLEMENTATION.replace("K3", "K7"), 19),
        (check_implementation_code, IMPLEMENTATION.replace("K3", "L3"), 18),  # credit code
        (check_implementation_code, IMPLEMENTATION.lower(), 9),
        (check_implementation_code, HANDLING_ITEM, 32),
        (check_handling_item_code, HANDLING_ITEM[:31], 32),
        (check_handling_item_code, HANDLING_ITEM.replace("Y2", "X2"), 18),
        (check_handling_item_code, HANDLING_ITEM[:32] + "A", 33),
    ],
)
def test_the_failing_character_is_named(
    check: Callable[[str], str], value: str, position: int
) -> None:
    with pytest.raises(CodeInvalid) as caught:
        check(value)
    assert caught.value.where["position"] == str(position)


def test_splitting_checks_first() -> None:
    for split in (split_base_code, split_implementation_code, split_handling_item_code):
        with pytest.raises(CodeInvalid):
            split("44-2025-036000")
