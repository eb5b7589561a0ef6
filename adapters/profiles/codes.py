"""codes.csv: code tables of a family as one city has them, in a file that a clerk can edit.

Columns: table, code, meaning, note. A row gives a code of the city its meaning; it replaces
whatever the family's mapping says of that code and of that meaning.
"""

import csv
import io
from typing import TypeAlias

from adapters.engine.rules import FamilyMapping

COLUMNS = ("table", "code", "meaning", "note")

Codes: TypeAlias = dict[str, dict[str, str]]


def parse_codes(text: str, file: str, mapping: FamilyMapping | None) -> tuple[Codes, list[str]]:
    """The overrides in a CSV text, and all its mistakes, each with file, row and column.

    Rows that begin with `#` are remarks.
    """
    codes: Codes = {}
    mistakes: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    header = False
    lines = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in lines:
            if not cells or cells[0].startswith("#"):
                continue
            place = f"{file} row {lines.line_num}"
            if not header:
                header = True
                if tuple(cells) != COLUMNS:
                    return {}, [f"{place}: the columns must be {','.join(COLUMNS)}"]
            elif len(cells) != len(COLUMNS):
                mistakes.append(f"{place}: {len(cells)} cells instead of {len(COLUMNS)}")
            else:
                table, code, meaning = (cell.strip() for cell in cells[:3])
                found = _mistake(table, code, meaning, mapping)
                for what in ((table, code), (table, f"={meaning}")):
                    first = seen.setdefault(what, lines.line_num)
                    if found is None and first != lines.line_num:
                        found = f"column code: row {first} says otherwise of {what[1].lstrip('=')}"
                if found is not None:
                    mistakes.append(f"{place} {found}")
                else:
                    codes.setdefault(table, {})[code] = meaning
    except csv.Error as error:
        mistakes.append(f"{file} row {lines.line_num}: not CSV: {error}")
    return codes, mistakes


def _mistake(table: str, code: str, meaning: str, mapping: FamilyMapping | None) -> str | None:
    known = mapping.words.get(table) if mapping is not None else None
    if known is None:
        tables = ", ".join(sorted(mapping.tables)) if mapping is not None else "none at all"
        return f"column table: the family has no table {table!r}; it has {tables}"
    if not code:
        return "column code: it is empty"
    if meaning not in known:
        words = ", ".join(sorted(known))
        return f"column meaning: table {table} has no word {meaning!r}; it has {words}"
    return None
