"""up_pro: rows of the national front-end tables, as JSON Lines.

One line is one row: ``{"table": "up_pro_accept", "row": {"project_no": "…", …}}``. A document
holds the rows that belong together, of one case or of several. The database itself is a
connector's work.
"""

from typing import Any

import orjson

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import decode, encode_rows
from adapters.engine.json_text import read_json
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.families.family import Family, Profile, compiled, packaged_mapping

MEDIA_TYPE = "application/x-ndjson"
LARGEST = 4 * 1024 * 1024
MOST_ROWS = 10_000
_KEYS = {"table", "row"}


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("up_pro")


class UpProAdapter:
    """The family up_pro for one city."""

    def __init__(self, profile: Profile) -> None:
        family = mapping()
        self.city = profile.city
        self._encoding = profile.encoding
        self._translator = compiled(family, profile)
        self._numbers = {
            name: {column.name for column in record.columns.values() if column.number}
            for name, record in family.records.items()
        }

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        return self._translator.read(self._rows(document))

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        text = "".join(self._line(row) for row in rows)
        data = encode_rows(text, rows, self._encoding, self.city)
        name = document_name(draft, data, "jsonl")
        return Written((Document(name, MEDIA_TYPE, data),), tuple(losses))

    def _line(self, row: Row) -> str:
        numbers = self._numbers[row.record]
        values = {c: int(v) if c in numbers else v for c, v in row.values.items()}
        return orjson.dumps({"table": row.record, "row": values}).decode() + "\n"

    def _rows(self, document: bytes) -> list[Row]:
        if len(document) > LARGEST:
            raise self._reject(f"{len(document)} bytes, and {LARGEST} are allowed", None)
        try:
            text = decode(document, self._encoding)
        except Unfit as error:
            raise rejected(
                error.detail, partner=self.city, field="encoding", line=error.line
            ) from error
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if not lines:
            raise self._reject("the document holds no row", None)
        if len(lines) > MOST_ROWS:
            raise self._reject(f"{len(lines)} rows, and {MOST_ROWS} are allowed", None)
        return [self._row(line, number) for number, line in lines]

    def _row(self, text: str, line: int) -> Row:
        given = self._parsed(text, line)
        if not isinstance(given, dict) or given.keys() != _KEYS:
            raise self._reject('a line is {"table": …, "row": {…}}', line)
        table, row = given["table"], given["row"]
        if not isinstance(table, str) or not isinstance(row, dict):
            raise self._reject("table is a text and row an object", line)
        values = {}
        for column, value in row.items():
            plain = self._plain(value, f"{table}.{column}", line)
            if plain:
                values[column] = plain
        return Row(table, values, line)

    def _parsed(self, text: str, line: int) -> Any:
        try:
            return read_json(text)
        except Unfit as error:
            field = error.field or "document"
            raise rejected(error.detail, partner=self.city, field=field, line=line) from error

    def _plain(self, value: Any, field: str, line: int) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise rejected(
            f"a column holds a text, a whole number or null, not {type(value).__name__}",
            partner=self.city,
            field=field,
            line=line,
        )

    def _reject(self, detail: str, line: int | None) -> Exception:
        return rejected(detail, partner=self.city, field="document", line=line)


FAMILY = Family("up_pro", UpProAdapter, mapping)
