"""Archive: a month of parts is taken out of the store whole, as one table, with no row touched.

The table stays in the database under its name until the operator has put it away. Messages,
receipts and seals of the month stay in the store and prove what they proved; only what the
messages say in private is no longer there. See `months` for how the tables come about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contracts.errors import Wrong
from gateway.stores import postgres
from gateway.stores.migrate import migrate
from gateway.stores.months import PATIENCE_SECONDS, is_attached, month_named, start_of, table_of

_SHOWN = 10  # messages that are named
_TABLES = """
SELECT c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid),
       i.inhrelid IS NOT NULL
FROM pg_class p
JOIN pg_class c ON c.relnamespace = p.relnamespace AND c.relkind = 'r'
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = p.oid
WHERE p.oid = 'part'::regclass AND c.relname ~ '^part_([0-9]{4}_[0-9]{2}|other)$'
ORDER BY c.relname
"""
# No index leads from a month to its messages, and none is worth its keep for this: what is
# open is found by what is open, and that is little.
_OPEN = """
SELECT id FROM message WHERE state = 'queued' AND recorded_at >= $1 AND recorded_at < $2
UNION
SELECT m.id FROM ticket t JOIN message m ON m.id = t.message_id AND m.sender = t.sender
WHERE m.recorded_at >= $1 AND m.recorded_at < $2
UNION
SELECT id FROM waiting WHERE arrived_at >= $1 AND arrived_at < $2
LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class MonthTable:
    """A table of parts. `rows` is what the server believes, exact where it is small."""

    name: str
    rows: int
    bytes: int
    attached: bool


def month_tables(connection: Connection) -> list[MonthTable]:
    """Every month that has a table, the oldest first, and what stands in none."""
    found = connection.exec_driver_sql(_TABLES).all()
    return [
        MonthTable(name, rows if rows > 0 else _count(connection, name), size, attached)
        for name, rows, size, attached in found
    ]


def detach(connection: Connection, month: str, now: int) -> str:
    """Take the parts of `month`, ``YYYY-MM``, out of the store; the name of their table.

    `now`: Unix milliseconds. On a connection that holds the writers' lock. Raises Wrong:
    `not_found` when there is no such table in the store, `store.month` when the month is not
    over, or when some of its messages still have to be sent, handed over or judged.
    """
    number = month_named(month)
    name, start, end = table_of(number), start_of(number), start_of(number + 1)
    if not is_attached(connection, name):
        raise Wrong("the store has no table of this month", code="not_found", month=month)
    if end > now:
        raise Wrong("the month is not over", code="store.month", month=month)
    found = connection.exec_driver_sql(_OPEN, (start, end, _SHOWN + 1)).scalars().all()
    if found:
        more = ", …" if len(found) > _SHOWN else ""
        named = ", ".join(found[:_SHOWN])
        raise Wrong(
            f"messages of this month are not done with: {named}{more}",
            code="store.month",
            month=month,
        )
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
    connection.exec_driver_sql(f"ALTER TABLE part DETACH PARTITION {name}")
    return name


@contextmanager
def opened(url: str, password: str | None) -> Iterator[Connection]:
    """A transaction in the database of a store, that keeps every writer out until its end.

    Raises StoreUnavailable.
    """
    engine = postgres.connect(url, password)
    try:
        migrate(engine)
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET LOCAL enable_seqscan = on")  # of whole tables
            yield connection
    except DBAPIError as error:
        raise postgres.explain(error) from error
    finally:
        engine.dispose()


def _count(connection: Connection, table: str) -> int:
    """Of a table that was never analysed: new, or empty."""
    counted = connection.exec_driver_sql(f"SELECT count(*) FROM {table}")  # noqa: S608 - by _TABLES
    return int(counted.scalar_one())
