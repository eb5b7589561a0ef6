"""Loads a mapping: TOML in, a `FamilyMapping` out, or every mistake at once.

`docs/reference/mapping.md` describes the language. Nothing is left to be found while
translating: keys, paths, tables, words and columns are all checked here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.engine.rules import Column, FamilyMapping, Mode, Record, Statement
from adapters.engine.statements import StatementReader
from adapters.engine.tables import CodeTable, ambiguities, override
from contracts.errors import SettingsInvalid

FORMAT = 1
_TOP = {"format", "family", "records", "tables", "aliases", "narrowings", "groups", "statements"}


@dataclass(frozen=True, slots=True)
class Findings:
    """The mistakes of one file, each with its place."""

    file: str
    list: list[str]

    def add(self, place: str, what: str) -> None:
        self.list.append(f"{self.file} {place}: {what}")


def load_mapping(text: str, file: str = "mapping.toml") -> FamilyMapping:
    """The mapping in `text`. Raises SettingsInvalid with all mistakes, each with its place."""
    findings = Findings(file, [])
    try:
        top = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid([f"{file}: not TOML: {error}"], source=file) from error
    for key in sorted(set(top) - _TOP):
        findings.add(key, "unknown key")
    if top.get("format") != FORMAT:
        findings.add("format", f"this version reads format {FORMAT}")
    tables = _tables(top, findings)
    records = _records(top.get("records", {}), findings)
    reader = StatementReader(records, tables, top.get("groups", {}), findings.add)
    statements = reader.read_all(top.get("statements", {}))
    if findings.list:
        raise SettingsInvalid(findings.list, source=file)
    words = {name: frozenset(known) for name, known in reader.words.items()}
    return FamilyMapping(str(top.get("family", "")), records, tables, words, statements)


def adjusted(
    mapping: FamilyMapping,
    codes: Mapping[str, Mapping[str, str]],
    modes: Mapping[str, Mode],
) -> FamilyMapping:
    """`mapping` with code tables and modes of statements as a profile wants them.

    The caller has checked that the tables, words and statements exist.
    """
    tables = dict(mapping.tables)
    for name, entries in codes.items():
        tables[name] = override(tables[name], entries)
    statements = tuple(_with_mode(s, modes.get(s.name)) for s in mapping.statements)
    return replace(mapping, tables=tables, statements=statements)


def _with_mode(statement: Statement, mode: Mode | None) -> Statement:
    return statement if mode is None else replace(statement, mode=mode)


def _tables(top: Mapping[str, Any], findings: Findings) -> dict[str, CodeTable]:
    tables = {}
    for section in ("tables", "aliases", "narrowings"):
        for name, entries in top.get(section, {}).items():
            if section != "tables" and name not in top.get("tables", {}):
                findings.add(f"[{section}.{name}]", "there is no table of this name")
            if not isinstance(entries, dict) or not all(
                isinstance(word, str) for word in entries.values()
            ):
                findings.add(f"[{section}.{name}]", "every entry is a text for a text")
                return {}
    for name, codes in top.get("tables", {}).items():
        table = CodeTable(
            name,
            codes,
            top.get("aliases", {}).get(name, {}),
            top.get("narrowings", {}).get(name, {}),
        )
        for what in ambiguities(table):
            findings.add(f"[tables.{name}]", what)
        tables[name] = table
    return tables


def _records(given: Mapping[str, Any], findings: Findings) -> dict[str, Record]:
    records = {}
    for name, keys in given.items():
        place = f"[records.{name}]"
        for key in sorted(set(keys) - {"number", "columns"}):
            findings.add(place, f"unknown key {key!r}")
        columns = {}
        for column, size in keys.get("columns", {}).items():
            made = _column(column, size)
            if made is None:
                findings.add(
                    f"{place} {column}", 'a column is its longest text, 0 for any, "int" or "json"'
                )
            else:
                columns[column] = made
        number = keys.get("number")
        if number not in columns:
            findings.add(place, f"number must name a column, not {number!r}")
        else:
            records[name] = Record(name, number, columns)
    return records


def _column(name: str, size: Any) -> Column | None:
    if size == "int":
        return Column(name, number=True)
    if size == "json":
        return Column(name, json=True)
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        return Column(name, longest=size)
    return None
