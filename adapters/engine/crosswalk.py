"""The crosswalk: which matter of which city a native code means.

The base code comes first, then explicit pairs (implementation code, then local code), then
nothing: a matter is never guessed. When several rows remain, what else the document or the
draft says (region, authority, the other codes) must leave exactly one.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from adapters.engine.rejection import Unfit
from contracts.codes import (
    check_base_code,
    check_credit_code,
    check_implementation_code,
    check_region_code,
    within,
)
from contracts.errors import CodeInvalid

COLUMNS = (
    "base_code",
    "name",
    "region",
    "authority_name",
    "authority_code",
    "implementation_code",
    "local_code",
    "note",
)


class NoSuchMatter(Unfit):
    """The crosswalk has no row, or not exactly one, for what is asked."""


@dataclass(frozen=True, slots=True)
class Row:
    """One matter as one city handles it. `local_code` is the code of the profile's own city."""

    base_code: str
    name: str
    region: str
    authority_name: str | None = None
    authority_code: str | None = None
    implementation_code: str | None = None
    local_code: str | None = None


class Crosswalk:
    """All rows of one profile."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self._by_base: dict[str, list[Row]] = defaultdict(list)
        self._by_implementation: dict[str, list[Row]] = defaultdict(list)
        self._by_local: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._by_base[row.base_code].append(row)
            if row.implementation_code:
                self._by_implementation[row.implementation_code].append(row)
            if row.local_code:
                self._by_local[row.local_code].append(row)

    def find(
        self,
        *,
        base: str | None = None,
        implementation: str | None = None,
        local: str | None = None,
        region: str | None = None,
        authority: str | None = None,
    ) -> Row:
        """The one row that fits. Raises NoSuchMatter."""
        rows, asked = self._candidates(base, implementation, local)
        if region is not None:
            rows = [row for row in rows if within(region, row.region)]
            asked = f"{asked} in {region}"
        if not rows:
            raise NoSuchMatter(f"the crosswalk has no row for {asked}")
        for column, value in (
            ("implementation_code", implementation),
            ("local_code", local),
            ("authority_code", authority),
        ):
            if len(rows) > 1 and value is not None:
                rows = [row for row in rows if getattr(row, column) == value] or rows
        if len(rows) > 1:
            cities = ", ".join(sorted({row.region for row in rows}))
            raise NoSuchMatter(
                f"the crosswalk has {len(rows)} rows for {asked} ({cities});"
                " name the implementation code or the authority"
            )
        return rows[0]

    def _candidates(
        self, base: str | None, implementation: str | None, local: str | None
    ) -> tuple[list[Row], str]:
        if base is not None:
            return self._by_base.get(base, []), f"base code {base}"
        if implementation is not None and implementation in self._by_implementation:
            return self._by_implementation[implementation], f"implementation code {implementation}"
        if local is not None:
            return self._by_local.get(local, []), f"local code {local}"
        if implementation is not None:
            return [], f"implementation code {implementation}"
        return [], "a matter without any code"


def parse_crosswalk(
    text: str, file: str, *, by_region: bool = False
) -> tuple[Crosswalk, list[str]]:
    """The crosswalk in a CSV text, and all its mistakes, each with file, row and column.

    The first row holds the names of `COLUMNS`; rows that begin with `#` are remarks. Row
    numbers are those of the file, from 1. A local code stands once; with `by_region`, once in
    each region.
    """
    rows: list[Row] = []
    mistakes: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    lines = csv.reader(io.StringIO(text), strict=True)
    header: list[str] | None = None
    try:
        for cells in lines:
            number = lines.line_num
            if not cells or cells[0].startswith("#"):
                continue
            if header is None:
                header = cells
                if tuple(header) != COLUMNS:
                    wanted = ",".join(COLUMNS)
                    return Crosswalk(()), [f"{file} row {number}: the columns must be {wanted}"]
                continue
            row = _row(cells, number, file, seen, mistakes, by_region=by_region)
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        mistakes.append(f"{file} row {lines.line_num}: not CSV: {error}")
    return Crosswalk(tuple(rows)), mistakes


def _row(
    cells: list[str],
    number: int,
    file: str,
    seen: dict[tuple[str, str], int],
    mistakes: list[str],
    *,
    by_region: bool,
) -> Row | None:
    if len(cells) != len(COLUMNS):
        mistakes.append(f"{file} row {number}: {len(cells)} cells instead of {len(COLUMNS)}")
        return None
    values = {name: cell.strip() or None for name, cell in zip(COLUMNS, cells, strict=True)}
    before = len(mistakes)
    for column, check in _CHECKS.items():
        value = values[column]
        if value is None:
            if column in _REQUIRED:
                mistakes.append(f"{file} row {number} column {column}: it is empty")
            continue
        try:
            check(value)
        except CodeInvalid as error:
            mistakes.append(f"{file} row {number} column {column}: {error.detail}")
    for column in ("implementation_code", "local_code"):
        value = values[column]
        if value is not None:
            where = values["region"] if by_region and column == "local_code" else None
            first = seen.setdefault((column, f"{value} {where}"), number)
            if first != number:
                mistakes.append(
                    f"{file} row {number} column {column}: {value} stands in row {first} already"
                )
    if len(mistakes) > before:
        return None
    values.pop("note")
    return Row(**values)  # type: ignore[arg-type]  # the required ones were checked above


def _any(value: str) -> str:
    return value


_REQUIRED = {"base_code", "name", "region"}
_CHECKS: dict[str, Callable[[str], str]] = {
    "base_code": check_base_code,
    "name": _any,
    "region": check_region_code,
    "authority_code": check_credit_code,
    "implementation_code": check_implementation_code,
}
