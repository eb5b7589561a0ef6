"""Reads one field rule of a mapping and checks it against the models and the code tables.

A rule is a path in quotation marks, or a table of keys; `docs/reference/mapping.md` lists
them. Every finding is a sentence; the caller adds file, statement and field.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, get_origin

from adapters.engine.moments import FORMATS
from adapters.engine.paths import EACH, Path, PathError, Target, parse, render
from adapters.engine.rules import FieldRule
from adapters.engine.tables import CodeTable

DERIVATIONS = ("digest",)

Resolve = Callable[[Path], Target]

_KEYS: dict[str, type] = {
    "path": str,
    "time": str,
    "table": str,
    "money": bool,
    "count": bool,
    "digits": bool,
    "region": bool,
    "credit": bool,
    "json": bool,
    "flag": list,
    "list_by": str,
    "only": list,
    "besides": str,
    "when": dict,
    "required": bool,
    "tolerant": bool,
    "otherwise": str,
    "default": str,
    "const": str,
    "reads": list,
    "is": list,
    "derive": str,
    "drop": str,
}
_PURPOSES = ("path", "const", "is", "derive")


def read_field_rule(
    column: str,
    given: Any,
    resolve: Resolve,
    tables: Mapping[str, CodeTable],
    found: list[str],
) -> FieldRule | None:
    """The rule for `column`; None, with the reasons added to `found`, if it does not hold."""
    before = len(found)
    keys = {"path": given} if isinstance(given, str) else given
    if not isinstance(keys, dict):
        found.append("a rule is a path or a table of keys")
        return None
    keys = dict(keys)
    if isinstance(keys.get("is"), str):
        keys["is"] = [keys["is"]]
    _check_keys(keys, found)
    if len(found) > before:
        return None
    rule = _make(column, keys, found)
    if rule is None:
        return None
    if rule.table is not None and rule.table not in tables:
        found.append(f"no table {rule.table!r}")
        return None
    table = tables[rule.table] if rule.table else None
    if rule.path is not None:
        _check_path(rule, rule.path, resolve, table, found)
    elif rule.besides or rule.when:
        found.append("besides and when need a path")
    if rule.besides is not None and rule.besides not in tables:
        found.append(f"no table {rule.besides!r} (besides)")
    for path, said in rule.when.items():
        _check_condition(path, said, resolve, found)
    if table is not None:
        unknown = sorted({*rule.states, *rule.only} - table.words())
        if unknown:
            found.append(f"table {table.name} has no word {', '.join(unknown)}")
    return rule if len(found) == before else None


def _check_keys(keys: Mapping[str, Any], found: list[str]) -> None:
    for key, value in keys.items():
        wanted = _KEYS.get(key)
        if wanted is None:
            found.append(f"unknown key {key!r}")
        elif not isinstance(value, wanted):
            found.append(f"{key} must be a {wanted.__name__}")
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            found.append(f"{key} must be a list of texts")
    purposes = [key for key in _PURPOSES if key in keys]
    if len(purposes) > 1 or (not purposes and "drop" not in keys):
        found.append(f"exactly one of {', '.join(_PURPOSES)} (or drop alone) is needed")
    if "flag" in keys and len(keys["flag"]) != 2:
        found.append("flag is the pair [yes, no]")
    if "derive" in keys and keys["derive"] not in DERIVATIONS:
        found.append(f"derive is one of {', '.join(DERIVATIONS)}")
    if keys.get("drop") == "":
        found.append("drop says why the field is set aside when it is read")
    if "time" in keys and keys["time"] not in FORMATS:
        found.append(f"time is one of {', '.join(FORMATS)}")
    if "list_by" in keys and not keys["list_by"]:
        found.append("list_by is the separator of the list")


def _make(column: str, keys: dict[str, Any], found: list[str]) -> FieldRule | None:
    try:
        path = parse(keys["path"]) if "path" in keys else None
    except PathError as error:
        found.append(str(error))
        return None
    flag = keys.get("flag")
    return FieldRule(
        column=column,
        path=path,
        flag=(flag[0], flag[1]) if flag else None,
        only=tuple(keys.get("only", ())),
        reads=tuple(keys.get("reads", ())),
        states=tuple(keys.get("is", ())),
        **{
            key: keys[key]
            for key in _KEYS
            if key in keys and key not in ("path", "flag", "only", "reads", "is", "when")
        },
        when=_conditions(keys.get("when", {}), found),
    )


def _conditions(given: Mapping[str, Any], found: list[str]) -> dict[Path, str]:
    conditions = {}
    for text, said in given.items():
        try:
            conditions[parse(text)] = str(said)
        except PathError as error:
            found.append(str(error))
    return conditions


def _check_path(
    rule: FieldRule, path: Path, resolve: Resolve, table: CodeTable | None, found: list[str]
) -> None:
    try:
        target = resolve(path)
    except PathError as error:
        found.append(str(error))
        return
    where = render(path)
    ways = [
        name
        for name in (
            "time",
            "table",
            "money",
            "count",
            "digits",
            "region",
            "credit",
            "json",
            "flag",
            "list_by",
        )
        if getattr(rule, name)
    ]
    if len(ways) > 1:
        found.append(f"only one of {', '.join(ways)} can hold")
        return
    way = ways[0] if ways else "text"
    fitting = _fitting_ways(target, listed=EACH in path)
    if way not in fitting:
        found.append(f"{where} cannot be read as {way}; it needs {' or '.join(fitting)}")
    if target.words is not None and table is not None:
        strange = sorted(table.words() - set(target.words))
        if strange:
            found.append(f"{where} has no word {', '.join(strange)} (table {table.name})")
        if rule.otherwise is not None and rule.otherwise not in target.words:
            found.append(f"{where} has no word {rule.otherwise} (otherwise)")
    if rule.only and table is None:
        found.append("only needs a table")


def _check_condition(path: Path, said: str, resolve: Resolve, found: list[str]) -> None:
    """Reading must give `said` by itself, or a field would mean more than it says."""
    try:
        target = resolve(path)
    except PathError as error:
        found.append(str(error))
        return
    if target.default != said:
        found.append(f"when: {render(path)} is not {said} by default")


def _fitting_ways(target: Target, *, listed: bool) -> tuple[str, ...]:
    if listed:
        return ("list_by",)
    if target.words is not None:
        return ("table",)
    if target.is_model:
        return ("a field inside it",)
    if get_origin(target.type) is dict:
        return ("json",)
    return _WAYS.get(target.type, ("a field of text, number, time, or a word",))


_WAYS: dict[object, tuple[str, ...]] = {
    datetime: ("time",),
    bool: ("flag",),
    int: ("money", "count"),
    str: ("text", "table", "digits", "region", "credit"),
}
