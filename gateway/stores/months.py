"""Months: the parts of messages stand apart by the month in which they were recorded.

Parts are most of what a store holds, and the only thing in it that may ever go: so a month
of them can be detached, archived and dropped as one table, with no row deleted. Envelopes,
receipts and seals are evidence and stay; their keys are unique over all time.

A table of a month is made months ahead. What falls into none, from a clock that was
wrong, stands in `part_other`: it is found like everything else.
"""

import logging
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.records import Changes
from gateway.stores.transaction import Transaction

_LOG = logging.getLogger("tongban.store")
_AHEAD = 3  # months
_WHOLE = 8160  # bytes of a row that is not split: as many as a page can hold
_PATIENCE_SECONDS = 2
_DAY = 24 * 3600 * 1000


def make_months(connection: Connection, now: int) -> None:
    """Make the tables of this month and of the next ones, where they are missing.

    `now`: Unix milliseconds. On a connection that holds the writers' lock.
    """
    today = datetime.fromtimestamp(now / 1000, UTC)
    first = today.year * 12 + today.month - 1
    for month in range(first, first + _AHEAD + 1):
        name = f"part_{month // 12:04}_{month % 12 + 1:02}"
        start, end = _start(month), _start(month + 1)
        if _exists(connection, name) or _has_others(connection, start, end):
            continue
        connection.exec_driver_sql(
            f"CREATE TABLE {name} PARTITION OF part FOR VALUES FROM ({start}) TO ({end})"
            f" WITH (toast_tuple_target = {_WHOLE})"
        )


def _try_to_make_months(connection: Connection, now: int) -> None:
    """Whoever reads parts for long, as a dump does, must not keep messages from being written."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS}s'")
            make_months(connection, now)
    except OperationalError as error:
        if error.connection_invalidated:
            raise  # nothing can be written by it any more
        _LOG.warning("no tables for the next months, tomorrow again: %s", error.orig)


def _start(month: int) -> int:
    """Unix milliseconds at which a month begins; `month`: years * 12 + months, from zero."""
    begin = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp()) * 1000


def _exists(connection: Connection, table: str) -> bool:
    """Attached or not: a month that was detached on purpose is not made again."""
    return bool(
        connection.exec_driver_sql("SELECT to_regclass($1) IS NOT NULL", (table,)).scalar_one()
    )


def _has_others(connection: Connection, start: int, end: int) -> bool:
    """Rows of that month that came before its table would have to be moved: they stay."""
    found = connection.exec_driver_sql(
        "SELECT EXISTS (SELECT FROM part_other WHERE recorded_at >= $1 AND recorded_at < $2)",
        (start, end),
    )
    return bool(found.scalar_one())


class MonthlyTransaction(Transaction):
    """A transaction that looks once a day whether the next months have their tables."""

    _looked = 0  # Unix milliseconds

    def write(self, connection: Connection, changes: Changes, now: int) -> None:
        if abs(now - self._looked) >= _DAY:
            # When this transaction comes to nothing, there are months to look again.
            self._looked = now
            _try_to_make_months(connection, now)
        super().write(connection, changes, now)
