"""The store of several machines: PostgreSQL, every commit flushed to its disk.

Several processes may share a database. Each writing transaction takes one advisory lock at
its start and holds it until its commit can be seen by all, so what a rule saw is what holds
when it writes, and positions of tickets are given in the order of commits. Group commit
makes up for it: hundreds of rules share one turn of the lock.
"""

from typing import Any

from psycopg import Connection as Driver
from psycopg import Error, RawCursor, RawServerCursor
from psycopg.pq import Format
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError

from contracts.errors import StoreUnavailable
from gateway.ports import Clock
from gateway.stores.bulk_arrays import ArrayBulks
from gateway.stores.doubt import ByMark
from gateway.stores.migrate import migrate
from gateway.stores.months import MonthlyTransaction, archive_of
from gateway.stores.nul import keep_nul
from gateway.stores.sql import READERS, SqlStore


class _BinaryCursor(RawCursor[Any]):
    """Bytes come as they are: as text they would be twice as long, and read as digits."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.format = Format.BINARY


_WRITERS_LOCK = 0x746F6E6762616E  # "tongban"
_LOCK = "SELECT pg_advisory_xact_lock($1)"
_TIME = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_LINE: dict[str, Any] = {  # a server that is gone without a word is noticed within half a minute
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,  # milliseconds
    "client_encoding": "utf8",
    "cursor_factory": _BinaryCursor,
}
_SESSION = {
    # A process that was halted keeps nobody out for longer than others wait for its lane.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "30s",  # so longer than that
    "tcp_keepalives_idle": "10",  # one whose machine is gone, neither
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
}
_PLANS = {
    # One plan a statement, made once, and always by way of an index: a plan that was made
    # while a table was small must not read it from end to end when it is large.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",  # the price of what is off counts as the work of a query: each was compiled
}
_FULL = "53100"  # disk_full


def open_postgres(url: str, password: str | None, clock: Clock) -> SqlStore:
    """Open the store in the database that `url` names, made or migrated first where needed.

    `url`: ``postgresql://user@host:port/database?parameters``, parameters as libpq knows
    them (sslmode, sslrootcert, …). Raises StoreUnavailable.
    """
    engine = connect(url, password)
    try:
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        raise explain(error) from error
    return store_over(engine, clock)


def store_over(engine: Engine, clock: Clock) -> SqlStore:
    """The store over an engine that `connect` made; its database has all tables."""
    return SqlStore(
        engine,
        clock,
        insert=insert,
        transaction=MonthlyTransaction(ArrayBulks(engine.dialect)),
        explain=explain,
        doubt=ByMark(engine),
        time=_server_time,
        archive=archive_of,
    )


def _server_time(connection: Connection) -> int:
    return int(connection.exec_driver_sql(_TIME).scalar_one())


def connect(url: str, password: str | None = None) -> Engine:
    """An engine over the database; connects when first used. Raises StoreUnavailable."""
    engine = create_engine(
        _driver_url(url, password),
        connect_args=_LINE,
        isolation_level="READ COMMITTED",  # whatever the server's default is; see _begin
        pool_size=READERS + 1,
        max_overflow=0,
        pool_pre_ping=True,  # a server that was restarted costs nobody an error
        # Parameters as the server numbers them: to translate thousands of %s in a statement
        # costs more than to run it.
        paramstyle="numeric_dollar",
        use_native_hstore=False,
        hide_parameters=True,  # they are what people wrote, and errors are logged
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _driver_url(url: str, password: str | None) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise StoreUnavailable("store.url is no address of a database") from None
    if password is not None:
        parsed = parsed.set(password=password)
    return parsed.set(drivername="postgresql+psycopg")


def _prepare(connection: "Driver[Any]", _record: object) -> None:
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise StoreUnavailable(f"the database must be encoded in UTF8, not {encoding}")
    connection.server_cursor_factory = RawServerCursor
    keep_nul(connection)
    # Arrays as they are: as text, envelopes and parts would be twice as long, and read as digits.
    connection.adapters.register_dumper(list, ListBinaryDumper)
    connection.autocommit = True
    for name, value in (*_SESSION.items(), *_PLANS.items()):
        connection.execute("SELECT set_config($1, $2, false)", (name, value))
    # A receipt means stored. Stricter settings, as of a replicated server, are left alone.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.autocommit = False


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("reading", False):
        # Two statements of one question see the same moment.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        # Read committed: what follows sees all that the last holder of the lock wrote.
        connection.exec_driver_sql(_LOCK, (_WRITERS_LOCK,))


def explain(error: DBAPIError | Error) -> StoreUnavailable:
    """The database's error as one that says what to do; without the values of rows."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = cause.sqlstate if isinstance(cause, Error) else None
    said = cause.diag.message_primary if isinstance(cause, Error) else None
    code = "store.full" if state == _FULL else "store.unavailable"
    return StoreUnavailable(f"{state or type(cause).__name__}: {said or cause}", code=code)
