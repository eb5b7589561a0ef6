"""A mapping under other native names: what a city calls the records and columns of a family.

`names` says `{"SQXX": "APPLY", "SQXX.BJBH": "CASE_NO"}`: a record by its name in the mapping, a
column by both. What is not named keeps its name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from adapters.engine.rules import FamilyMapping, Record, RecordRule, Statement

Names = Mapping[str, str]

_NAME = re.compile(r"[^\W\d][\w-]{0,99}")


def is_name(text: object) -> bool:
    """Whether `text` can name an element or a column: a letter, then letters, digits, `_`, `-`."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def mistakes_in(names: Mapping[str, object], mapping: FamilyMapping) -> Iterator[tuple[str, str]]:
    """What is wrong with `names`: the key, and a sentence."""
    for key, name in names.items():
        record, _, column = key.partition(".")
        known = mapping.records.get(record)
        if known is None or ("." in key and column not in known.columns):
            yield key, "the family has no such record or column"
        elif not is_name(name):
            yield key, "a name begins with a letter and holds letters, digits, _ and -"
    for taken, name in _taken_twice(names, mapping):
        yield taken, f"{name!r} is taken already"


def _taken_twice(
    names: Mapping[str, object], mapping: FamilyMapping
) -> Iterator[tuple[str, object]]:
    """Records share one set of names, and so do the columns of each record and the records."""
    records: dict[object, str] = {}
    for record in mapping.records:
        name = names.get(record, record)
        if records.setdefault(name, record) != record:
            yield record, name
    for each in mapping.records.values():
        seen = set(records)
        for column in each.columns:
            key = f"{each.name}.{column}"
            name = names.get(key, column)
            if name in seen:
                yield key, name
            seen.add(name)


def rename(mapping: FamilyMapping, names: Names) -> FamilyMapping:
    """`mapping` with the records and columns of `names`, which `mistakes_in` found good."""
    if not names:
        return mapping
    records = {name: _record(record, names) for name, record in mapping.records.items()}
    return replace(
        mapping,
        records={record.name: record for record in records.values()},
        statements=tuple(_statement(s, records, names) for s in mapping.statements),
    )


def _record(record: Record, names: Names) -> Record:
    columns = {}
    for column in record.columns.values():
        name = names.get(f"{record.name}.{column.name}", column.name)
        columns[name] = replace(column, name=name)
    number = names.get(f"{record.name}.{record.number}", record.number)
    return Record(names.get(record.name, record.name), number, columns)


def _statement(statement: Statement, records: Mapping[str, Record], names: Names) -> Statement:
    also, repeat = statement.also, statement.repeat
    return replace(
        statement,
        main=_rule(statement.main, records, names),
        also=None if also is None else _rule(also, records, names),
        repeat=None if repeat is None else replace(repeat, item=_rule(repeat.item, records, names)),
    )


def _rule(rule: RecordRule, records: Mapping[str, Record], names: Names) -> RecordRule:
    old = rule.record.name

    def new(column: str) -> str:
        return names.get(f"{old}.{column}", column)

    matter = rule.matter
    if matter is not None:
        matter = replace(matter, **{what: new(c) for what, c in matter.columns().items()})
    return RecordRule(
        records[old],
        tuple(replace(field, column=new(field.column)) for field in rule.fields),
        tuple(map(new, rule.present)),
        tuple(map(new, rule.absent)),
        matter,
        tuple(tuple(map(new, group)) for group in rule.together),
    )
