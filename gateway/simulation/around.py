"""A store around a store: every call goes through one place, where a fault may be put in."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from gateway.ports import Backlog, Store, Verdict
from gateway.records import (
    CaseRecord,
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
from gateway.simulation.loop import SimulatedLoop

T = TypeVar("T")
Call = Coroutine[Any, Any, T]


class StoreAround:
    """A `Store` that hands every call to `inner`; subclasses override `_call`."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    async def _call(self, call: Call[T]) -> T:
        """Every method comes by here."""
        return await call

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        return await self._call(self._inner.apply(scope, rule))

    async def tickets(self, lane: str, after: int, limit: int) -> list[Ticket]:
        return await self._call(self._inner.tickets(lane, after, limit))

    async def outgoing(
        self, ids: Sequence[str]
    ) -> list[tuple[MessageRecord, Sequence[PartRecord]]]:
        return await self._call(self._inner.outgoing(ids))

    async def message(self, sender: str | None, message_id: str) -> MessageRecord | None:
        return await self._call(self._inner.message(sender, message_id))

    async def archive_of(self, recorded_at: int) -> str | None:
        return await self._call(self._inner.archive_of(recorded_at))

    async def messages(self, case_id: str) -> list[MessageRecord]:
        return await self._call(self._inner.messages(case_id))

    async def case(self, case_id: str) -> CaseRecord | None:
        return await self._call(self._inner.case(case_id))

    async def case_by_number(self, number: str) -> CaseRecord | None:
        return await self._call(self._inner.case_by_number(number))

    async def cases(self, *, before: CaseRecord | None, limit: int) -> list[CaseRecord]:
        return await self._call(self._inner.cases(before=before, limit=limit))

    async def seal(self, seal_id: str) -> SealRecord | None:
        return await self._call(self._inner.seal(seal_id))

    async def seal_over(self, leaf: bytes, issuer: str, since: int) -> SealRecord | None:
        return await self._call(self._inner.seal_over(leaf, issuer, since))

    async def seals_of(self, issuer: str, since: int, limit: int) -> list[SealRecord]:
        return await self._call(self._inner.seals_of(issuer, since, limit))

    async def epoch(self, epoch_id: str) -> EpochRecord | None:
        return await self._call(self._inner.epoch(epoch_id))

    async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._call(self._inner.expiring(now, limit))

    async def waiting_expired(self, now: int, limit: int) -> list[MessageRecord]:
        return await self._call(self._inner.waiting_expired(now, limit))

    async def tickets_of(self, name: str) -> list[Ticket]:
        return await self._call(self._inner.tickets_of(name))

    async def holds(self) -> list[Hold]:
        return await self._call(self._inner.holds())

    async def notes(self, prefix: str) -> list[Note]:
        return await self._call(self._inner.notes(prefix))

    async def backlog(self) -> list[Backlog]:
        return await self._call(self._inner.backlog())

    async def lanes(self, under: str) -> list[str]:
        return await self._call(self._inner.lanes(under))

    async def last_heard(self, issuer: str) -> int | None:
        return await self._call(self._inner.last_heard(issuer))

    async def incidents(self, *, limit: int) -> list[Incident]:
        return await self._call(self._inner.incidents(limit=limit))

    async def incident(self, incident_id: str) -> Incident | None:
        return await self._call(self._inner.incident(incident_id))

    async def incident_counts(self) -> dict[str, int]:
        return await self._call(self._inner.incident_counts())

    async def lease(self, lane: str, owner: str, now: int, until: int) -> bool:
        return await self._call(self._inner.lease(lane, owner, now, until))

    async def release(self, lane: str, owner: str) -> None:
        await self._call(self._inner.release(lane, owner))

    async def leases(self, under: str) -> list[LeaseRecord]:
        return await self._call(self._inner.leases(under))

    def fault(self) -> str | None:
        return self._inner.fault()

    async def close(self) -> None:
        await self._call(self._inner.close())


class StoreInThreads(StoreAround):
    """A real store under `SimulatedLoop`: simulated time waits for its threads."""

    def __init__(self, inner: Store, loop: SimulatedLoop) -> None:
        super().__init__(inner)
        self._loop = loop

    async def _call(self, call: Call[T]) -> T:
        with self._loop.outside():
            return await call
