"""A store over an SQL database: one thread writes in groups, a few others read.

Nothing here knows which database it is. How one is opened, what keeps other writers out
and what its errors mean is said by the module named after it.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable
from gateway.ports import Backlog, Clock, Verdict
from gateway.records import (
    CaseRecord,
    Changes,
    EpochRecord,
    Hold,
    Incident,
    LeaseRecord,
    MessageRecord,
    Note,
    PartRecord,
    Scope,
    SealRecord,
    Snapshot,
    Ticket,
)
from gateway.stores import depth, leases, operators, reading
from gateway.stores.group_commit import Doubt, GroupCommit
from gateway.stores.officers import SqlOfficers
from gateway.stores.recent import Recent
from gateway.stores.transaction import Transaction

T = TypeVar("T")
READERS = 2
_RECENT_BYTES = 16 << 20
_SMALL_OFF = 2000  # milliseconds; a lease is longer


class SqlStore:
    """A `Store` over an engine; opened by the module of its database."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        insert: Callable[[Table], Any],
        transaction: Transaction,
        explain: Callable[[DBAPIError], StoreUnavailable],
        doubt: Doubt | None = None,
        time: Callable[[Connection], int] | None = None,
        archive: Callable[[Connection, int], str | None] | None = None,
    ) -> None:
        """`engine` connects READERS + 1 times at most. A transaction that it begins holds off
        every other writer of the database until its end, unless its connection has the
        execution option `reading`. `insert`: the dialect's own, of which
        `transaction` is built; `explain` turns the database's errors into ours; `doubt`
        where the answer to a commit can be lost; `time`: the database's, in Unix milliseconds,
        where other machines than ours use it as well; `archive` where parts can be taken out:
        as `Store.archive_of`.
        """
        self._engine = engine
        self._archive = archive
        self._reading = engine.execution_options(reading=True)
        self._clock = clock
        self._insert = insert
        self._explain = explain
        self._time = time
        self._writer = GroupCommit(
            engine,
            transaction,
            now=self._now,
            explain=explain,
            doubt=doubt,
        )
        self._recent = Recent(_RECENT_BYTES)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self.officers = SqlOfficers(
            write=self._writer.run, read=self._read, insert=insert, now=self._now
        )
        """The officers of the member, in the same database."""

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

    async def archive_of(self, recorded_at: int) -> str | None:
        if self._archive is None:
            return None
        return await self._read(self._archive, recorded_at)

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

    async def seals_of(self, issuer: str, since: int, limit: int) -> list[SealRecord]:
        return await self._read(reading.seals_of, issuer, since, limit)

    async def epoch(self, epoch_id: str) -> EpochRecord | None:
        return await self._read(reading.epoch, epoch_id)

    async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._read(reading.expiring, now, limit)

    async def waiting_expired(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._read(reading.waiting_expired, now, limit)

    async def tickets_of(self, name: str) -> list[Ticket]:
        return await self._read(operators.tickets_of, name)

    async def holds(self) -> list[Hold]:
        return await self._read(operators.holds)

    async def notes(self, prefix: str) -> list[Note]:
        return await self._read(operators.notes, prefix)

    async def backlog(self) -> list[Backlog]:
        return await self._read(depth.backlog)

    async def lanes(self, under: str) -> list[str]:
        return await self._read(reading.lanes, under)

    async def last_heard(self, issuer: str) -> int | None:
        return await self._read(reading.last_heard, issuer)

    async def incidents(self, *, limit: int) -> list[Incident]:
        return await self._read(reading.incidents, limit)

    async def incident(self, incident_id: str) -> Incident | None:
        return await self._read(reading.incident, incident_id)

    async def incident_counts(self) -> dict[str, int]:
        return await self._read(reading.incident_counts)

    async def lease(self, lane: str, owner: str, now: int, until: int) -> bool:
        def work(connection: Connection) -> bool:
            off = self._off(connection)
            return leases.lease(connection, self._insert, lane, owner, now + off, until + off)

        return await self._writer.run(work)

    async def release(self, lane: str, owner: str) -> None:
        await self._writer.run(lambda c: leases.release(c, lane, owner))

    async def leases(self, under: str) -> list[LeaseRecord]:
        return await self._read(leases.below, under)

    def fault(self) -> str | None:
        return self._writer.fault

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
            with self._reading.connect() as connection:
                return query(connection, *arguments)
        except DBAPIError as error:
            raise self._explain(error) from error

    def _off(self, connection: Connection) -> int:
        """Milliseconds by which our clock is behind the database's; 0 for a small difference,
        which may be the way to it."""
        off = self._time(connection) - self._now() if self._time else 0
        return off if abs(off) > _SMALL_OFF else 0

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
