"""Many rows as so many parameters: for SQLite.

Statements are compiled by SQLAlchemy once for each size, and there are few sizes, so a
driver's cache holds them all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    bindparam,
    select,
    union_all,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Dialect

from gateway.stores.bulk import Row

_SIZES = (128, 32, 8, 2, 1)


class RowBulk:
    """A `Bulk` whose parameters are named ``<column>_<row>``."""

    def __init__(
        self, dialect: Dialect, columns: Sequence[str], build: Callable[[int], Any]
    ) -> None:
        """`build`: the statement over so many rows."""
        self._dialect = dialect
        self._columns = columns
        self._build = build
        self._compiled: dict[int, tuple[str, list[int]]] = {}

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        for sql, given in self._statements(rows):
            connection.exec_driver_sql(sql, given)

    def fetch(self, connection: Connection, rows: Sequence[Row]) -> list[Any]:
        found: list[Any] = []
        for sql, given in self._statements(rows):
            found += connection.exec_driver_sql(sql, given).fetchall()
        return found

    def _statements(self, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
        for chunk in _chunks(rows):
            sql, order = self._statement(len(chunk))
            flat = [value for row in chunk for value in row]
            yield sql, tuple([flat[place] for place in order])

    def _statement(self, size: int) -> tuple[str, list[int]]:
        """The SQL text, and which of the flat values each of its parameters is."""
        found = self._compiled.get(size)
        if found is None:
            compiled = self._build(size).compile(dialect=self._dialect)
            width = len(self._columns)
            places = {
                f"{name}_{row}": row * width + column
                for row in range(size)
                for column, name in enumerate(self._columns)
            }
            order = [places[name] for name in compiled.positiontup or ()]
            found = self._compiled[size] = str(compiled), order
        return found


class RowBulks:
    """The `Bulks` of SQLite."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def insert(
        self, table: Table, columns: Sequence[str], finish: Callable[[Any], Any] = lambda i: i
    ) -> RowBulk:
        def build(size: int) -> Any:
            values: list[Any] = [
                {name: bindparam(f"{name}_{row}") for name in columns} for row in range(size)
            ]
            return finish(insert(table).values(values))

        return RowBulk(self._dialect, columns, build)

    def over(
        self, columns: Mapping[str, Column[Any]], build: Callable[[FromClause], Any]
    ) -> RowBulk:
        return RowBulk(self._dialect, tuple(columns), lambda size: build(_given(size, columns)))

    def among(self, column: Column[Any], name: str) -> ColumnElement[bool]:
        return column.in_(bindparam(name, expanding=True))


def _given(size: int, columns: Mapping[str, Column[Any]]) -> FromClause:
    rows_given: list[Any] = [
        select(
            *(
                bindparam(f"{name}_{row}", type_=column.type).label(name)
                for name, column in columns.items()
            )
        )
        for row in range(size)
    ]
    return union_all(*rows_given).subquery("given")


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
