"""Group commit: many transactions, one sync to disk, and few statements.

One thread owns the writing connection. It takes whatever has queued up and works through it
in *rounds*: jobs whose scopes do not touch share one look at the database and one write, so
a thousand small transactions cost a handful of statements. A job that touches what an
earlier one of its round may change starts the next round, so each rule sees exactly what
holds. After the last round comes one commit, and only then the callers are told. Under load
hundreds share the sync; at rest a job waits for nobody.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from contracts.errors import StoreUnavailable
from gateway.ports import Verdict
from gateway.records import Changes, Scope, Snapshot
from gateway.stores.transaction import Transaction

T = TypeVar("T")
_MOST = 512  # jobs in one commit


@dataclass(slots=True)
class _Job:
    """A rule over a scope, or, with `scope` None, free work on the connection."""

    scope: Scope | None
    work: Callable[[Any], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    @property
    def touches(self) -> set[object]:
        """What no other job of its round may touch."""
        scope = self.scope or Scope()
        touched: set[object] = {*scope.messages, *scope.cases, *scope.history}
        touched.update(("number", number) for number in scope.numbers)
        touched.update(("intake", key) for key in scope.intakes)
        touched.update(("waiting", sender) for sender in scope.waiting_of)
        touched.update(scope.tickets_of)  # of these cases no other job may add a ticket
        touched.update(("ticket", position) for position in scope.tickets)
        touched.update(("hold", case) for case in scope.holds)
        return touched


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    result: Any = None
    error: BaseException | None = None


class Doubt(Protocol):
    """A database far away may commit and die, or be cut off, before it says so."""

    def name(self, connection: Connection) -> str:
        """What the connection's transaction can be asked for by; the last of its work."""

    def committed(self, name: str) -> bool:
        """Whether that transaction came about. Raises DBAPIError when nobody can say."""


class GroupCommit:
    """Runs jobs on one connection; those that touch run in the order they came."""

    def __init__(
        self,
        engine: Engine,
        transaction: Transaction,
        *,
        now: Callable[[], int],
        explain: Callable[[DBAPIError], StoreUnavailable],
        doubt: Doubt | None = None,
    ) -> None:
        """`now`: Unix milliseconds; `explain` turns the database's errors into ours; `doubt`
        where the answer to a commit can be lost."""
        self._engine = engine
        self._transaction = transaction
        self._now = now
        self._explain = explain
        self._doubt = doubt
        self._queue: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._ticks: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        self._closed = False
        self.fault: str | None = None
        """Why the last commit failed, unless one of its jobs was at fault; else None."""
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        """As `Store.apply`: durable when it returns."""
        answer: T = await self._submit(scope, rule)
        return answer

    async def run(self, work: Callable[[Connection], T]) -> T:
        """`work` in a transaction of this thread; durable when it returns."""
        answer: T = await self._submit(None, work)
        return answer

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    async def _submit(self, scope: Scope | None, work: Callable[[Any], Any]) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        tick = self._ticks.get(loop)
        if tick is None:
            tick = self._ticks[loop] = []
            loop.call_soon(self._pass_on, loop)
        tick.append(_Job(scope, work, loop, future))
        return await future

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over all jobs of one turn of the loop together: their callers were woken
        together, so they come together, and the thread is not woken for each."""
        self._queue.put(self._ticks.pop(loop))

    # --- in the thread -------------------------------------------------------------------------

    def _work(self) -> None:
        while (jobs := self._gather()) is not None:
            try:
                outcomes = self._commit(jobs)
            except BaseException as error:  # not foreseen: nobody may wait for ever
                outcomes = [_Outcome(job, error=error) for job in jobs]
            _tell(outcomes)

    def _gather(self) -> list[_Job] | None:
        """Everything that has queued up; None at the end."""
        jobs = self._queue.get()
        if jobs is None:
            return None
        with contextlib.suppress(queue.Empty):
            while len(jobs) < _MOST:
                more = self._queue.get_nowait()
                if more is None:
                    self._queue.put(None)
                    break
                jobs += more
        return jobs

    def _commit(self, jobs: list[_Job]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        name: str | None = None
        try:
            with self._engine.connect() as connection, connection.begin():
                for round_of_jobs in _rounds(jobs):
                    outcomes += self._round(connection, round_of_jobs)
                name = self._doubt.name(connection) if self._doubt else None
            self.fault = None
        except DBAPIError as error:
            of_a_job = isinstance(error, (DataError, IntegrityError))
            if of_a_job and len(jobs) > 1:
                return self._one_by_one(jobs)
            came_about = error.connection_invalidated and self._came_about(name)
            unavailable = self._explain(error) if came_about is not None else _in_doubt(error)
            if not of_a_job:
                self.fault = None if came_about else unavailable.code
            if not came_about:
                outcomes = [_Outcome(job, error=unavailable) for job in jobs]
        except BaseException as error:
            if len(jobs) > 1:
                return self._one_by_one(jobs)
            outcomes = [_Outcome(jobs[0], error=error)]
        return outcomes

    def _one_by_one(self, jobs: list[_Job]) -> list[_Outcome]:
        """One of them is at fault, or holds what no database can: each stands for itself."""
        return [outcome for job in jobs for outcome in self._commit([job])]

    def _came_about(self, name: str | None) -> bool | None:
        """Whether the transaction is kept although its commit brought no answer.

        `name` is None when it was not asked to commit yet. None: nobody can say.
        """
        if self._doubt is None or name is None:
            return False
        with contextlib.suppress(DBAPIError):
            return self._doubt.committed(name)
        return None

    def _round(self, connection: Connection, jobs: list[_Job]) -> list[_Outcome]:
        if jobs[0].scope is None:
            return [_Outcome(jobs[0], jobs[0].work(connection))]
        snapshot = self._transaction.look(connection, _together(jobs))
        changes, outcomes = Changes(), []
        for job in jobs:
            try:
                verdict = job.work(snapshot)
            except Exception as error:
                outcomes.append(_Outcome(job, error=error))
            else:
                changes.add(verdict.changes)
                outcomes.append(_Outcome(job, verdict.answer))
        self._transaction.write(connection, changes, self._now())
        return outcomes


def _in_doubt(error: DBAPIError) -> StoreUnavailable:
    return StoreUnavailable(
        f"no answer to a commit ({type(error.orig).__name__}), nor to the question after it",
        code="store.in_doubt",
    )


def _rounds(jobs: list[_Job]) -> Iterator[list[_Job]]:
    """Cut the queue where a job touches what an earlier one of the round touches."""
    current: list[_Job] = []
    touched: set[object] = set()
    for job in jobs:
        if job.scope is None:
            if current:
                yield current
            yield [job]
            current, touched = [], set()
            continue
        touches = job.touches
        if not touched.isdisjoint(touches):
            yield current
            current, touched = [], set()
        current.append(job)
        touched |= touches
    if current:
        yield current


def _together(jobs: list[_Job]) -> Scope:
    if len(jobs) == 1 and jobs[0].scope is not None:
        return jobs[0].scope
    scopes = [job.scope for job in jobs if job.scope is not None]
    return Scope(
        messages=[key for scope in scopes for key in scope.messages],
        cases=[case for scope in scopes for case in scope.cases],
        numbers=[number for scope in scopes for number in scope.numbers],
        intakes=[key for scope in scopes for key in scope.intakes],
        waiting_of=[sender for scope in scopes for sender in scope.waiting_of],
        history=[case for scope in scopes for case in scope.history],
        tickets=[position for scope in scopes for position in scope.tickets],
        tickets_of=[case for scope in scopes for case in scope.tickets_of],
        holds=[case for scope in scopes for case in scope.holds],
    )


def _tell(outcomes: list[_Outcome]) -> None:
    """One wake-up of the loop for all its callers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.job.loop, []).append(outcome)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        future = outcome.job.future
        if future.done():  # the caller was cancelled
            continue
        if outcome.error is not None:
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome.result)
