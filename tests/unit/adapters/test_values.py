"""Values both ways: money, counts, flags, tables, regions, lists."""

import pytest

from adapters.engine.rejection import Unfit, mask_for, shown
from adapters.engine.tables import CodeTable, ambiguities, override
from adapters.engine.values import (
    CountValue,
    CreditValue,
    DigitsValue,
    FlagValue,
    ListValue,
    MoneyValue,
    Narrowed,
    NoPlace,
    RegionValue,
    TableValue,
)

UNITS = CodeTable(
    "unit", {"G": "working_day", "Z": "calendar_day"}, {"g": "working_day"}, {"hour": "Z"}
)


@pytest.mark.parametrize(
    ("text", "fen"), [("0", 0), ("12", 1200), ("12.5", 1250), ("12.50", 1250), ("0.01", 1)]
)
def test_yuan_are_read_exactly(text: str, fen: int) -> None:
    assert MoneyValue().read(text) == fen


@pytest.mark.parametrize("text", ["1,200", "-1", "1.234", "", "１", "1e3", ".5", "NaN"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        MoneyValue().read(text)


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (5, "0.05"), (123456, "1234.56")])
def test_fen_are_written_as_yuan(fen: int, text: str) -> None:
    assert MoneyValue().write(fen) == text
    assert MoneyValue().read(text) == fen


def test_counts_read_leading_zeros_and_nothing_else() -> None:
    assert CountValue().read("007") == 7
    for text in ("", "1.0", "-1", "五"):
        with pytest.raises(Unfit):
            CountValue().read(text)


def test_a_number_column_holds_no_other_text() -> None:
    assert DigitsValue().write("3") == "3"
    for text in ("V2", "03", "1.0"):
        with pytest.raises(NoPlace):
            DigitsValue().write(text)


def test_flags() -> None:
    flag = FlagValue("1", "0")
    assert flag.read("1") is True
    assert flag.read("0") is False
    assert (flag.write(True), flag.write(False)) == ("1", "0")
    with pytest.raises(Unfit):
        flag.read("2")


def test_tables_read_aliases_and_narrow_with_a_loss() -> None:
    value = TableValue(UNITS)
    assert value.read(" g ") == "working_day"
    assert value.write("working_day") == "G"
    narrowed = value.write("hour")
    assert isinstance(narrowed, Narrowed)
    assert narrowed.text == "Z"
    with pytest.raises(NoPlace, match="no code for month"):
        value.write("month")
    with pytest.raises(Unfit):
        value.read("X")


def test_tables_that_cannot_be_inverted_are_found() -> None:
    table = CodeTable("t", {"1": "a", "2": "a"}, {"1": "b"}, {"a": "1", "c": "9"})
    assert len(ambiguities(table)) == 4
    assert not ambiguities(UNITS)


def test_an_override_takes_code_and_word_and_stays_invertible() -> None:
    swapped = override(UNITS, {"Z": "working_day", "D": "calendar_day"})
    assert swapped.codes == {"Z": "working_day", "D": "calendar_day"}
    assert swapped.narrowings == {"hour": "D"}
    assert not ambiguities(swapped)


def test_regions_of_six_and_of_twelve_digits() -> None:
    assert RegionValue().read("440100") == "440100"
    assert RegionValue().read("440100000000") == "440100"
    for text in ("4401", "440100001000", "44010O"):
        with pytest.raises(Unfit):
            RegionValue().read(text)


def test_credit_codes_are_checked() -> None:
    assert CreditValue().read("11440100MB2C91891K") == "11440100MB2C91891K"
    with pytest.raises(Unfit):
        CreditValue().read("11440100MB2C91891L")


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a；b"], ["a；b", "c"], ["；"]])
def test_lists_come_back_even_with_the_separator_inside(names: list[str]) -> None:
    value = ListValue("；")
    assert value.read(value.write(names)) == names


def test_a_line_end_inside_a_name_is_refused() -> None:
    with pytest.raises(Unfit, match="line end"):
        ListValue("；").write(["a\nb"])


def test_what_is_shown_is_masked_and_short() -> None:
    number = mask_for(("application", "applicant", "identity", "number"))
    assert shown("11010519491231002X", number) == "110***********002X"
    assert shown("林晓岚", mask_for(("application", "applicant", "name"))) == "林*岚"
    assert mask_for(("application", "matter", "name")) is None
    assert shown("x" * 100) == "x" * 40 + "… (100)"
    assert shown("a\x00b\n") == "a\ufffdb\ufffd"
