"""Every port of the gateway. The core of the exchange knows these and nothing else.

Each docstring says what an implementation owes; `tests/ports/` holds one suite a port and
runs it on every implementation.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from adapters.adapter import Document
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

T = TypeVar("T")


class Clock(Protocol):
    """Time, so that a simulation can bring its own."""

    def now(self) -> datetime:
        """The time of day, in UTC, with offset."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary zero."""

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T]):
    """What a rule decided: what to write, and what to tell its caller."""

    changes: Changes
    answer: T


def always(changes: Changes) -> Callable[[Snapshot], Verdict[None]]:
    """A rule for what is to be written whatever the store holds."""
    return lambda _snapshot: Verdict(changes, None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for one partner, or for the city.

    `about`: there are so many that `depth` is an estimate. `oldest_at` is of the oldest
    ticket near the head of the lane, in Unix milliseconds.
    """

    lane: str
    depth: int
    oldest_at: int | None
    held: int = 0  # of `depth`, what an operator holds back
    about: bool = False


class Store(Protocol):
    """The truth. Durable: what `apply` returned survives the loss of process and power.

    Raises StoreUnavailable (`store.unavailable`, `store.full`) from every method when it
    cannot do its work; then nothing of the call was kept. Only with `store.in_doubt` that is
    not known: whoever tries again is answered as for a duplicate where it was.
    """

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        """One transaction: show `rule` what `scope` names, write what it decides, commit.

        No other transaction writes anything within the scope in between. `rule` is pure
        and quick; it may be called again when the store has to start over. What it raises
        passes through, and nothing is kept. Tickets get positions in the order of commits.
        """

    async def tickets(self, lane: str, after: int, limit: int) -> list[Ticket]:
        """The next tickets of a lane beyond position `after`, in order."""

    async def outgoing(
        self, ids: Sequence[str]
    ) -> list[tuple[MessageRecord, Sequence[PartRecord]]]:
        """Our own messages with their parts, in the order of `ids`; unknown ones left out."""

    async def message(self, sender: str | None, message_id: str) -> MessageRecord | None:
        """One message with its parts; `sender` None: whoever sent it."""

    async def archive_of(self, recorded_at: int) -> str | None:
        """The name of the archive that the parts of messages recorded at that time are in.

        None while they are in the store: what is missing there is missing.
        """

    async def messages(self, case_id: str) -> list[MessageRecord]:
        """All messages of a case in the order they were recorded, without parts."""

    async def case(self, case_id: str) -> CaseRecord | None: ...

    async def case_by_number(self, number: str) -> CaseRecord | None: ...

    async def cases(self, *, before: CaseRecord | None, limit: int) -> list[CaseRecord]:
        """The cases last changed, newest first; `before`, the last of a page, pages on."""

    async def seal(self, seal_id: str) -> SealRecord | None: ...

    async def seal_over(self, leaf: bytes, issuer: str, since: int) -> SealRecord | None:
        """The first seal of `issuer`, not older than `since`, that covers a leaf hash."""

    async def seals_of(self, issuer: str, since: int, limit: int) -> list[SealRecord]:
        """Seals of `issuer` that were recorded at `since` or later, the oldest first."""

    async def epoch(self, epoch_id: str) -> EpochRecord | None:
        """Our own copy of an epoch's secret."""

    async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
        """Our queued messages whose time is over, oldest first, without parts."""

    async def waiting_expired(self, now: int, limit: int) -> list[MessageRecord]:
        """Messages in the waiting room whose time is over, without parts."""

    async def tickets_of(self, name: str) -> list[Ticket]:
        """Where a message or a case, named by its id, waits: in all lanes, in order."""

    async def holds(self) -> list[Hold]:
        """What operators hold, the oldest first."""

    async def notes(self, prefix: str) -> list[Note]:
        """The notes whose keys begin so, by key."""

    async def backlog(self) -> list[Backlog]:
        """Depth and age of every lane that has tickets, in milliseconds however many.

        Exact up to some thousands a lane.
        """

    async def lanes(self, under: str) -> list[str]:
        """The lanes that have tickets, `under` itself or below it (`under/…`). Quick, however
        many tickets there are."""

    async def last_heard(self, issuer: str) -> int | None:
        """When a seal of `issuer` was last kept, Unix milliseconds."""

    async def incidents(self, *, limit: int) -> list[Incident]:
        """The newest incidents first, without their content."""

    async def incident(self, incident_id: str) -> Incident | None:
        """One incident with its content."""

    async def incident_counts(self) -> dict[str, int]:
        """How many incidents are kept, by code."""

    async def lease(self, lane: str, owner: str, now: int, until: int) -> bool:
        """Become, or remain, the one consumer of a lane until a time; False: it is taken.

        A lease that ends later than two such leases would was given under a clock that has
        been set back since: it keeps nobody out. A store that several machines share goes by
        its own time where theirs (`now`, `until`: Unix milliseconds) is seconds off.
        """

    async def release(self, lane: str, owner: str) -> None:
        """Give up a lease; not an error when there is none."""

    async def leases(self, under: str) -> list[LeaseRecord]:
        """All leases below `under` (`under/…`), also those that ran out and were not taken
        by another."""

    def fault(self) -> str | None:
        """The code of the last commit when it failed for the store's own sake; else None.

        Reading may go on while nothing can be written. What is wrong with a transaction
        itself is no fault of the store.
        """

    async def close(self) -> None: ...


class Consumer(Protocol):
    """The one consumer of a lane, or of the lanes below one (`gateway.lanes`)."""

    @property
    def held(self) -> bool:
        """Whether the lane is still ours; when it was lost, it may be so again."""

    @property
    def surplus(self) -> bool:
        """Whether this process holds more lanes of the kind than its share: let go of this
        one when nothing of it is under way."""

    async def news(self, wait: float) -> None:
        """Returns when there may be new tickets: when somebody says so, when it is time to
        look without being told, or after `wait` seconds."""

    async def take(self, limit: int, wait: float) -> list[Ticket]:
        """Up to `limit` tickets not taken before, in order; waits up to `wait` seconds for
        the first. Returns what it has when there is none.

        Raises StoreUnavailable when the lane was lost to another consumer.
        """

    async def done(self, tickets: Sequence[Ticket]) -> None:
        """These are finished: their deletion is part of the transaction that finished them."""

    async def put_back(self, tickets: Sequence[Ticket]) -> None:
        """These were not finished: `take` gives them again, in their old order."""


class Queue(Protocol):
    """The road from a commit to whoever acts on it. The store can fill it again at any time."""

    async def announce(self, lanes: Collection[str]) -> None:
        """There are new tickets in these lanes. Called after the commit that made them, so
        it never fails and waits for nobody."""

    def consume(self, lane: str) -> AbstractAsyncContextManager[Consumer]:
        """Wait until nobody else consumes the lane, then be its consumer.

        When a consumer dies, another takes over within seconds, from the first ticket
        that is not done.
        """

    async def check(self) -> None:
        """Try everything that the queue needs. Raises QueueUnavailable when it is not there."""

    def connected(self) -> bool | None:
        """Whether the broker is there now; None: there is none to connect to."""

    async def rebuild(self) -> list[Backlog]:
        """Fill the queue again from the store; what the store has waiting.

        May be called at any time, while others consume. Raises StoreUnavailable, and
        QueueUnavailable when a broker cannot be reached.
        """

    async def close(self) -> None:
        """Get out what was announced, if that can be done within seconds, and let go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner's gateway answered."""

    status: int
    body: bytes
    retry_after: float | None = None


class Link(Protocol):
    """The way to one partner's gateway."""

    async def post(self, path: str, body: bytes) -> Answer:
        """Send a request, return the whole answer, within the link's limits.

        Raises PartnerUnreachable when there is no complete answer, for whatever reason:
        the request may or may not have been acted upon. It is `timed_out` when less might
        have passed in the time.
        """


class Meter(Protocol):
    """Counts what an operator watches. Never raises."""

    def received(self, partner: str, result: str, count: int) -> None:
        """So many messages of a partner were answered with a result."""

    def settled(self, partner: str, outcome: str, seconds: float) -> None:
        """A receipt settled one of our messages, `seconds` after it was recorded."""

    def rejected(self, code: str) -> None:
        """A batch or reply was not used at all."""

    def limited(self, partner: str, code: str) -> None:
        """A partner was told that it sends too much."""


class TrustMeter(Protocol):
    """Counts what mirrors of the federation do. Never raises."""

    def trust_refused(self, mirror: str, code: str) -> None:
        """What a mirror gave was not taken, or what a member published there."""


class Mirror(Protocol):
    """Somebody's copy of the federation. It is trusted with nothing but to be there."""

    @property
    def name(self) -> str:
        """As an operator knows it: its address."""

    async def read(self, path: str, limit: int) -> bytes | None:
        """The file `path` of its repository, None when it has none of that name.

        Raises TrustRefused (trust.oversized) rather than read more than `limit` bytes, and
        TrustUnavailable (trust.mirror_unreachable), in bounded time.
        """

    async def close(self) -> None:
        """Give its connections back."""


class Signer(Protocol):
    """Signs in this city's name. May be a token that takes milliseconds."""

    @property
    def kid(self) -> str: ...

    async def sign(self, payload: bytes, typ: str) -> str:
        """A compact JWS over `payload` whose header says `typ`."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document from the city's own system. `key` names it once and for all."""

    key: str
    document: Document


@dataclass(frozen=True, slots=True)
class Notice:
    """What the city's system is told when a document or message of its own came to nothing."""

    code: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    detail: str
    number: str | None = None
    message_id: str | None = None
    kind: str | None = None


class Connector(Protocol):
    """The way to the city's own system."""

    async def arrivals(self, wait: float) -> list[Arrival]:
        """Complete documents that are not yet accepted or rejected; waits for the first."""

    async def accept(self, arrival: Arrival) -> None:
        """Its content is committed. After a crash in between it arrives again: same key."""

    async def reject(self, arrival: Arrival, notice: Notice) -> None:
        """It cannot be used: set it aside with the reason."""

    async def hand_over(self, message_id: str, documents: Sequence[Document]) -> None:
        """Give documents to the city. The same message may come again: same effect."""

    async def notify(self, notice: Notice) -> None: ...
