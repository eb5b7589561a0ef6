"""The embedded store: SQLite in write-ahead mode, every commit synced to disk.

Several processes may share the file: each transaction takes the write lock at its start,
so what a rule saw is what holds when it writes.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable
from gateway.ports import Backlog, Clock, Verdict
from gateway.records import (
    CaseRecord,
    Changes,
    EpochRecord,
    Incident,
    MessageRecord,
    PartRecord,
    Scope,
    SealRecord,
    Snapshot,
    Ticket,
)
from gateway.stores import leases, reading
from gateway.stores.group_commit import GroupCommit
from gateway.stores.migrate import migrate
from gateway.stores.recent import Recent
from gateway.stores.transaction import Transaction

T = TypeVar("T")
_BUSY_SECONDS = 20
_RECENT_BYTES = 16 << 20
_READERS = 2
_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE"}


class SqliteStore:
    """A `Store` in one file. Open with `open_sqlite`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._writer = GroupCommit(
            engine, Transaction(engine.dialect, insert), now=self._now, explain=explain
        )
        self._recent = Recent(_RECENT_BYTES)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        decided: list[Changes] = []

        def noting(snapshot: Snapshot) -> Verdict[T]:
            verdict = rule(snapshot)
            decided[:] = [verdict.changes]
            return verdict

        answer = await self._writer.apply(scope, noting)
        self._recent.note(decided[0])
        return answer

    async def tickets(self, lane: str, after: int, limit: int) -> list[Ticket]:
        return await self._read(reading.tickets, lane, after, limit)

    async def outgoing(
        self, ids: Sequence[str]
    ) -> list[tuple[MessageRecord, Sequence[PartRecord]]]:
        found = {message_id: self._recent.find(message_id) for message_id in ids}
        missing = [message_id for message_id, message in found.items() if message is None]
        read = await self._read(reading.outgoing, missing) if missing else []
        pairs = {message.id: (message, parts) for message, parts in read}
        pairs |= {m.id: (m, m.parts) for m in found.values() if m is not None}
        return [pairs[message_id] for message_id in ids if message_id in pairs]

    async def message(self, sender: str | None, message_id: str) -> MessageRecord | None:
        return await self._read(reading.message, sender, message_id)

    async def messages(self, case_id: str) -> list[MessageRecord]:
        return await self._read(reading.messages, case_id)

    async def case(self, case_id: str) -> CaseRecord | None:
        return await self._read(reading.case, case_id)

    async def case_by_number(self, number: str) -> CaseRecord | None:
        return await self._read(reading.case_by_number, number)

    async def cases(self, *, before: CaseRecord | None, limit: int) -> list[CaseRecord]:
        return await self._read(reading.cases, before, limit)

    async def seal(self, seal_id: str) -> SealRecord | None:
        return await self._read(reading.seal, seal_id)

    async def seal_over(self, leaf: bytes, issuer: str, since: int) -> SealRecord | None:
        return await self._read(reading.seal_over, leaf, issuer, since)

    async def epoch(self, epoch_id: str) -> EpochRecord | None:
        return await self._read(reading.epoch, epoch_id)

    async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._read(reading.expiring, now, limit)

    async def waiting_expired(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._read(reading.waiting_expired, now, limit)

    async def backlog(self) -> list[Backlog]:
        return await self._read(reading.backlog)

    async def incidents(self, *, limit: int) -> list[Incident]:
        return await self._read(reading.incidents, limit)

    async def incident(self, incident_id: str) -> Incident | None:
        return await self._read(reading.incident, incident_id)

    async def incident_counts(self) -> dict[str, int]:
        return await self._read(reading.incident_counts)

    async def lease(self, lane: str, owner: str, now: int, until: int) -> bool:
        return await self._writer.run(lambda c: leases.lease(c, insert, lane, owner, now, until))

    async def release(self, lane: str, owner: str) -> None:
        await self._writer.run(lambda c: leases.release(c, lane, owner))

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        self._readers.shutdown()
        self._engine.dispose()

    async def _read(self, query: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        try:
            reading_it = loop.run_in_executor(self._readers, self._query, query, arguments)
        except RuntimeError as error:  # the readers are gone
            raise StoreUnavailable("the store is closed") from error
        return await reading_it

    def _query(self, query: Callable[..., T], arguments: Sequence[object]) -> T:
        try:
            with self._engine.connect() as connection:
                # Autocommit: a reader takes no lock and sees the last commit.
                return query(connection.execution_options(reading=True), *arguments)
        except DBAPIError as error:
            raise explain(error) from error

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def open_sqlite(path: Path, clock: Clock) -> SqliteStore:
    """Open the store in `path`, made or migrated first where needed.

    Raises StoreUnavailable.
    """
    with suppress(OSError):  # SQLite says better what is wrong; its files inherit this mode
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        pool_size=_READERS + 1,
        max_overflow=0,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        migrate(engine)
    except DBAPIError as error:
        raise explain(error) from error
    return SqliteStore(engine, clock)


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
