"""Reads the statements of a mapping: which record states which kind, and how.

Groups are expanded here, paths are checked against the body of the kind, and a statement
that could never be read, because a field that the body needs is stated by nobody, is found.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from adapters.engine.field_rules import read_field_rule
from adapters.engine.paths import (
    EACH,
    Path,
    PathError,
    Target,
    parse,
    render,
    required_fields,
    resolve,
)
from adapters.engine.rules import (
    MatterRule,
    Mode,
    Record,
    RecordRule,
    RepeatRule,
    Statement,
)
from adapters.engine.tables import CodeTable
from adapters.engine.writers import rivals
from contracts.case import Application
from contracts.messages import BODIES, Kind

Add = Callable[[str, str], None]

_STATEMENT = {
    "kind", "record", "mode", "at", "groups", "fields", "matter", "present", "absent",
    "together", "unless", "sets", "assume", "also", "repeat",
}  # fmt: skip
_PART = {"record", "fields", "present", "absent", "together", "groups"}
_GROUP = {"fields", "matter", "assume", "together"}
_ASSUMED = ("number", "nothing", "profile.jurisdiction")
_APPLICATION = "application"


class StatementReader:
    """Reads statements against the records, tables and groups of one mapping."""

    def __init__(
        self,
        records: Mapping[str, Record],
        tables: Mapping[str, CodeTable],
        groups: Mapping[str, Any],
        add: Add,
    ) -> None:
        self._records, self._tables, self._groups, self._add = records, tables, groups, add
        self.words: dict[str, set[str]] = {name: table.words() for name, table in tables.items()}
        for name, group in groups.items():
            self._known_keys(f"[groups.{name}]", group, _GROUP)

    def read_all(self, given: Mapping[str, Any]) -> tuple[Statement, ...]:
        statements = []
        for name, keys in given.items():
            statement = self._statement(name, keys)
            if statement is not None:
                statements.append(statement)
        for statement in statements:
            for other in statement.unless:
                if other.removesuffix(".also") not in given:
                    self._add(f"[statements.{statement.name}] unless", f"no statement {other!r}")
        for first, statement in rivals(s for s in statements if s.mode.writes):
            place = f"[statements.{statement.name}] mode"
            self._add(place, f"{statement.kind} is written by {first.name!r} already")
        return tuple(statements)

    def _statement(self, name: str, given: Mapping[str, Any]) -> Statement | None:
        place = f"[statements.{name}]"
        self._known_keys(place, given, _STATEMENT)
        keys = self._with_groups(place, given)
        try:
            kind, mode = Kind(keys.get("kind", "")), Mode(keys.get("mode", "both"))
        except ValueError as error:
            self._add(place, str(error))
            return None
        body = BODIES[kind]
        scope = _scope(body)
        main = self._part(place, keys, scope)
        if main is None:
            return None
        also = self._part(f"{place}.also", keys["also"], scope) if "also" in keys else None
        repeat = (
            self._repeat(f"{place}.repeat", keys["repeat"], scope) if "repeat" in keys else None
        )
        sets = self._sets(place, keys.get("sets", {}), scope)
        assume = self._assumed(place, keys.get("assume", {}), scope)
        at = self._at(place, keys.get("at"), scope)
        statement = Statement(
            name, kind, mode, at, main, also, repeat, tuple(keys.get("unless", ())), sets, assume
        )
        self._check_stated_once(place, statement)
        self._check_complete(place, statement, body)
        return statement

    def _with_groups(self, place: str, given: Mapping[str, Any]) -> dict[str, Any]:
        keys = dict(given)
        fields: dict[str, Any] = {}
        for name in given.get("groups", ()):
            group = self._groups.get(name)
            if group is None:
                self._add(f"{place} groups", f"no group {name!r}")
                continue
            fields.update(group.get("fields", {}))
            keys["together"] = [*keys.get("together", ()), *group.get("together", ())]
            keys["assume"] = {**group.get("assume", {}), **keys.get("assume", {})}
            if "matter" in group:
                keys.setdefault("matter", group["matter"])
        keys["fields"] = {**fields, **given.get("fields", {})}
        return keys

    def _part(
        self, place: str, keys: Mapping[str, Any], scope: Callable[[Path], Target]
    ) -> RecordRule | None:
        """The rule for one record: the statement's own, or its `also` or `repeat`."""
        if place.endswith((".also", ".repeat")):
            self._known_keys(place, keys, _PART | {"path"})
            keys = self._with_groups(place, keys)
        record = self._records.get(keys.get("record", ""))
        if record is None:
            self._add(f"{place} record", f"no record {keys.get('record')!r}")
            return None
        rules = []
        for column, given in keys.get("fields", {}).items():
            found: list[str] = []
            if column not in record.columns:
                found.append(f"{record.name} has no column {column!r}")
            elif column == record.number:
                found.append("it holds the case number and needs no rule")
            rule = read_field_rule(column, given, scope, self._tables, found)
            for what in found:
                self._add(f"{place} {column}", what)
            if rule is not None:
                rules.append(rule)
                if rule.path is not None and rule.table is not None:
                    self.words[rule.table] |= set(scope(rule.path).words or ())
        columns = {rule.column for rule in rules}
        for key in ("present", "absent"):
            self._columns_exist(f"{place} {key}", record, keys.get(key, ()))
        together = tuple(tuple(group) for group in keys.get("together", ()))
        for group in together:
            if not set(group) <= columns:
                self._add(f"{place} together", f"{', '.join(group)}: each needs a rule")
        matter = self._matter(f"{place}.matter", keys.get("matter"), record)
        return RecordRule(
            record,
            tuple(rules),
            tuple(keys.get("present", ())),
            tuple(keys.get("absent", ())),
            matter,
            together,
        )

    def _matter(
        self, place: str, given: Mapping[str, str] | None, record: Record
    ) -> MatterRule | None:
        if given is None:
            return None
        self._known_keys(place, given, set(MatterRule.__dataclass_fields__))
        self._columns_exist(place, record, given.values())
        known = {
            key: value for key, value in given.items() if key in MatterRule.__dataclass_fields__
        }
        return MatterRule(**known)

    def _repeat(
        self, place: str, keys: Mapping[str, Any], scope: Callable[[Path], Target]
    ) -> RepeatRule | None:
        try:
            path = parse(keys.get("path", ""))
            item = scope((*path, EACH)).type
        except PathError as error:
            self._add(f"{place} path", str(error))
            return None
        rule = self._part(place, keys, lambda inner: resolve(item, inner))
        return None if rule is None else RepeatRule(path, rule)

    def _sets(
        self, place: str, given: Mapping[str, str], scope: Callable[[Path], Target]
    ) -> dict[Path, str]:
        sets = {}
        for text, word in given.items():
            try:
                target = scope(parse(text))
            except PathError as error:
                self._add(f"{place} sets", str(error))
                continue
            if target.words is None or word not in target.words:
                self._add(f"{place} sets", f"{text} has no word {word!r}")
            sets[parse(text)] = word
        return sets

    def _assumed(
        self, place: str, given: Mapping[str, str], scope: Callable[[Path], Target]
    ) -> dict[Path, str]:
        assumed = {}
        for text, source in given.items():
            try:
                target = scope(parse(text))
            except PathError as error:
                self._add(f"{place} assume", str(error))
                continue
            if source not in _ASSUMED or target.is_model != (source == "profile.jurisdiction"):
                self._add(f"{place} assume", f"{text} cannot be assumed from {source!r}")
            assumed[parse(text)] = source
        return assumed

    def _at(self, place: str, given: Any, scope: Callable[[Path], Target]) -> Path:
        try:
            path = parse(given) if isinstance(given, str) else ()
            if path and scope(path).is_moment:
                return path
            self._add(f"{place} at", "it must be the path of a time")
        except PathError as error:
            self._add(f"{place} at", str(error))
        return ()

    def _check_stated_once(self, place: str, statement: Statement) -> None:
        seen: dict[Path, str] = {}
        for part in (statement.main, statement.also):
            for rule in part.fields if part else ():
                if rule.path is None or rule.drop is not None:
                    continue
                first = seen.setdefault(rule.path, rule.column)
                if first != rule.column:
                    what = f"{render(rule.path)} is read from {first} already; add drop to one"
                    self._add(f"{place} {rule.column}", what)

    def _check_complete(self, place: str, statement: Statement, body: type[BaseModel]) -> None:
        if not statement.mode.reads:
            return
        stated: list[Path] = [*statement.sets, *statement.assume]
        for part in (statement.main, statement.also):
            if part is not None:
                stated += [r.path for r in part.fields if r.path and r.drop is None]
                if part.matter is not None:
                    stated += [(_APPLICATION, "matter"), (_APPLICATION, "handling")]
        for path in required_fields(body):
            if not any(path[: len(known)] == known for known in stated):
                self._add(place, f"{render(path)} is needed by {statement.kind} and never read")

    def _columns_exist(self, place: str, record: Record, columns: Any) -> None:
        for column in columns:
            if column not in record.columns:
                self._add(place, f"{record.name} has no column {column!r}")

    def _known_keys(self, place: str, keys: Mapping[str, Any], known: set[str]) -> None:
        for key in sorted(set(keys) - known):
            self._add(place, f"unknown key {key!r}")


def _scope(body: type[BaseModel]) -> Callable[[Path], Target]:
    """Resolves paths of a body; `application.…` leads to the draft's application."""

    def scope(path: Path) -> Target:
        if path[:1] == (_APPLICATION,) and _APPLICATION not in body.model_fields:
            return resolve(Application, path[1:])
        return resolve(body, path)

    return scope
