"""Mappings are checked whole when they are loaded, and every mistake is told with its place."""

import pytest

from adapters.engine.mapping import load_mapping
from adapters.families.table import FAMILIES
from contracts.errors import SettingsInvalid

GOOD = """
format = 1
family = "small"

[records.T]
number = "no"
columns = { no = 10, at = 14, who = 5, code = 2, note = 0, count = "int" }

[tables.way]
1 = "counter"
2 = "courier"

[statements.deliver]
kind = "case.deliver"
record = "T"
at = "delivered_at"

[statements.deliver.fields]
at = { path = "delivered_at", time = "compact", required = true }
who = "taker_name"
code = { path = "way", table = "way", required = true }
"""


def mistakes(old: str, new: str) -> list[str]:
    assert old in GOOD
    with pytest.raises(SettingsInvalid) as caught:
        load_mapping(GOOD.replace(old, new), "m.toml")
    return caught.value.mistakes


def test_the_good_one_is_good() -> None:
    mapping = load_mapping(GOOD)
    assert [statement.name for statement in mapping.statements] == ["deliver"]
    assert mapping.words["way"] == {"counter", "courier", "electronic", "other"}


def test_the_mappings_of_the_families_are_good() -> None:
    for family in FAMILIES.values():
        if family.mapping is not None:
            assert family.mapping().family == family.name


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "m.toml format: this version reads format 1"),
        ('family = "small"', "famly = 1", "m.toml famly: unknown key"),
        (
            'number = "no"',
            'number = "nr"',
            "m.toml [records.T]: number must name a column",
        ),
        ("no = 10", "no = -1", "m.toml [records.T] no: a column is its longest text"),
        ('2 = "courier"', '2 = "counter"', "m.toml [tables.way]: '1' and '2' both mean 'counter'"),
        (
            '2 = "courier"',
            '2 = "camel"',
            "m.toml [statements.deliver] code: way has no word camel (table way)",
        ),
        (
            '"case.deliver"',
            '"case.delivr"',
            "m.toml [statements.deliver]: 'case.delivr' is not a valid Kind",
        ),
        ('record = "T"', 'record = "S"', "m.toml [statements.deliver] record: no record 'S'"),
        (
            'at = "delivered_at"\n',
            'at = "way"\n',
            "m.toml [statements.deliver] at: it must be the path of a time",
        ),
        (
            '"taker_name"',
            '"taker_nom"',
            "m.toml [statements.deliver] who: DeliverBody has no field 'taker_nom'",
        ),
        (
            '"taker_name"',
            '"clerk"',
            "m.toml [statements.deliver] who: clerk cannot be read as text",
        ),
        (
            'who = "',
            'whom = "',
            "m.toml [statements.deliver] whom: T has no column 'whom'",
        ),
        (
            'time = "compact"',
            'time = "iso"',
            "m.toml [statements.deliver] at: time is one of compact",
        ),
        (
            'time = "compact", ',
            "",
            "m.toml [statements.deliver] at: delivered_at cannot be read as text; it needs time",
        ),
        (
            'table = "way"',
            'table = "ways"',
            "m.toml [statements.deliver] code: no table 'ways'",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", lenght = 3 }',
            "m.toml [statements.deliver] who: unknown key 'lenght'",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", const = "x" }',
            "m.toml [statements.deliver] who: exactly one of path",
        ),
        (
            'who = "taker_name"',
            'who = "taker_name"\nnote = "taker_name"',
            "m.toml [statements.deliver] note: taker_name is read from who already",
        ),
        (
            'who = "taker_name"',
            "who = 3",
            "m.toml [statements.deliver] who: a rule is a path or a table of keys",
        ),
        (
            'code = { path = "way", table = "way", required = true }',
            "",
            "m.toml [statements.deliver]: way is needed by case.deliver and never read",
        ),
        (
            'table = "way", required',
            'table = "way", only = ["camel"], required',
            "m.toml [statements.deliver] code: table way has no word camel",
        ),
        (
            'record = "T"\n',
            'record = "T"\nunless = ["x"]\npresent = ["y"]\n',
            "m.toml [statements.deliver] present: T has no column 'y'",
        ),
        (
            'record = "T"\n',
            'record = "T"\ntogether = [["who", "note"]]\n',
            "m.toml [statements.deliver] together: who, note: each needs a rule",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", besides = "ways" }',
            "m.toml [statements.deliver] who: no table 'ways' (besides)",
        ),
        (
            'who = "taker_name"',
            'who = { const = "x", besides = "way" }',
            "m.toml [statements.deliver] who: besides and when need a path",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", when = { waybill = "1" } }',
            "m.toml [statements.deliver] who: when: waybill is not 1 by default",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", when = { bill = "1" } }',
            "m.toml [statements.deliver] who: DeliverBody has no field 'bill'",
        ),
        (
            'who = "taker_name"',
            'who = { path = "taker_name", json = true }',
            "m.toml [statements.deliver] who: taker_name cannot be read as json",
        ),
        (
            'record = "T"\n',
            'record = "T"\nassume = { way = "number" , taker_name = "moon" }\n',
            "m.toml [statements.deliver] assume: taker_name cannot be assumed from 'moon'",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, says: str) -> None:
    assert any(mistake.startswith(says) for mistake in mistakes(old, new)), mistakes(old, new)


def test_all_mistakes_are_told_at_once() -> None:
    text = (
        GOOD.replace("format = 1", "").replace('"taker_name"', '"x"').replace("at = 14", "at = ''")
    )
    with pytest.raises(SettingsInvalid) as caught:
        load_mapping(text)
    assert len(caught.value.mistakes) == 4


def test_two_statements_that_write_one_kind_are_refused() -> None:
    second = (
        GOOD[GOOD.index("[statements.deliver]") :]
        .replace("deliver]", "again]")
        .replace("deliver.fields", "again.fields")
    )
    with pytest.raises(SettingsInvalid, match="is written by 'deliver' already"):
        load_mapping(GOOD + second)


def test_two_statements_may_write_one_kind_where_only_parts_them() -> None:
    rule = 'code = { path = "way", table = "way", required = true'
    first = GOOD.replace(rule, f'{rule}, only = ["counter"]')
    second = (
        first[first.index("[statements.deliver]") :]
        .replace("deliver]", "again]")
        .replace("deliver.fields", "again.fields")
    )
    load_mapping(first + second.replace('"counter"', '"courier"'))
    with pytest.raises(SettingsInvalid, match="is written by 'deliver' already"):
        load_mapping(first + second.replace('"counter"', '"courier", "counter"'))


def test_what_is_not_toml_is_said_to_be_so() -> None:
    with pytest.raises(SettingsInvalid, match=r"m\.toml: not TOML"):
        load_mapping("a = ", "m.toml")
