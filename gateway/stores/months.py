"""Months: the parts of messages stand apart by the month in which they were recorded.

Parts are most of what a store holds, and the only thing in it that may ever go: so a month
of them can be detached, archived and dropped as one table, with no row deleted. Envelopes,
receipts and seals are evidence and stay; their keys are unique over all time.

A table of a month is made months ahead. What falls into none, from a clock that was
wrong, stands in `part_other`: it is found like everything else.
"""

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from contracts.errors import Wrong
from gateway.records import Changes
from gateway.stores.transaction import Transaction

_LOG = logging.getLogger("tongban.store")
_AHEAD = 3  # months
_WHOLE = 8160  # bytes of a row that is not split: as many as a page can hold
PATIENCE_SECONDS = 2
_DAY = 24 * 3600 * 1000
_EARLIEST = 1_577_836_800_000  # 2020-01-01: nothing of ours is older
_ATTACHED = """
SELECT EXISTS (
    SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1) AND inhparent = 'part'::regclass
)
"""


def make_months(connection: Connection, now: int) -> None:
    """Make the tables of this month and of the next ones, where they are missing.

    `now`: Unix milliseconds. On a connection that holds the writers' lock.
    """
    first = month_at(now)
    for month in range(first, first + _AHEAD + 1):
        _make(connection, month)


def _make(connection: Connection, month: int) -> None:
    name, start, end = table_of(month), start_of(month), start_of(month + 1)
    if _exists(connection, name) or _has_others(connection, start, end):
        return
    connection.exec_driver_sql(
        f"CREATE TABLE {name} PARTITION OF part FOR VALUES FROM ({start}) TO ({end})"
        f" WITH (toast_tuple_target = {_WHOLE})"
    )


class MonthsSeen:
    """Makes the tables of months gone by for parts that are brought in."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection = connection
        self._last = month_at(now) + _AHEAD
        self._seen: set[int] = set()

    def make(self, times: Iterable[int]) -> None:
        """Make the tables of the months of `times`, Unix milliseconds.

        What no clock that was right can have said gets none, and goes to `part_other`.
        """
        sound = (at for at in times if _EARLIEST <= at < start_of(self._last + 1))
        for month in {month_at(at) for at in sound} - self._seen:
            _make(self._connection, month)
            self._seen.add(month)


def _try_to_make_months(connection: Connection, now: int) -> None:
    """Whoever reads parts for long, as a dump does, must not keep messages from being written."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
            make_months(connection, now)
    except OperationalError as error:
        if error.connection_invalidated:
            raise  # nothing can be written by it any more
        _LOG.warning("no tables for the next months, tomorrow again: %s", error.orig)


def month_at(at: int) -> int:
    """The month of a time in Unix milliseconds, as `start_of` counts them."""
    date = datetime.fromtimestamp(at / 1000, UTC)
    return date.year * 12 + date.month - 1


def month_named(name: str) -> int:
    """The month of a text ``YYYY-MM``, counted so too. Raises Wrong (`store.month`)."""
    if not re.fullmatch(r"[0-9]{4}[-_](0[1-9]|1[0-2])", name):
        raise Wrong("write a month as 2025-03", code="store.month", month=name)
    return int(name[:4]) * 12 + int(name[5:]) - 1


def table_of(month: int) -> str:
    """The name of a month's table, attached or not."""
    return f"part_{month // 12:04}_{month % 12 + 1:02}"


def start_of(month: int) -> int:
    """Unix milliseconds at which a month begins; `month`: years * 12 + months, from zero."""
    begin = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp()) * 1000


def is_attached(connection: Connection, table: str) -> bool:
    """Whether the rows of a month's table are in the store."""
    return bool(connection.exec_driver_sql(_ATTACHED, (table,)).scalar_one())


def archive_of(connection: Connection, recorded_at: int) -> str | None:
    """As `Store.archive_of`: the table of a month that was detached, also once it is dropped."""
    table = table_of(month_at(recorded_at))
    return None if is_attached(connection, table) else table


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
