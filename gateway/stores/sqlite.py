"""The embedded store: SQLite in write-ahead mode, every commit synced to disk.

Several processes may share the file: each transaction takes the write lock at its start,
so what a rule saw is what holds when it writes.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable
from gateway.ports import Clock
from gateway.stores.bulk_rows import RowBulks
from gateway.stores.migrate import migrate
from gateway.stores.sql import READERS, SqlStore
from gateway.stores.transaction import Transaction

_BUSY_SECONDS = 20
_ALONE_SECONDS = 3  # for a command that is about to end
_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE"}


def open_sqlite(path: Path, clock: Clock) -> SqlStore:
    """Open the store in `path`, made or migrated first where needed.

    Raises StoreUnavailable.
    """
    with suppress(OSError):  # SQLite says better what is wrong; its files inherit this mode
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        pool_size=READERS + 1,
        max_overflow=0,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        migrate(engine)
    except DBAPIError as error:
        raise explain(error) from error
    if not path.exists():  # it was waited for, and moved to PostgreSQL: see `move`
        engine.dispose()
        raise StoreUnavailable("the store was moved away meanwhile", file=str(path))
    transaction = Transaction(RowBulks(engine.dialect))
    return SqlStore(engine, clock, insert=insert, transaction=transaction, explain=explain)


def connect_alone(path: Path) -> Engine:
    """An engine over a store that nobody else has open, nor opens while a connection is.

    Its transactions raise DBAPIError (``SQLITE_BUSY``) when somebody has. In write-ahead mode every
    connection, however idle, holds the file's shared lock, so none is missed.
    """
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": _ALONE_SECONDS}, poolclass=NullPool
    )
    event.listen(engine, "connect", _prepare_alone)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_alone(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    for pragma in (
        "page_size = 8192",  # three messages a page instead of one; set before WAL
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16384",
        "wal_autocheckpoint = 4000",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    reading_only = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading_only else "BEGIN IMMEDIATE")


def explain(error: DBAPIError) -> StoreUnavailable:
    """The database's error as one that says what to do."""
    name = getattr(error.orig, "sqlite_errorname", "")
    code = "store.full" if name in _FULL else "store.unavailable"
    return StoreUnavailable(f"{name or type(error.orig).__name__}: {error.orig}", code=code)
