"""Bulk: one statement for many rows.

`executemany` steps through the rows one by one, and Python's driver gives up the
interpreter lock at each step; a busy event loop then keeps the writing thread waiting at
each. One statement with many rows runs through in one go, beside the loop.

How many rows go into one statement is a matter of the database: SQLite takes them as so many
parameters (`bulk_rows.py`), PostgreSQL as one array for each column (`bulk_arrays.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table

Row: TypeAlias = tuple[Any, ...]


class Bulk(Protocol):
    """A statement that takes any number of rows."""

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for all `rows`, each a tuple in the order of the statement's columns."""

    def fetch(self, connection: Connection, rows: Sequence[Row]) -> list[Any]:
        """As `execute`, and what it finds for all `rows`."""


class Bulks(Protocol):
    """Builds the statements of one database."""

    def insert(
        self, table: Table, columns: Sequence[str], finish: Callable[[Any], Any] = lambda i: i
    ) -> Bulk:
        """INSERT into these columns, in the order of the rows. `finish` may add to the
        dialect's own insert what happens on a conflict."""

    def over(self, columns: Mapping[str, Column[Any]], build: Callable[[FromClause], Any]) -> Bulk:
        """What `build` makes of the given rows as a table: each of its `columns` is of the type
        of the column that it stands for."""

    def among(self, column: Column[Any], name: str) -> ColumnElement[bool]:
        """That `column` is one of the values of the list parameter `name`."""
