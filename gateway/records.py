"""What a store keeps, as plain values. The core makes them, a store writes them down.

Times are Unix milliseconds (int); identifiers are the texts of `contracts.ids`; digests and
leaf hashes are bytes. Nobody changes a record once it is made; those that are made for every
message are not `frozen` all the same, because that triples what making them costs.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.case import Case
from contracts.errors import Refusal

CITY_LANE = "city"


def partner_lane(member: str) -> str:
    """The lane of messages to one partner."""
    return f"partner/{member}"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class MessageState(StrEnum):
    """Where a message stands at this gateway."""

    QUEUED = "queued"  # out: no receipt yet
    TAKEN = "taken"
    REFUSED = "refused"
    EXPIRED = "expired"  # out: given back to the city; a late receipt still settles it
    RETURNED = "returned"  # out: taken back before anybody could have heard it


OPEN_STATES = frozenset({MessageState.QUEUED, MessageState.EXPIRED})
"""States of our own messages that a receipt may still settle."""

UNSAID_STATES = frozenset({MessageState.REFUSED, MessageState.RETURNED})
"""States of messages that change nothing in their case."""


@dataclass(slots=True)
class PartRecord:
    """One sealed part, in the envelope's order."""

    name: str
    media_type: str
    sealed: bytes


@dataclass(slots=True)
class MessageRecord:
    """A message, sent or received, with its exact envelope.

    `id` is the message id; for an envelope that could not be read it is the hex leaf hash.
    `seal_id` and `position` say which leaf of which batch seal proves it.
    """

    id: str
    sender: str
    receiver: str
    direction: Direction
    case_id: str
    kind: str
    sequence: int
    state: MessageState
    envelope: bytes
    digest: bytes
    recorded_at: int
    expires_at: int
    seal_id: str | None = None
    position: int | None = None
    receipt: bytes | None = None
    reason: str | None = None
    parts: Sequence[PartRecord] = ()

    def judged(
        self, state: MessageState, receipt: bytes, reason: str | None, at: int
    ) -> "MessageRecord":
        """The record as it is kept once its fate is known, `at` Unix milliseconds."""
        return MessageRecord(
            self.id,
            self.sender,
            self.receiver,
            self.direction,
            self.case_id,
            self.kind,
            self.sequence,
            state,
            self.envelope,
            self.digest,
            at,
            self.expires_at,
            self.seal_id,
            self.position,
            receipt,
            reason,
            self.parts,
        )


@dataclass(slots=True)
class Settlement:
    """What a receipt says of a message that we sent."""

    message_id: str
    state: MessageState
    seal_id: str
    position: int
    receipt: bytes
    reason: str | None
    at: int


class SealOf(StrEnum):
    BATCH = "batch"
    RECEIPTS = "receipts"


def seal_id(token: str) -> str:
    """What a seal is kept under: the SHA-256 of its text, so that nobody can reuse an id."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(slots=True)
class SealRecord:
    """A seal that we gave or got. `leaves` are the leaf hashes, 32 bytes each, in order:
    the path of any message is computed from them when somebody asks."""

    id: str
    of: SealOf
    issuer: str
    audience: str
    token: str
    leaves: bytes
    at: int


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """The secret of an epoch of ours, wrapped to ourselves: what we sent stays readable.

    `id` is the text in the envelope (`sealing.secret`); `key` names our opening key.
    """

    id: str
    key: str
    wrapped: bytes


@dataclass(slots=True)
class CaseRecord:
    """A case and its two counters.

    `case` is None when its submission was refused: the counters go on all the same.
    `sent` is the last sequence that we gave, `taken` the last of the partner's that we
    judged. `number` is what this city's own system calls the case. `bucket` names its lane to
    that system (`gateway.lanes`); a store keeps the first one, whatever is written later.
    """

    id: str
    partner: str
    case: Case | None
    sent: int
    taken: int
    number: str | None
    opened_at: int
    changed_at: int
    bucket: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A message that came before those it follows: the record it will be, unjudged.

    `refusal` is what its content alone already deserves, once its turn has come.
    """

    message: MessageRecord
    refusal: Refusal | None
    arrived_at: int

    @property
    def names(self) -> list[tuple[str, str]]:
        """Where it may be on record already: under its id, or set aside under its leaf hash."""
        sender = self.message.sender
        return [(sender, self.message.id), (sender, self.message.digest.hex())]


@dataclass(slots=True)
class Ticket:
    """A place in a lane: this message is to be sent, or handed to the city.

    `position` grows with the order of commits and is given by the store.
    """

    lane: str
    message_id: str
    sender: str
    case_id: str
    at: int
    size: int = 0  # bytes on the wire, near enough to close a batch by
    position: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """An operator's word that a message, or a whole case, waits.

    In `lane` the tickets of the case wait from `position` on, the message's own and all behind
    it. For a whole case `lane` and `message_id` are empty and `position` is 0: every lane. The
    hold of a message is known by its position; `waits` says whether that ticket is still there.
    `until`: Unix milliseconds after which the hold is over by itself.
    """

    case_id: str
    lane: str
    position: int
    sender: str
    message_id: str
    at: int
    by: str
    reason: str
    until: int | None = None
    waits: bool = True

    @property
    def key(self) -> tuple[str, int]:
        return self.case_id, self.position

    def keeps(self, ticket: Ticket) -> bool:
        """Whether this ticket must not go. Whether the hold is over does not matter: until
        its end is written down, nothing may overtake what waited."""
        return (
            ticket.case_id == self.case_id
            and self.lane in {"", ticket.lane}
            and ticket.position >= self.position
        )


@dataclass(frozen=True, slots=True)
class Note:
    """What processes and commands of one gateway tell each other: the last word under a key.

    Nothing depends on it; whoever reads it, judges by `at` (Unix milliseconds) whether it is old.
    """

    key: str
    at: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message of ours that a person gave up: RETURNED when nobody can have heard it, else
    EXPIRED. Only what holds no receipt becomes so."""

    message_id: str
    state: MessageState
    reason: str


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who holds a lease, or held it last, and until when."""

    lane: str
    owner: str
    until: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something an operator must see: an alarm, or bytes that could not be used, kept."""

    id: str
    at: int
    code: str
    partner: str | None
    detail: str
    where: dict[str, str] = field(default_factory=dict)
    message_id: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule must see before it decides."""

    messages: Sequence[tuple[str, str]] = ()  # (sender, id)
    cases: Sequence[str] = ()
    numbers: Sequence[str] = ()  # cases by this city's own number
    intakes: Sequence[str] = ()
    # Partners whose waiting rooms are looked at, with what is known under the ids there:
    waiting_of: Sequence[str] = ()
    history: Sequence[str] = ()  # cases whose messages are needed, all of them
    tickets: Sequence[int] = ()  # positions: which of them still stand in their lane
    tickets_of: Sequence[str] = ()  # cases, in every lane; looks through all that waits
    holds: Sequence[str] = ()  # cases


@dataclass(slots=True)
class Known:
    """What is known of a message that came before."""

    digest: bytes
    state: MessageState
    receipt: bytes | None


@dataclass(slots=True)
class Snapshot:
    """What the store holds within a scope. Maps lack what the store lacks."""

    messages: dict[tuple[str, str], Known] = field(default_factory=dict)
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    numbers: dict[str, CaseRecord] = field(default_factory=dict)
    intakes: frozenset[str] = frozenset()
    # By partner and case: another partner may have used the id of a case that is not its own.
    waiting: dict[tuple[str, str], list[WaitingRecord]] = field(default_factory=dict)
    history: dict[str, list[MessageRecord]] = field(default_factory=dict)  # without parts
    waiting_count: dict[str, int] = field(default_factory=dict)  # by partner
    waiting_bytes: dict[str, int] = field(default_factory=dict)  # by partner, as they are kept
    standing: frozenset[int] = frozenset()  # of the positions that were asked for
    tickets: dict[int, Ticket] = field(default_factory=dict)  # of cases, by position, in order
    holds: dict[str, list[Hold]] = field(default_factory=dict)  # by case


@dataclass(slots=True)
class Changes:
    """What one transaction writes: all of it, or nothing."""

    cases: dict[str, CaseRecord] = field(default_factory=dict)
    messages: list[MessageRecord] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)  # ids of our own messages
    seals: list[SealRecord] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    tickets_done: list[int] = field(default_factory=list)
    waiting: list[WaitingRecord] = field(default_factory=list)
    waiting_over: list[tuple[str, str]] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    intakes: list[str] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)
    reissued: list[int] = field(default_factory=list)
    """Positions whose tickets go to the end of their lane, in this order, with their holds."""
    holds: list[Hold] = field(default_factory=list)  # what is held already stays as it is
    holds_over: list[tuple[str, int]] = field(default_factory=list)  # keys
    notes: list[Note] = field(default_factory=list)

    def add(self, others: "Changes") -> None:
        """What others write as well; they touch none of the same cases and messages."""
        self.cases.update(others.cases)
        self.messages += others.messages
        self.settlements += others.settlements
        self.expired += others.expired
        self.seals += others.seals
        self.tickets += others.tickets
        self.tickets_done += others.tickets_done
        self.waiting += others.waiting
        self.waiting_over += others.waiting_over
        self.incidents += others.incidents
        self.intakes += others.intakes
        self.epochs += others.epochs
        self.given_up += others.given_up
        self.reissued += others.reissued
        self.holds += others.holds
        self.holds_over += others.holds_over
        self.notes += others.notes
