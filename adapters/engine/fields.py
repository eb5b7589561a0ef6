"""Compiles field rules: one function that reads a native field, one that writes it.

`Tree` is a body as nested dicts and lists, which pydantic makes into a model at the end.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from adapters.engine.moments import FORMATS
from adapters.engine.paths import EACH, Path, render
from adapters.engine.rejection import Unfit
from adapters.engine.rules import FieldRule
from adapters.engine.tables import CodeTable
from adapters.engine.values import (
    CountValue,
    CreditValue,
    DigitsValue,
    FlagValue,
    JsonValue,
    ListValue,
    MomentValue,
    MoneyValue,
    Narrowed,
    NoPlace,
    RegionValue,
    TableValue,
    TextValue,
    Value,
)

Tree: TypeAlias = dict[str, Any]
Lost = list[tuple[str, str]]

ReadField = Callable[[str, Tree, dict[str, str]], None]
"""Text, tree to fill, and the fields to keep as they are. Raises Unfit."""

WriteField = Callable[[Tree, dict[str, str], Lost], None]
"""Tree, fields to fill, losses to add to. Raises Unfit."""


def value_of(rule: FieldRule, tables: Mapping[str, CodeTable]) -> Value:
    """How the value of `rule` is read and written."""
    if rule.time is not None:
        return MomentValue(FORMATS[rule.time])
    if rule.table is not None:
        return TableValue(tables[rule.table])
    if rule.flag is not None:
        return FlagValue(*rule.flag)
    if rule.list_by is not None:
        return ListValue(rule.list_by)
    for wanted, value in (
        (rule.money, MoneyValue),
        (rule.count, CountValue),
        (rule.digits, DigitsValue),
        (rule.region, RegionValue),
        (rule.credit, CreditValue),
        (rule.json, JsonValue),
    ):
        if wanted:
            return value()
    return TextValue()


def codes_stated(rule: FieldRule, tables: Mapping[str, CodeTable]) -> frozenset[str] | None:
    """The codes with which the field of `rule` allows its statement; None: any."""
    words = rule.states or rule.only
    if not words:
        return None
    if rule.table is None:
        return frozenset(words)
    return frozenset(c for c, word in tables[rule.table].readings.items() if word in words)


def codes_barred(rule: FieldRule, tables: Mapping[str, CodeTable]) -> frozenset[str] | None:
    """The codes with which the field of `rule` belongs to other statements; None: none."""
    return None if rule.besides is None else frozenset(tables[rule.besides].readings)


def reader_of(rule: FieldRule, tables: Mapping[str, CodeTable]) -> ReadField:
    """The function that reads the field of `rule`."""
    if rule.path is not None and rule.drop is None:
        return _path_reader(rule, rule.path, value_of(rule, tables))
    if rule.const is not None and rule.drop is None:
        return _const_reader(rule, rule.const)
    return _set_aside


def writer_of(rule: FieldRule, tables: Mapping[str, CodeTable]) -> WriteField | None:
    """The function that writes the field of `rule`, None if nothing is written."""
    column = rule.column
    if rule.path is not None:
        return _path_writer(rule, rule.path, value_of(rule, tables))
    if rule.states:
        word = rule.states[0]
        code = word if rule.table is None else tables[rule.table].writings[word]
        return lambda _tree, out, _lost: out.__setitem__(column, code)
    if rule.const is not None:
        const = rule.const
        return lambda _tree, out, _lost: out.__setitem__(column, const)
    return None


def _set_aside(_text: str, _tree: Tree, _kept: dict[str, str]) -> None:
    """Read and set aside: the mapping says why."""


def _const_reader(rule: FieldRule, const: str) -> ReadField:
    column, others = rule.column, rule.reads

    def read(text: str, _tree: Tree, kept: dict[str, str]) -> None:
        if text == const:
            return
        if others and text not in others:
            raise Unfit(f"only {', '.join((const, *others))} can be read here")
        kept[column] = text

    return read


def _path_reader(rule: FieldRule, path: Path, value: Value) -> ReadField:
    put = _list_putter(path) if EACH in path else _putter(path)
    read_value, column = value.read, rule.column
    otherwise, default, tolerant = rule.otherwise, rule.default, rule.tolerant

    def read(text: str, tree: Tree, kept: dict[str, str]) -> None:
        try:
            found = read_value(text)
        except Unfit:
            if text == default:
                return
            if otherwise is None and not tolerant:
                raise
            kept[column] = text
            if otherwise is not None:
                put(tree, otherwise)
            return
        put(tree, found)

    return read


def _path_writer(rule: FieldRule, path: Path, value: Value) -> WriteField:
    get = _list_getter(path) if EACH in path else getter(path)
    write_value, column, where = value.write, rule.column, render(path)
    default, required, copied = rule.default, rule.required, rule.drop is not None
    conditions = [(getter(path), render(path), said) for path, said in rule.when.items()]

    def write(tree: Tree, out: dict[str, str], lost: Lost) -> None:
        found = get(tree)
        if found is None or found == "":
            if default is not None:
                out[column] = default
            elif required:
                raise Unfit(f"the family demands it, and {where} is not given")
            return
        try:
            for holds, what, said in conditions:
                if holds(tree) not in (None, said):
                    raise NoPlace(f"the field says it only where {what} is {said}")
            text = write_value(found)
        except Unfit as error:
            raise Unfit(error.detail, value=str(found)) from error
        except NoPlace as error:
            if required:
                raise Unfit(error.why, value=str(found)) from error
            if not copied:
                lost.append((where, error.why))
            return
        if isinstance(text, Narrowed):
            if not copied:
                lost.append((where, text.why))
            text = text.text
        out[column] = text

    return write


def getter(path: Path) -> Callable[[Tree], Any]:
    """The function that finds `path` in a tree: None where it is not there."""
    if not any(isinstance(step, int) for step in path):
        return _getter_by_names(path)

    def get(tree: Tree) -> Any:
        node: Any = tree
        for step in path:
            if isinstance(step, int):
                node = node[step] if len(node) > step else None
            else:
                node = node.get(step)
            if node is None:
                return None
        return node

    return get


def _getter_by_names(path: Path) -> Callable[[Tree], Any]:
    """The same for a path without places in lists: nearly all of them, and the faster."""

    def get(tree: Tree) -> Any:
        node: Any = tree
        for step in path:
            node = node.get(step)
            if node is None:
                return None
        return node

    return get


def _putter(path: Path) -> Callable[[Tree, Any], None]:
    *parents, last = path

    def put(tree: Tree, value: Any) -> None:
        node: Any = tree
        for step, below in zip(parents, path[1:], strict=True):
            if isinstance(step, int):
                if not node:
                    node.append({})
                node = node[step]
            else:
                found = node.get(step)
                if found is None:
                    found = node[step] = [] if isinstance(below, int) else {}
                node = found
        node[last] = value

    return put


def _list_getter(path: Path) -> Callable[[Tree], list[Any] | None]:
    place = path.index(EACH)
    get_list, last = getter(path[:place]), path[-1]

    def get(tree: Tree) -> list[Any] | None:
        items = get_list(tree)
        return [item[last] for item in items if item.get(last)] if items else None

    return get


def _list_putter(path: Path) -> Callable[[Tree, Any], None]:
    place = path.index(EACH)
    put_list, last = _putter(path[:place]), path[-1]
    return lambda tree, names: put_list(tree, [{last: name} for name in names])
