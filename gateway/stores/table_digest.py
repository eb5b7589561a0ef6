"""Table digest: whether two databases hold the same rows of a table.

A digest is the sum of the SHA-256 of all rows. The order in which a database gives them does not
matter, so none has to sort: two databases sort texts differently, and sorting millions of rows
that hold sealed parts needs room. Rows are read one by one; memory does not grow.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import RawCursor
from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, Table, Text, select

_WORDS = 1 << 256
_EVERY = 1000  # rows between two reports

Report = Callable[[int], None]
"""Told how many rows are done."""


@dataclass(frozen=True, slots=True)
class TableDigest:
    """How many rows a table has, and the sum of their digests."""

    rows: int
    total: int


def file_digest(source: Connection, table: Table, report: Report) -> TableDigest:
    """Of a table in an SQLite file."""
    return _digest(source.execute(select(table)), report)


def server_digest(target: Connection, table: Table, report: Report) -> TableDigest:
    """Of a table in a PostgreSQL database, as the transaction of `target` sees it."""
    return _digest(_streamed(target, table), report)


def _digest(rows: Iterable[Sequence[Any]], report: Report) -> TableDigest:
    count = total = 0
    for row in rows:
        count += 1
        total = (total + int.from_bytes(_row_digest(row))) % _WORDS
        if count % _EVERY == 0:
            report(count)
    return TableDigest(count, total)


def _row_digest(row: Sequence[Any]) -> bytes:
    """Every value with its kind and length before it: no two rows have the same bytes."""
    digest = hashlib.sha256()
    for value in row:
        if value is None:
            digest.update(b"-;")
            continue
        if isinstance(value, bytes):
            kind, data = b"b", value
        elif isinstance(value, str):
            kind, data = b"s", value.encode()
        else:
            kind, data = b"i", b"%d" % int(value)
        digest.update(b"%s%d;" % (kind, len(data)))
        digest.update(data)
    return digest.digest()


def _streamed(target: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """COPY gives row after row; a query would be held whole, or in pieces of many rows."""
    quote = target.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    driver: Any = target.connection.driver_connection
    # A table in parts by the month has rows of its own only by way of a query.
    statement = f"COPY (SELECT {columns} FROM {quote(table.name)}) TO STDOUT"  # noqa: S608 - our names
    with RawCursor(driver) as cursor, cursor.copy(statement.encode()) as out:
        out.set_types([_type(column) for column in table.columns])
        yield from out.rows()


def _type(column: Column[Any]) -> str:
    """The name of the type that the server has for a column."""
    kind = column.type
    if isinstance(kind, LargeBinary):
        return "bytea"
    if isinstance(kind, Boolean):
        return "bool"
    if isinstance(kind, Integer):
        return "int8"
    return "text" if isinstance(kind, Text) else "varchar"
