"""Group commit: many transactions, one sync to disk.

One thread owns the writing connection. It takes whatever has queued up, runs each job in a
savepoint of its own, so that one that fails takes nothing with it, commits once, and only
then tells the callers. Under load hundreds share the sync; at rest a job waits for nobody.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from contracts.errors import StoreUnavailable

T = TypeVar("T")
Explain = Callable[[DBAPIError], StoreUnavailable]
_MOST = 256  # jobs in one commit


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    def tell(self, result: Any, error: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            self.loop.call_soon_threadsafe(self._tell, result, error)

    def _tell(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():  # the caller was cancelled
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class GroupCommit:
    """Runs jobs on one connection, in the order they came."""

    def __init__(self, engine: Engine, explain: Explain) -> None:
        """`explain` turns the database's errors into StoreUnavailable."""
        self._engine = engine
        self._explain = explain
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """`work`'s result, once it is durable. What `work` raises passes through.

        Raises StoreUnavailable when the database fails; then nothing of `work` was kept.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        return await future

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    # --- in the thread -------------------------------------------------------------------------

    def _work(self) -> None:
        while (jobs := self._gather()) is not None:
            self._commit(jobs)

    def _gather(self) -> list[_Job] | None:
        job = self._jobs.get()
        if job is None:
            return None
        jobs = [job]
        while len(jobs) < _MOST:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _commit(self, jobs: list[_Job]) -> None:
        outcomes: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            with self._engine.connect() as connection, connection.begin():
                outcomes = [self._run(connection, job) for job in jobs]
        except DBAPIError as error:
            unavailable = self._explain(error)
            outcomes = [(job, None, unavailable) for job in jobs]
        except BaseException as error:
            outcomes = [(job, None, error) for job in jobs]
        for job, result, error_or_none in outcomes:
            job.tell(result, error_or_none)

    def _run(self, connection: Connection, job: _Job) -> tuple[_Job, Any, BaseException | None]:
        if job.future.cancelled():
            return job, None, None
        savepoint = connection.begin_nested()
        try:
            result = job.work(connection)
        except DBAPIError:
            raise  # the whole transaction is in doubt
        except Exception as error:
            savepoint.rollback()
            return job, None, error
        savepoint.commit()
        return job, result, None
