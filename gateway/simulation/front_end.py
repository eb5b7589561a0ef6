"""A city's own system in memory: a connector that can fail, an adapter that was told all."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.adapter import Document, Draft, Loss, Written
from contracts.errors import DocumentRejected, StoreUnavailable, TongbanError
from gateway.ports import Arrival, Notice


@dataclass(slots=True)
class MemoryConnector:
    """A `Connector` whose far side is open to see.

    `offered` holds what the city gave; it stays there until accepted or rejected, as a file
    stays in a folder. While `broken`, every call fails as a share does that is not mounted.
    """

    offered: dict[str, Document] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    rejected: dict[str, Notice] = field(default_factory=dict)
    handed_over: dict[str, list[Document]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    broken: bool = False
    first_accepted: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, key: str, data: bytes) -> None:
        """The city puts a document where we find it."""
        self.offered[key] = Document(key, "application/octet-stream", data)

    async def arrivals(self, wait: float) -> list[Arrival]:
        await self._reach()
        if not self.offered:
            await asyncio.sleep(wait)
        return [Arrival(key, document) for key, document in self.offered.items()]

    async def accept(self, arrival: Arrival) -> None:
        await self._reach()
        self.offered.pop(arrival.key, None)
        self.accepted.append(arrival.key)
        self.first_accepted.set()

    async def reject(self, arrival: Arrival, notice: Notice) -> None:
        await self._reach()
        self.offered.pop(arrival.key, None)
        self.rejected[arrival.key] = notice

    async def hand_over(self, message_id: str, documents: Sequence[Document]) -> None:
        await self._reach()
        self.handed_over[message_id] = list(documents)

    async def notify(self, notice: Notice) -> None:
        await self._reach()
        self.notices.append(notice)

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise StoreUnavailable("the city's share is not mounted")


@dataclass(slots=True)
class ToldAdapter:
    """An `Adapter` that was told what each document says: no format stands between.

    What it is to raise, it raises; `losses` are reported for every document it writes.
    """

    city: str
    says: dict[bytes, Sequence[Draft] | TongbanError] = field(default_factory=dict)
    losses: Sequence[Loss] = ()
    cannot_write: TongbanError | None = None
    written: list[Draft] = field(default_factory=list)

    def read(self, document: bytes) -> list[Draft]:
        said = self.says.get(document, DocumentRejected("nobody told what this says"))
        if isinstance(said, TongbanError):
            raise said
        return list(said)

    def write(self, draft: Draft) -> Written:
        if self.cannot_write is not None:
            raise self.cannot_write
        self.written.append(draft)
        name = f"{draft.number}-{draft.kind}.json"
        return Written((Document(name, "application/json", draft.body.to_json()),), self.losses)
