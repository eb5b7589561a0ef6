"""case_json: messages of a provincial hall, as JSON.

A document is one message, ``{"unid", "type", "action", "applyFrom", "case": {…}, "body": {…}}``,
or an array of them. A row is one message: table `T` and its type, columns by their path
(`body.apasInfo.SN`). Lists stand in a column as JSON text, save the materials (`attrs`), which are
rows of their own. A message that is the attachment of another one (31) is written behind it, in
one array.
"""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import decode, encode_rows
from adapters.engine.json_text import read_json
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected, shown
from adapters.engine.row import Row
from adapters.engine.rules import Column, FamilyMapping
from adapters.families.family import Family, Profile, compiled, packaged_mapping
from contracts.errors import DocumentRejected

MEDIA_TYPE = "application/json"
LARGEST = 4 * 1024 * 1024
MOST_ROWS = 10_000
DEEPEST = 8
_LIST, _NUMBER = "attrs", "case.unid"


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("case_json")


class CaseJsonAdapter:
    """The family case_json for one city."""

    def __init__(self, profile: Profile) -> None:
        family = mapping()
        self.city = profile.city
        self._encoding = profile.encoding
        self._translator = compiled(family, profile)
        self._columns = {name: record.columns for name, record in family.records.items()}

    # --- reading ----------------------------------------------------------------------------

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        if len(document) > LARGEST:
            raise self._reject(f"{len(document)} bytes, and {LARGEST} are allowed", "document")
        try:
            said = read_json(decode(document, self._encoding))
        except Unfit as error:
            raise self._reject(error.detail, error.field or "document", error.line) from error
        messages = said if isinstance(said, list) else [said]
        if not messages:
            raise self._reject("the document holds no message", "document")
        rows: list[Row] = []
        for place, message in enumerate(messages, 1):
            rows += self._rows(message, place)
            if len(rows) > MOST_ROWS:
                raise self._reject(f"more than {MOST_ROWS} rows are not allowed", "document")
        return self._translator.read(rows)

    def _rows(self, message: Any, place: int) -> Iterator[Row]:
        """The row of a message, and those of the materials in it. `place` counts messages."""
        if not isinstance(message, dict):
            raise self._reject("a message is an object", "document", place)
        kind = message.get("type")
        if isinstance(kind, bool) or not isinstance(kind, str | int):
            raise self._reject("the type of a message is a number", "type", place)
        record, body = f"T{kind}", message.get("body")
        inside: Any = []
        if isinstance(body, dict) and _LIST in body:
            inside = body[_LIST] or []
            body = {name: value for name, value in body.items() if name != _LIST}
            message = {**message, "body": body}
        rest = {name: value for name, value in message.items() if name != "type"}
        main = Row(record, self._flat(record, rest, place), place)
        yield main
        if not isinstance(inside, list):
            raise self._reject("the materials are a list", f"{record}.body.{_LIST}", place)
        for item in inside:
            if not isinstance(item, dict):
                raise self._reject("a material is an object", f"{record}.body.{_LIST}", place)
            values = self._flat(_LIST, item, place)
            values[_NUMBER] = main.values.get(_NUMBER, "")
            yield Row(_LIST, values, place)

    def _flat(self, record: str, said: dict[str, Any], place: int) -> dict[str, str]:
        values: dict[str, str] = {}
        self._flatten(record, said, "", values, place, 1)
        return values

    def _flatten(
        self,
        record: str,
        said: dict[str, Any],
        under: str,
        values: dict[str, str],
        place: int,
        depth: int,
    ) -> None:
        columns = self._columns.get(record, {})
        for name, value in said.items():
            path = f"{under}{name}"
            column = columns.get(path)
            if not name or "." in name:
                raise self._reject(
                    "a name that is empty or holds a dot", _field(record, path), place
                )
            if isinstance(value, list) or (column is not None and column.json):
                if _deeper(value, DEEPEST):
                    raise self._reject("nested too deep", _field(record, path), place)
                if value not in (None, [], {}, ""):
                    values[path] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            elif isinstance(value, dict):
                if depth == DEEPEST:
                    raise self._reject("nested too deep", _field(record, path), place)
                self._flatten(record, value, f"{path}.", values, place, depth + 1)
            elif isinstance(value, bool) or not isinstance(value, str | int | float | None):
                what = "a field holds a text, a number, an object, a list or null"
                raise self._reject(what, _field(record, path), place)
            elif value is not None and value != "":
                values[path] = str(value)

    # --- writing ----------------------------------------------------------------------------

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        messages: list[dict[str, Any]] = []
        for row in rows:
            if row.record == _LIST:
                del row.values[_NUMBER]  # that of the message it stands in
                messages[-1].setdefault("body", {}).setdefault(_LIST, []).append(self._deep(row))
            else:
                messages.append(self._message(row))
        said = messages if len(messages) > 1 else messages[0]
        text = orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE).decode()
        data = encode_rows(text, rows, self._encoding, self.city)
        document = Document(document_name(draft, data, "json"), MEDIA_TYPE, data)
        return Written((document,), tuple(losses))

    def _message(self, row: Row) -> dict[str, Any]:
        deep = self._deep(row)
        unid = {"unid": deep.pop("unid")} if "unid" in deep else {}
        return {**unid, "type": int(row.record[1:]), **deep}

    def _deep(self, row: Row) -> dict[str, Any]:
        deep: dict[str, Any] = {}
        columns = self._columns[row.record]
        for path, text in row.values.items():
            *parents, last = path.split(".")
            node = deep
            for step in parents:
                node = node.setdefault(step, {})
            node[last] = _valued(text, columns[path])
        return deep

    def _reject(self, detail: str, field: str, place: int | None = None) -> DocumentRejected:
        return rejected(detail, partner=self.city, field=field, line=place)


def _field(record: str, path: str) -> str:
    return shown(f"{record}.{path}")


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects stand inside one another more than `levels` times."""
    level = [value]
    for _ in range(levels):
        inside = [each for each in level if isinstance(each, list | dict)]
        if not inside:
            return False
        level = [v for each in inside for v in (each.values() if isinstance(each, dict) else each)]
    return any(isinstance(each, list | dict) for each in level)


def _valued(text: str, column: Column) -> Any:
    if column.json:
        return orjson.Fragment(text)
    return int(text) if column.number else text


FAMILY = Family("case_json", CaseJsonAdapter, mapping)
