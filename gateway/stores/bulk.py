"""Bulk: one statement for many rows.

`executemany` steps through the rows one by one, and Python's driver gives up the
interpreter lock at each step; a busy event loop then keeps the writing thread waiting at
each. One statement with many rows runs through in one go, beside the loop. Statements are
compiled by SQLAlchemy once for each size, sizes are powers of two, so a driver's cache
holds them all.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

Row = tuple[Any, ...]
Build = Callable[[int], Any]
"""A statement over that many rows, whose parameters are named ``<column>_<row>``."""

_SIZES = (128, 32, 8, 2, 1)


class Bulk:
    """A statement that takes any number of rows."""

    def __init__(self, dialect: Dialect, columns: Sequence[str], build: Build) -> None:
        """`columns`: the names of a row's values, in their order."""
        self._dialect = dialect
        self._columns = columns
        self._build = build
        self._compiled: dict[int, tuple[str, list[int]]] = {}

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for all `rows`."""
        for chunk in _chunks(rows):
            sql, order = self._statement(len(chunk))
            flat = [value for row in chunk for value in row]
            connection.exec_driver_sql(sql, tuple([flat[place] for place in order]))

    def fetch(self, connection: Connection, rows: Sequence[Row]) -> list[Any]:
        """What it finds for all `rows`."""
        found: list[Any] = []
        for chunk in _chunks(rows):
            sql, order = self._statement(len(chunk))
            flat = [value for row in chunk for value in row]
            given = tuple([flat[place] for place in order])
            found += connection.exec_driver_sql(sql, given).fetchall()
        return found

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


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
