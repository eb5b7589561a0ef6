"""Hand over: what partners sent goes to the city's own system, in the city's own format.

Also the other way to hear from us: notices, when a message of the city came to nothing.
Partners take turns (`turns.py`), a few documents each. A case is in one lane for life, and a
lane is emptied in the order of commits, so a case reaches the city in order. A document
that cannot be written is an incident for the operator; the rest flow on.

Several processes share the lanes by the leases of `gateway.lanes`.
"""

import asyncio
import logging
import random
from collections.abc import Sequence

from adapters.adapter import Adapter, Draft
from contracts.errors import REASONS, DocumentRejected, TongbanError, Wrong
from contracts.messages import Kind
from gateway.exchange.backoff import Backoff
from gateway.exchange.holding import may_go
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.open_message import OpenMessage
from gateway.exchange.turns import Turns
from gateway.lanes import CITY_LEASES, city_lane, lease_of
from gateway.ports import Connector, Consumer, Notice, Queue, Store, always
from gateway.records import (
    CITY_LANE,
    Changes,
    Direction,
    Incident,
    MessageRecord,
    MessageState,
    Scope,
    Ticket,
)

_LOG = logging.getLogger("tongban.hand_over")
_A_TURN = 4
"""Documents that a lane may hand over before it is another's turn: few, so that nobody waits
long, and more than one, so that not every document costs a look around."""

_IDLE_SECONDS = 5.0  # without news
_SHARE_SECONDS = 0.5  # between two looks whether another process should have a lease of ours


class HandOver:
    """Use case: empty the city's lanes into the city's connector."""

    def __init__(
        self, home: Home, store: Store, queue: Queue, adapter: Adapter, connector: Connector
    ) -> None:
        self._home = home
        self._store = store
        self._queue = queue
        self._adapter = adapter
        self._connector = connector
        self._open = OpenMessage(home, store)
        self._backoff = Backoff(ceiling=30.0, uniform=random.SystemRandom().uniform)
        self._stopping = asyncio.Event()
        self._again = asyncio.Event()
        self.status = LinkStatus(CITY_LANE)
        self._turns = Turns()
        self._held: dict[str, Consumer] = {}
        self._changed = asyncio.Event()  # a lease came to us
        self._at_hand = asyncio.Lock()  # held while a document is handed over
        self._passed: dict[str, int] = {}
        """By lane, the position up to which every ticket is done or held."""

    def stop(self) -> None:
        """Finish the document at hand, take no more."""
        self._stopping.set()
        self._again.set()

    def wake(self) -> None:
        """Try again now: do not wait for the end of the pause."""
        self._again.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            holding = [tasks.create_task(self._hold(lease)) for lease in CITY_LEASES]
            await self._work()
            for task in holding:
                task.cancel()

    async def _hold(self, lease: str) -> None:
        """Be the one who hands over from these lanes, whenever it is for us to do so."""
        while True:
            async with self._queue.consume(lease) as consumer:
                self._held[lease] = consumer
                self._passed = {k: v for k, v in self._passed.items() if lease_of(k) != lease}
                self.status.carrying = True
                self._changed.set()
                try:
                    while consumer.held and not consumer.surplus:
                        await self._home.clock.sleep(_SHARE_SECONDS)
                finally:
                    del self._held[lease]
                    self.status.carrying = bool(self._held)
                async with self._at_hand:
                    pass  # the document at hand may be one of these lanes

    # --- turn by turn -------------------------------------------------------------------------

    async def _work(self) -> None:
        idle = 0  # turns in a row that came to nothing
        while not self._stopping.is_set():
            try:
                lanes = [lane for lane in await self._store.lanes(CITY_LANE) if self._ours(lane)]
                if idle >= len(lanes):
                    await self._news()
                    idle = 0
                if lanes:
                    idle = 0 if await self._turn(self._turns.next(lanes)) else idle + 1
            except TongbanError as error:
                await self._pause(error)

    def _ours(self, lane: str) -> bool:
        consumer = self._held.get(lease_of(lane))
        return consumer is not None and consumer.held

    async def _news(self) -> None:
        """Wait until there may be something to hand over."""
        waiting = [
            asyncio.ensure_future(waiting)
            for waiting in (
                self._stopping.wait(),
                self._changed.wait(),
                *(consumer.news(_IDLE_SECONDS) for consumer in self._held.values()),
            )
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        self._changed.clear()

    async def _turn(self, lane: str) -> bool:
        """Hand over the next documents of a lane; whether there was any to be handed over.

        Raises TongbanError when one does not go now: it is the first of the lane's next turn.
        """
        tickets = await self._next(lane, _A_TURN)
        limit = await self._limit(lane, tickets)
        done = False
        for ticket in tickets:
            async with self._at_hand:
                if self._stopping.is_set() or not self._ours(lane) or ticket.position > limit:
                    return done
                await self._finish(ticket)
                self._passed[lane] = ticket.position
                done = True
        return done

    async def _next(self, lane: str, limit: int) -> list[Ticket]:
        """The next tickets of a lane. One that is held was passed by: whoever lets it go issues
        it anew."""
        return await self._store.tickets(lane, self._passed.get(lane, 0), limit)

    async def _limit(self, lane: str, tickets: Sequence[Ticket]) -> float:
        """The position up to which tickets of a lane may go now.

        A case that came to this version and to an older one at the same time has tickets in
        two lanes: the one of older versions goes before whatever came later, and after what
        came earlier in its case.
        """
        if lane != CITY_LANE:
            older = await self._next(CITY_LANE, 1)
            return older[0].position if older else float("inf")
        for ticket in tickets:
            message = await self._store.message(ticket.sender, ticket.message_id)
            if message is None:
                continue
            partner = message.sender if message.direction is Direction.IN else message.receiver
            case = await self._store.case(ticket.case_id)
            before = await self._next(city_lane(partner, ticket.case_id, case), 1)
            if before and before[0].position < ticket.position:
                return ticket.position - 1
        return float("inf")

    async def _finish(self, ticket: Ticket) -> None:
        """The city has it, or it was found impossible to hand over; then the ticket goes."""
        if not await may_go(self._store, ticket):
            return
        incidents = await self._hand_over(ticket)
        changes = Changes(tickets_done=[ticket.position], incidents=incidents)
        await self._store.apply(Scope(), always(changes))
        self._backoff.succeeded()
        self.status.succeeded(self._home.clock.now(), 1)

    async def _pause(self, error: TongbanError) -> None:
        pause = self._backoff.failed()
        self.status.failed(error, self._home.clock.now())
        _LOG.warning("to the city: %s; next try in %.1f s", error, pause)
        if not self._stopping.is_set():
            self._again.clear()
        try:
            async with asyncio.timeout(pause):
                await self._again.wait()
        except TimeoutError:
            return

    async def _hand_over(self, ticket: Ticket) -> list[Incident]:
        message = await self._store.message(ticket.sender, ticket.message_id)
        if message is None:
            return []
        case = await self._store.case(message.case_id)
        number = case.number if case else None
        if message.direction is Direction.OUT:
            await self._connector.notify(_notice(message, number))
            return []
        try:
            return await self._write(message, number or message.case_id)
        except Wrong as error:
            return [self._incident(message, error)]
        except TongbanError:
            raise
        except Exception:
            _LOG.exception("message %s cannot be handed over", message.id)
            return [self._incident(message, TongbanError("see the log of the gateway"))]

    async def _write(self, message: MessageRecord, number: str) -> list[Incident]:
        opened = await self._open(message)
        application = None
        if opened.kind is not Kind.SUBMIT:
            application = await self._open.application(message.case_id)
        draft = Draft(number, opened.kind, opened.body, opened.files, application)
        written = self._adapter.write(draft)
        await self._connector.hand_over(message.id, written.documents)
        if not written.losses:
            return []
        lost = ", ".join(f"{loss.field} ({loss.why})" for loss in written.losses)
        error = DocumentRejected(f"not carried: {lost}", code="document.not_carried")
        return [self._incident(message, error)]

    def _incident(self, message: MessageRecord, error: TongbanError) -> Incident:
        return Incident(
            id=f"{message.sender}/{message.id}/{error.code}",
            at=self._home.now_ms(),
            code=error.code,
            partner=message.sender,
            detail=error.detail,
            where=error.where,
            message_id=message.id,
        )


def _notice(message: MessageRecord, number: str | None) -> Notice:
    """What the city is told about its own message."""
    if message.state is MessageState.TAKEN:
        return Notice(
            code="delivered.late",
            zh="报文在退回之后仍已送达",
            en="the message was taken after it had been given back",
            remedy_zh="撤销已采取的补救措施",
            remedy_en="undo what was done because it seemed lost",
            detail="a receipt came after the time was over",
            number=number,
            message_id=message.id,
            kind=message.kind,
        )
    code = message.reason or "envelope.expired"
    reason = REASONS.get(code, REASONS["internal"])
    return Notice(
        code=code,
        zh=reason.zh,
        en=reason.en,
        remedy_zh=reason.remedy_zh,
        remedy_en=reason.remedy_en,
        detail=f"{message.kind} to {message.receiver}: {message.state}{_doubt(message)}",
        number=number,
        message_id=message.id,
        kind=message.kind,
    )


def _doubt(message: MessageRecord) -> str:
    """Given up by a person while the partner may have it: its receipt is still asked for."""
    given_up = message.state is MessageState.EXPIRED and message.reason is not None
    return "; the partner may have taken it, a further notice will say so" if given_up else ""
