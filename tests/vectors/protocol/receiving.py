"""Hands a request of the vectors to `receive`, over a store in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from contracts.case import Case, State
from gateway.exchange.home import Home
from gateway.exchange.receive import Receive
from gateway.ports import Verdict
from gateway.queues.embedded import EmbeddedQueue
from gateway.records import CaseRecord, Changes, Scope
from gateway.simulation.store import MemoryStore
from tests.vectors.protocol.cities import home


async def open_cases(store: MemoryStore, us: str, cases: Mapping[str, Sequence[str]]) -> None:
    """Cases that `us` submitted before: by id, the receiving and the handling city."""
    records = {
        case_id: CaseRecord(
            id=case_id,
            partner=handling,
            case=Case(id=case_id, receiving=us, handling=handling, state=State.SUBMITTED),
            sent=1,
            taken=0,
            number=case_id,
            opened_at=0,
            changed_at=0,
        )
        for case_id, (_, handling) in cases.items()
    }
    await store.apply(Scope(), lambda _: Verdict(Changes(cases=records), None))


class Receiver:
    """One member's `receive`, at one moment."""

    def __init__(self, code: str, now: datetime) -> None:
        self.home: Home = home(code, now)
        self.store = MemoryStore()
        queue = EmbeddedQueue(self.store, self.home.clock, owner="vectors")
        self._receive = Receive(self.home, self.store, queue, to_city=False)

    async def post(self, request: object) -> dict[str, Any]:
        """The reply. Raises what `receive` raises."""
        _, reply = await self._receive(orjson.dumps(request))
        answer: dict[str, Any] = orjson.loads(reply)
        return answer
