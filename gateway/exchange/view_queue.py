"""View of the queue: what waits, since when, and why it has not gone.

The pure half, `why`, is made of records alone and says what to do in words of the table of
codes; the reading half, `ViewQueue`, fetches them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from contracts.reasons import REASONS, Reason
from gateway.exchange.board import OLD_SECONDS, written_links
from gateway.exchange.holding import Subject
from gateway.exchange.link_status import LinkStatus
from gateway.ports import Store
from gateway.records import CaseRecord, Hold, MessageRecord, Ticket

CITY = "city"
"""How lanes to the city's own system begin, and under which name their state is written."""


class Because(Enum):
    """Why a message has not gone."""

    GIVEN_BACK = "given back; the partner is asked once more when its time is over"
    HELD = "held by an operator"
    BEHIND = "behind what is held, in the same case"
    DOWN = "no gateway of ours carries this lane now"
    PUT_OFF = "the partner takes it later"
    FAILING = "the last attempts failed"
    NEXT = "nothing stands in its way: it is about to go"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was last written of. `at`: Unix milliseconds."""

    at: int
    status: LinkStatus

    def is_old(self, now_ms: int) -> bool:
        return now_ms - self.at > OLD_SECONDS * 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One ticket and what is known of it. `message` comes without parts."""

    ticket: Ticket
    message: MessageRecord | None
    case: CaseRecord | None
    hold: Hold | None
    link: Link | None

    @property
    def is_front(self) -> bool:
        """Whether it is itself what is held, not only what stands behind."""
        return self.hold is not None and self.hold.position in {0, self.ticket.position}

    @property
    def code(self) -> str | None:
        """The code with which it, or its link, was last turned away."""
        if self.link is None:
            return None
        status = self.link.status
        return status.later.get(self.ticket.message_id) or status.last_code


def why(waiting: Waiting, now_ms: int) -> tuple[Because, Reason | None]:
    """Why it has not gone, and the entry of the table of codes where one says what to do."""
    hold, link = waiting.hold, waiting.link
    if hold is not None:
        if not waiting.is_front:
            return Because.BEHIND, None
        return (Because.GIVEN_BACK if hold.until is not None else Because.HELD), None
    if link is None or link.is_old(now_ms):
        return Because.DOWN, None
    if later := link.status.later.get(waiting.ticket.message_id):
        return Because.PUT_OFF, reason_of(later)
    if link.status.failures and link.status.last_code:
        return Because.FAILING, reason_of(link.status.last_code)
    return Because.NEXT, None


def reason_of(code: str) -> Reason:
    """The entry of a code; of one that a partner made up, that of a strange answer."""
    return REASONS.get(code, REASONS["link.answer"])


def link_key(lane: str) -> str:
    """Under which name the state of a lane's link is written."""
    return CITY if lane.startswith(CITY) else lane.removeprefix("partner/")


class ViewQueue:
    """Use case: look at lanes and links."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def links(self) -> dict[str, Link]:
        """By partner, and `CITY`."""
        found = await written_links(self._store)
        return {partner: Link(at, status) for partner, (at, status) in found.items()}

    async def lane(self, lane: str, limit: int) -> list[Waiting]:
        """The first of a lane, in order."""
        return await self._all(await self._store.tickets(lane, 0, limit))

    async def of(self, subject: Subject) -> list[Waiting]:
        """Where a message, or what is of a case, waits."""
        found = await self._store.tickets_of(subject.message_id or subject.case_id)
        mine = [t for t in found if subject.is_of(t) or not subject.message_id]
        return await self._all(mine)

    async def _all(self, tickets: Sequence[Ticket]) -> list[Waiting]:
        links, holds = await self.links(), await self._store.holds()
        cases = {case_id: await self._store.case(case_id) for case_id in _cases(tickets)}
        messages = {
            (message.sender, message.id): message
            for case_id in cases
            for message in await self._store.messages(case_id)
        }
        return [
            Waiting(
                ticket,
                messages.get((ticket.sender, ticket.message_id)),
                cases[ticket.case_id],
                _hold(ticket, holds),
                links.get(link_key(ticket.lane)),
            )
            for ticket in tickets
        ]


def _cases(tickets: Sequence[Ticket]) -> list[str]:
    return list(dict.fromkeys(ticket.case_id for ticket in tickets))


def _hold(ticket: Ticket, holds: Sequence[Hold]) -> Hold | None:
    """The one that keeps it: its own rather than one in front of it."""
    keeping = [hold for hold in holds if hold.keeps(ticket)]
    own = [hold for hold in keeping if hold.position == ticket.position]
    return next(iter([*own, *keeping]), None)
