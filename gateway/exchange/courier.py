"""Courier: carries the messages of one lane to one partner, for as long as it takes.

One courier a partner, so a dead partner delays nobody else. It keeps a few batches in
flight, keeps each message until it holds the receipt, and backs off when the partner does
not answer; a message arriving from that partner wakes it, in whatever process it arrives. A
partner that says it is sent too much gets less, at an even pace (`pacer.py`).
"""

import asyncio
import logging
import random
from collections.abc import Sequence

from pydantic import ValidationError

from contracts.errors import PartnerUnreachable, TongbanError
from contracts.wire import Problem
from gateway.exchange.backoff import Backoff
from gateway.exchange.holding import going, scope_of
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus, printable
from gateway.exchange.pace import Pace
from gateway.exchange.pacer import Pacer
from gateway.exchange.pack import Outgoing, Packed, pack
from gateway.exchange.settle import Settled, read_reply, settlement, settling
from gateway.exchange.window import Window
from gateway.ports import Answer, Consumer, Link, Queue, Store, Verdict, always
from gateway.records import (
    OPEN_STATES,
    Changes,
    Scope,
    Snapshot,
    Ticket,
    partner_lane,
)

BATCHES_PATH = "/exchange/v1/batches"
_LOG = logging.getLogger("tongban.courier")
_TOO_LARGE = {"request.too_large", "batch.too_many", "batch.too_complex"}
_TOO_MANY_REQUESTS = 429  # whoever says it, and with whatever body
_LATER_PAUSE = 1.0  # seconds before a message that was not taken yet is offered again
_SLOW_PAUSE = 1.0  # seconds, when the partner does not say how long
_PROBLEM_BYTES = 64 * 1024  # what a gateway says of an error is far smaller
_WATCH_SECONDS = 1.0  # between two looks at what other processes know


class _SlowDownError(PartnerUnreachable):
    """The partner is there, and wants less of us."""


class Courier:
    """Carries one lane. `run` until cancelled or `stop`ped."""

    def __init__(
        self,
        home: Home,
        store: Store,
        queue: Queue,
        link: Link,
        partner: str,
        *,
        pace: Pace,
        to_city: bool,
        uniform: random.Random | None = None,
    ) -> None:
        self._home = home
        self._store = store
        self._queue = queue
        self._link = link
        self._partner = partner
        self._pace = pace
        self._to_city = to_city
        self._window = self._new_window()
        self._backoff = Backoff(
            base=pace.backoff_base,
            ceiling=pace.backoff_ceiling,
            uniform=(uniform or random.SystemRandom()).uniform,
        )
        self._pacer = Pacer()
        self._paused_until = 0.0
        self._failed_at = 0  # Unix milliseconds
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._stopping = False
        self._leaving = False
        self.waiting = True
        """Another process carries the lane."""
        self.status = LinkStatus(partner)

    def wake(self) -> None:
        """The partner is there after all: do not wait for the end of the pause."""
        self._paused_until = 0.0
        self._changed.set()

    def stop(self) -> None:
        """Finish what is in flight, take no more."""
        self._stopping = True
        self._changed.set()
        self._room.set()

    async def run(self) -> None:
        """Carry, whenever the lane is ours, until `stop`; returns when nothing is in flight."""
        while not self._stopping:
            lane = self._queue.consume(partner_lane(self._partner))
            async with lane as consumer, asyncio.TaskGroup() as tasks:
                self.waiting = self._leaving = False
                self.status.carrying = True
                self._window = self._new_window()
                beside = [
                    tasks.create_task(self._feed(consumer)),
                    tasks.create_task(self._watch(consumer)),
                ]
                await self._dispatch(consumer, tasks)
                for task in beside:
                    task.cancel()
            self.waiting = True
            self.status = LinkStatus(self._partner)  # how the link is, another process knows

    def _new_window(self) -> Window:
        pace = self._pace
        return Window(
            batch_count=pace.batch_count,
            batch_bytes=pace.batch_bytes,
            batch_age=pace.batch_age,
        )

    async def _watch(self, consumer: Consumer) -> None:
        """What cannot be heard in this process: another one should carry the lane, or does
        already, or the partner that we wait for was heard by another."""
        while True:
            await self._home.clock.sleep(_WATCH_SECONDS)
            if consumer.surplus or not consumer.held:
                self._leaving = True
                self._changed.set()
                return
            if self._paused_until - self._home.clock.monotonic() > _WATCH_SECONDS:
                await self._ask_whether_heard()

    async def _ask_whether_heard(self) -> None:
        try:
            heard = await self._store.last_heard(self._partner)
        except TongbanError:
            return
        if heard is not None and heard > self._failed_at:
            self.wake()

    # --- from the lane into the window -----------------------------------------------------

    async def _feed(self, consumer: Consumer) -> None:
        room = self._pace.batch_count * (self._pace.in_flight + 1)
        while True:
            if self._window.waiting >= room:
                self._room.clear()
                await self._room.wait()
                continue
            try:
                tickets = await consumer.take(room - self._window.waiting, wait=1.0)
                self.status.carrying = True
            except TongbanError as error:
                self.status.carrying = False  # nothing can be read, or another process has it
                self.status.failed(error, self._home.clock.now())
                await self._home.clock.sleep(1.0)
                continue
            if tickets:
                self._window.offer(tickets, self._home.clock.monotonic())
                self._changed.set()

    # --- from the window to the partner ------------------------------------------------------

    async def _dispatch(self, consumer: Consumer, tasks: asyncio.TaskGroup) -> None:
        flights: set[asyncio.Task[None]] = set()
        while not (self._stopping or self._leaving):
            self._changed.clear()
            pause = self._launch(consumer, tasks, flights)
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                continue
        if flights:
            await asyncio.wait(flights)

    def _launch(
        self, consumer: Consumer, tasks: asyncio.TaskGroup, flights: set[asyncio.Task[None]]
    ) -> float | None:
        """Start what may start; return the seconds after which to look again."""
        now = self._home.clock.monotonic()
        if now < self._paused_until:
            return self._paused_until - now
        allowed = self._pace.in_flight if not self._backoff.failures else 1
        while len(flights) < allowed:
            if wait := self._pacer.wait(now):
                return wait
            batch = self._window.next_batch(now, self._pacer.most(self._pace.batch_count))
            if not batch:
                return self._window.next_change(now)
            self._pacer.launched(len(batch), now)
            self._room.set()
            flight = tasks.create_task(self._fly(consumer, batch))
            flights.add(flight)
            flight.add_done_callback(flights.discard)
            flight.add_done_callback(lambda _: self._changed.set())
        return None

    async def _fly(self, consumer: Consumer, batch: Sequence[Ticket]) -> None:
        """One batch there and back. Whatever goes wrong, no ticket is lost."""
        again: Sequence[Ticket] = batch
        launched_at = self._home.clock.monotonic()
        try:
            again = await self._carry(consumer, batch)
        except _SlowDownError as error:
            self._slow_down(error, launched_at)
        except TongbanError as error:
            if getattr(error, "timed_out", False):
                self._shrink(len(batch))
            self._failed(error)
        except Exception:
            _LOG.exception("a batch to %s failed in a way nobody foresaw", self._partner)
            self._failed(TongbanError("see the log of the gateway"))
        finally:
            self._window.landed(batch)
            self._window.offer(again, self._home.clock.monotonic())

    async def _carry(self, consumer: Consumer, batch: Sequence[Ticket]) -> list[Ticket]:
        """Returns the tickets that must go again."""
        while True:
            open_ones, over = await self._open_ones(batch)
            if over:
                await self._write(Changes(tickets_done=[ticket.position for ticket in over]))
                await consumer.done(over)
            if not open_ones:
                return []
            packed = await pack(self._home, self._partner, [pair for _, pair in open_ones])
            tickets = {ticket.message_id: ticket for ticket, _ in open_ones}
            # What we say is on our record before anybody hears it.
            batch = await self._record(packed, list(tickets.values()))
            if len(batch) == len(tickets):
                break
        asked = self._home.clock.monotonic()
        answer = await self._link.post(BATCHES_PATH, packed.body)
        self.status.took(self._home.clock.monotonic() - asked)
        settled = read_reply(self._home, self._partner, packed, self._body(answer))
        await self._settle(consumer, packed, settled, tickets)
        self._succeeded(settled)
        return self._deferred(settled, tickets)

    async def _open_ones(
        self, batch: Sequence[Ticket]
    ) -> tuple[list[tuple[Ticket, Outgoing]], list[Ticket]]:
        """What a receipt may still settle, in order, and the tickets of the rest."""
        tickets = {ticket.message_id: ticket for ticket in batch}
        outgoing = await self._store.outgoing(list(tickets))
        open_ones = [
            (tickets[pair[0].id], pair) for pair in outgoing if pair[0].state in OPEN_STATES
        ]
        going_ids = {ticket.message_id for ticket, _ in open_ones}
        return open_ones, [ticket for ticket in batch if ticket.message_id not in going_ids]

    async def _record(self, packed: Packed, tickets: list[Ticket]) -> list[Ticket]:
        """The tickets that may go; when these are all, the batch's seal is on record.

        The others are held, or were taken out of the lane, and are forgotten here: whoever
        lets them go issues them anew.
        """

        def rule(snapshot: Snapshot) -> Verdict[list[Ticket]]:
            may_go = going(tickets, snapshot)
            all_go = len(may_go) == len(tickets)
            return Verdict(Changes(seals=[packed.tree.record] if all_go else []), may_go)

        return await self._store.apply(scope_of(tickets), rule)

    async def _settle(
        self, consumer: Consumer, packed: Packed, settled: Settled, tickets: dict[str, Ticket]
    ) -> None:
        us, now = self._home.code, self._home.now_ms()

        def rule(snapshot: Snapshot) -> Verdict[Changes]:
            changes = settlement(packed, settled, tickets, snapshot, now=now, to_city=self._to_city)
            return Verdict(changes, changes)

        changes = await self._store.apply(settling(us, settled, now), rule)
        await consumer.done([tickets[message.id] for message, _, _ in settled.receipts])
        await self._queue.announce({ticket.lane for ticket in changes.tickets})

    async def _write(self, changes: Changes) -> None:
        await self._store.apply(Scope(), always(changes))

    # --- what came back ---------------------------------------------------------------------

    def _body(self, answer: Answer) -> bytes:
        """The body of a good answer. Raises _SlowDownError, or PartnerUnreachable for any other."""
        if answer.status == 200:
            return answer.body
        code, detail, trace = _problem(answer)
        if code in _TOO_LARGE:
            self._shrink(self._window.batch_count)
        kind = _SlowDownError if answer.status == _TOO_MANY_REQUESTS else PartnerUnreachable
        raise kind(
            f"answered {answer.status} {code}: {detail}",
            code="link.answer",
            retry_after=answer.retry_after,
            partner=self._partner,
            answer=code,
            trace=trace,
        )

    def _shrink(self, count: int) -> None:
        """So many were too many at once; a link of a few KiB a second takes one after another."""
        self._window.batch_count = max(1, min(self._window.batch_count, count // 2))

    def _succeeded(self, settled: Settled) -> None:
        self._backoff.succeeded()
        self.status.succeeded(self._home.clock.now(), len(settled.receipts))
        self._pacer.succeeded(len(settled.receipts), self._home.clock.monotonic())
        self.status.pace = self._pacer.rate
        if self._window.batch_count < self._pace.batch_count:
            self._window.batch_count += 1
        now = self._home.now_ms()
        for message, receipt, _ in settled.receipts:
            seconds = (now - message.recorded_at) / 1000
            self._home.meter.settled(self._partner, receipt.outcome, seconds)

    def _slow_down(self, error: _SlowDownError, launched_at: float) -> None:
        pause = min(error.retry_after or _SLOW_PAUSE, self._pace.backoff_ceiling)
        self._pacer.slowed(launched_at, self._home.clock.monotonic(), pause)
        self.status.pace = self._pacer.rate
        self.status.note(error.where["answer"], error.detail)
        self._home.meter.rejected(error.code)
        _LOG.info("to %s: %s; from now on %.1f/s", self._partner, error, self._pacer.rate)

    def _failed(self, error: TongbanError) -> None:
        pause = self._backoff.failed(getattr(error, "retry_after", None))
        self._paused_until = self._home.clock.monotonic() + pause
        self._failed_at = self._home.now_ms()
        self.status.failed(error, self._home.clock.now())
        self._home.meter.rejected(error.code)
        _LOG.warning("to %s: %s; next try in %.1f s", self._partner, error, pause)

    def _deferred(self, settled: Settled, tickets: dict[str, Ticket]) -> list[Ticket]:
        until = self._home.clock.monotonic() + _LATER_PAUSE
        for later in settled.later:
            self._window.defer(later.message.case_id, until)
            self.status.put_off(later.message.id, later.code, later.detail)
        return [tickets[later.message.id] for later in settled.later]


def _problem(answer: Answer) -> tuple[str, str, str | None]:
    """Code, detail and trace of an error answer; a stranger's answer is told by its status."""
    if len(answer.body) > _PROBLEM_BYTES:
        return "link.answer", "not an answer of a gateway", None
    try:
        problem = Problem.model_validate_json(answer.body)
    except ValidationError:
        return "link.answer", "not an answer of a gateway", None
    return (
        printable(problem.code, 64),
        printable(problem.detail, 500),
        printable(problem.trace, 64) if problem.trace else None,
    )
