"""Move: everything that a store in an SQLite file holds goes to a PostgreSQL database.

The file is locked alone for all that time: whoever else has it open, a gateway above all, is
found at the start, and whoever comes later waits. On the other side everything is one
transaction, which is committed only after both sides were compared. So a move that was interrupted
has not happened, and is simply begun again; one that had come to its end is found so.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from psycopg import DataError, Error, RawCursor
from sqlalchemy import Connection, Engine, Table, delete, func, select
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable, Wrong
from gateway.stores import postgres, sqlite
from gateway.stores.doubt import forget_marks
from gateway.stores.migrate import migrate
from gateway.stores.months import MonthsSeen
from gateway.stores.schema import (
    API_TOKEN,
    LANE,
    METADATA,
    OFFICER,
    OFFICER_SESSION,
    OFFICER_USE,
    PART,
)
from gateway.stores.table_digest import TableDigest, file_digest, server_digest

Step = Literal["copy", "compare"]

_BATCH_ROWS = 2000
_BATCH_BYTES = 8 << 20
_TABLES = [each for each in METADATA.sorted_tables if each not in {LANE, OFFICER_SESSION}]
"""What is moved. Who consumes a lane is nobody's business once all have stopped, and officers
sign in again."""


class Progress(Protocol):
    """Told now and then how many of a table's rows are done."""

    def __call__(self, step: Step, table: str, done: int, of: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows by table, the same on both sides. `before`: an earlier move had done it all."""

    rows: dict[str, int]
    before: bool


def move(
    path: Path,
    url: str,
    password: str | None,
    *,
    now: int,
    progress: Progress,
    then: Callable[[], None] | None = None,
) -> Moved:
    """Move the store in `path` to the database that `url` names; `now` in Unix milliseconds.

    `then` is run at the end while nobody else can have the file; after it the file, which is
    as it was, is called ``….moved``. Without it the file keeps its name.

    Raises StoreUnavailable, and Wrong: `store.in_use` when a gateway or command has the file
    open, or a gateway the database; `store.not_empty`; `store.not_same` when the copy
    differs, and then nothing is kept.
    """
    if not path.is_file():
        raise StoreUnavailable("there is no such file", file=str(path))
    with _alone(path) as source, _database(url, password) as engine:
        moved = _move(source, engine, now, progress)
        source.rollback()
        if then is not None:
            then()
            _set_aside(source, path)
    return moved


@contextmanager
def _alone(path: Path) -> Iterator[Connection]:
    """A connection to the file that nobody else has open, at the newest schema."""
    engine = sqlite.connect_alone(path)
    try:
        migrate(engine)
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            said = "a gateway or a command has the file open"
            raise Wrong(said, code="store.in_use", file=str(path)) from error
        raise sqlite.explain(error) from error
    finally:
        engine.dispose()


@contextmanager
def _database(url: str, password: str | None) -> Iterator[Engine]:
    engine = postgres.connect(url, password)
    try:
        migrate(engine)
        yield engine
    except DBAPIError as error:
        if isinstance(error.orig, Error):
            raise postgres.explain(error.orig) from error
        raise  # of the file
    except Error as error:
        raise postgres.explain(error) from error
    finally:
        engine.dispose()


def _move(source: Connection, engine: Engine, now: int, progress: Progress) -> Moved:
    with engine.connect() as target, target.begin():
        target.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        target.exec_driver_sql("SET LOCAL enable_seqscan = on")  # whole tables are read
        _refuse_consumers(target, now)
        forget_marks(target)
        counts = {table.name: _count(source, table) for table in _TABLES}
        before = any(_has_rows(target, table) for table in _TABLES)
        if before:
            _bring_officers(source, target, MonthsSeen(target, now))
        if before and counts != {table.name: _count(target, table) for table in _TABLES}:
            raise Wrong("the database holds rows of another store", code="store.not_empty")
        if not before:
            months = MonthsSeen(target, now)
            for table in _TABLES:
                report = partial(progress, "copy", table.name, of=counts[table.name])
                _copy(source, target, table, months, report)
            _continue_numbers(source, target)
        for table in _TABLES:
            _compare(source, target, table, progress, counts[table.name], before=before)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as target:
        target.exec_driver_sql("ANALYZE")  # the first questions are planned as later ones
    return Moved(counts, before)


def _bring_officers(source: Connection, target: Connection, months: MonthsSeen) -> None:
    """What officers did on the file since an earlier move comes along: one of them asked for this
    one, and that is in the log. Only where the log there is the beginning of the one here."""
    use = OFFICER_USE.c
    newest = select(use.number, use.digest).order_by(use.number.desc()).limit(1)
    there = target.execute(newest).first()
    if there is None:
        return
    here = source.execute(select(use.digest).where(use.number == there.number)).scalar()
    if here != there.digest:
        return  # another member's, or officers worked on the database: the comparison says so
    for table in (OFFICER, API_TOKEN, OFFICER_USE):
        target.execute(delete(table))
        _copy(source, target, table, months, lambda _done: None)


def _refuse_consumers(target: Connection, now: int) -> None:
    """A gateway that runs on the database already would be surprised by what appears there."""
    if target.execute(select(func.count()).where(LANE.c.until > now)).scalar_one():
        raise Wrong("a gateway runs on the database", code="store.in_use")


def _copy(
    source: Connection,
    target: Connection,
    table: Table,
    months: MonthsSeen,
    report: Callable[[int], None],
) -> None:
    quote = target.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    statement = f"COPY {quote(table.name)} ({columns}) FROM STDIN".encode()
    driver: Any = target.connection.driver_connection
    done = 0
    recorded_at = list(table.columns.keys()).index("recorded_at") if table is PART else None
    for batch in _batches(source.execute(select(table))):
        if recorded_at is not None:
            months.make({row[recorded_at] for row in batch})
        try:
            with RawCursor(driver) as cursor, cursor.copy(statement) as into:
                for row in batch:
                    into.write_row(row)
        except DataError as error:
            raise Wrong(
                f"a value does not fit: {error.diag.message_primary}, {error.diag.context}",
                code="store.not_same",
                table=table.name,
            ) from None
        done += len(batch)
        report(done)


def _batches(rows: Any) -> Iterator[list[Sequence[Any]]]:
    """So many rows, or so many bytes, at a time."""
    batch: list[Sequence[Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if isinstance(value, (bytes, str)))
        if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _compare(
    source: Connection,
    target: Connection,
    table: Table,
    progress: Progress,
    of: int,
    *,
    before: bool,
) -> None:
    """Both sides have the same rows, as far as SHA-256 can tell."""

    def report(done: int) -> None:
        progress("compare", table.name, done, 2 * of)

    ours = file_digest(source, table, report)
    theirs = server_digest(target, table, lambda done: report(of + done))
    if ours != theirs:
        _refuse_difference(table, ours, theirs, before=before)
    report(2 * of)


def _refuse_difference(
    table: Table, ours: TableDigest, theirs: TableDigest, *, before: bool
) -> None:
    if before:
        raise Wrong(
            "the database holds rows of another store", code="store.not_empty", table=table.name
        )
    raise Wrong(
        f"{ours.rows} rows in the file, {theirs.rows} in the database, or other values",
        code="store.not_same",
        table=table.name,
    )


def _continue_numbers(source: Connection, target: Connection) -> None:
    """The next number of each column that counts is the one the file would have given.

    Of tickets that is more than the last that is there: a position is given once.
    """
    counted = {
        name: int(last)
        for name, last in source.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
    }
    for table in _TABLES:
        column = table.autoincrement_column
        if column is None:
            continue
        last = source.execute(select(func.max(column))).scalar_one() or 0
        last = max(last, counted.get(table.name, 0))
        if last:
            target.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence($1, $2), $3)",
                (table.name, column.name, last),
            )


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(1).select_from(table).limit(1)).first() is not None


def _set_aside(source: Connection, path: Path) -> None:
    """Under its old name the file would be a store that has forgotten what came after.

    The lock outlasts the transaction, so whoever waits for the file finds its name gone.
    """
    driver: Any = source.connection.driver_connection
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside of any transaction
    path.rename(moved_name(path))


def moved_name(path: Path) -> Path:
    """What the file is called afterwards."""
    return path.with_name(f"{path.name}.moved")
