"""Hand over: what partners sent goes to the city's own system, in the city's own format.

Also the other way to hear from us: notices, when a message of the city came to nothing.
One consumer, in the order of commits, so a case reaches the city in order. A document that
cannot be written is an incident for the operator; the rest flow on.
"""

import asyncio
import logging
import random

from adapters.adapter import Adapter, Draft
from contracts.errors import REASONS, DocumentRejected, TongbanError, Wrong
from contracts.messages import Kind
from gateway.exchange.backoff import Backoff
from gateway.exchange.holding import may_go
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.open_message import OpenMessage
from gateway.ports import Connector, Notice, Queue, Store, always
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
_AT_ONCE = 64


class HandOver:
    """Use case: empty the city's lane into the city's connector."""

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

    def stop(self) -> None:
        """Finish the document at hand, take no more."""
        self._stopping.set()
        self._again.set()

    def wake(self) -> None:
        """Try again now: do not wait for the end of the pause."""
        self._again.set()

    async def run(self) -> None:
        async with self._queue.consume(CITY_LANE) as consumer:
            self.status.carrying = True
            while not self._stopping.is_set():
                try:
                    tickets = await consumer.take(_AT_ONCE, wait=0.5)
                    for ticket in tickets:
                        await self._until_done(ticket)
                    await consumer.done(tickets)
                except asyncio.CancelledError:
                    raise
                except TongbanError as error:
                    await self._pause(error)

    async def _until_done(self, ticket: Ticket) -> None:
        """Try one ticket until it is handed over, or found impossible to hand over."""
        while not self._stopping.is_set():
            try:
                if not await may_go(self._store, ticket):
                    return  # whoever lets it go issues it anew
                incidents = await self._hand_over(ticket)
                changes = Changes(tickets_done=[ticket.position], incidents=incidents)
                await self._store.apply(Scope(), always(changes))
            except TongbanError as error:
                await self._pause(error)
            else:
                self._backoff.succeeded()
                self.status.succeeded(self._home.clock.now(), 1)
                return

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
