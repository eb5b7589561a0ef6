"""Many rows as one array for each column: for PostgreSQL.

One statement then serves any number of rows, with as many parameters as columns. PostgreSQL
plans it once; a table of a hundred rows of parameters costs it more to plan than to work through.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from gateway.stores.bulk import Row

_MOST = 1024  # rows in one statement
_PLACE = "in_order"


class ArrayBulk:
    """A `Bulk` with one parameter a column."""

    def __init__(self, dialect: Dialect, columns: Sequence[str], statement: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order = [columns.index(name) for name in compiled.positiontup or ()]

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        for given in self._arrays(rows):
            connection.exec_driver_sql(self._sql, given)

    def fetch(self, connection: Connection, rows: Sequence[Row]) -> list[Any]:
        found: list[Any] = []
        for given in self._arrays(rows):
            found += connection.exec_driver_sql(self._sql, given).fetchall()
        return found

    def _arrays(self, rows: Sequence[Row]) -> Iterator[tuple[list[Any], ...]]:
        for start in range(0, len(rows), _MOST):
            columns = list(zip(*rows[start : start + _MOST], strict=True))
            yield tuple([list(columns[place]) for place in self._order])


class ArrayBulks:
    """The `Bulks` of PostgreSQL."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def insert(
        self, table: Table, columns: Sequence[str], finish: Callable[[Any], Any] = lambda i: i
    ) -> ArrayBulk:
        given = _given({name: table.c[name] for name in columns})
        # In the order of the rows: positions are given by it.
        rows = select(*(given.c[name] for name in columns)).order_by(given.c[_PLACE])
        statement = insert(table).from_select(list(columns), rows, include_defaults=False)
        return ArrayBulk(self._dialect, columns, finish(statement))

    def over(
        self, columns: Mapping[str, Column[Any]], build: Callable[[FromClause], Any]
    ) -> ArrayBulk:
        return ArrayBulk(self._dialect, tuple(columns), build(_given(columns)))

    def among(self, column: Column[Any], name: str) -> ColumnElement[bool]:
        return column == func.any(_array(name, column))


def _given(columns: Mapping[str, Column[Any]]) -> FromClause:
    arrays = [_array(name, column) for name, column in columns.items()]
    table = func.unnest(*arrays).table_valued(*columns, with_ordinality=_PLACE)
    return table.render_derived(name="given")


def _array(name: str, column: Column[Any]) -> Any:
    of: TypeEngine[Any] = column.type
    if isinstance(of, String):
        of = String()  # a cast to a length would cut in silence what the column refuses
    return bindparam(name, type_=ARRAY(of))
