"""Take in: the city's own documents become drafts, and drafts become messages.

A document that was committed but not yet accepted when the process died arrives again under
the same key and does nothing twice. One that cannot be used is rejected with the reason and
kept; the rest flow on. The messages of a document that stand before one that is refused are
sent all the same, and the reason names them.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence

from adapters.adapter import Adapter
from contracts.errors import TongbanError, Wrong
from gateway.exchange.backoff import Backoff
from gateway.exchange.home import Home
from gateway.exchange.submit import Submit
from gateway.lease import Lease
from gateway.ports import Arrival, Connector, Notice, Store, always
from gateway.records import Changes, Incident, Scope

_LOG = logging.getLogger("tongban.take_in")
TAKE_IN_LEASE = "take-in"
"""Whoever holds it takes in: one folder must not be emptied by two."""

_PARTLY_ZH = "; 已发出的部分 (见 detail 的 sent) 勿再放入"
_PARTLY_EN = "; without what was sent already (sent, in detail)"


class TakeIn:
    """Use case: empty the city's connector into the outbox."""

    def __init__(
        self,
        home: Home,
        store: Store,
        submit: Submit,
        adapter: Adapter,
        connector: Connector,
        *,
        lease: Lease | None = None,
    ) -> None:
        """`lease`: whoever holds it takes in; without one, there is no other process."""
        self._home = home
        self._store = store
        self._submit = submit
        self._adapter = adapter
        self._connector = connector
        self._lease = lease
        self.waiting = True
        """Another process takes in."""
        self._backoff = Backoff(ceiling=30.0, uniform=random.SystemRandom().uniform)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the document at hand, take no more."""
        self._stopping.set()

    async def run(self) -> None:
        async with self._lease.hold() if self._lease else contextlib.nullcontext():
            self.waiting = False
            await self._rounds()

    async def _rounds(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._is_ours:
                    await self._round()
                else:
                    await self._home.clock.sleep(0.5)
                self._backoff.succeeded()
            except TongbanError as error:
                await self._pause(error)
            except Exception as error:
                _LOG.exception("unforeseen, from the city")
                await self._pause(TongbanError(type(error).__name__))

    async def _round(self) -> None:
        """Whatever lies there now. A document that fails us in an unforeseen way, even while it
        is rejected, stays where it lies, and the others flow on.

        Raises TongbanError when one was left, so that the next round comes after a pause.
        """
        left = 0
        for arrival in await self._connector.arrivals(wait=0.5):
            if self._stopping.is_set() or not self._is_ours:
                return
            try:
                await self._one(arrival)
            except TongbanError:
                raise
            except Exception:
                _LOG.exception("document %s is left where it lies", arrival.document.name)
                left += 1
        if left:
            raise TongbanError(f"documents left where they lie: {left}")

    @property
    def _is_ours(self) -> bool:
        """When the lease was lost, the other process may have the same documents in hand: what
        both submit is submitted once, by its intake key."""
        return self._lease is None or self._lease.held

    async def _pause(self, error: TongbanError) -> None:
        pause = self._backoff.failed()
        _LOG.warning("from the city: %s; next try in %.1f s", error, pause)
        try:
            async with asyncio.timeout(pause):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _one(self, arrival: Arrival) -> None:
        sent: list[str] = []
        try:
            drafts = self._adapter.read(arrival.document.data)
            for index, draft in enumerate(drafts):
                await self._submit(draft, intake=f"{arrival.key}/{index}")
                sent.append(f"{draft.kind} {draft.number}")
        except Wrong as error:
            await self._reject(arrival, error, sent)
        except TongbanError:
            raise
        except Exception:
            _LOG.exception("document %s cannot be taken in", arrival.document.name)
            await self._reject(arrival, TongbanError("see the log of the gateway"), sent)
        else:
            await self._connector.accept(arrival)

    async def _reject(self, arrival: Arrival, error: TongbanError, sent: Sequence[str]) -> None:
        if sent:
            error.where["sent"] = ", ".join(sent)
        incident = Incident(
            id=f"document/{arrival.key[-180:]}",  # its end tells documents of one name apart
            at=self._home.now_ms(),
            code=error.code,
            partner=None,
            detail=error.detail,
            where={**error.where, "document": arrival.document.name},
            content=arrival.document.data,
        )
        await self._store.apply(Scope(), always(Changes(incidents=[incident])))
        await self._connector.reject(arrival, notice_of(error))


def notice_of(error: TongbanError) -> Notice:
    """What the city is told about a document of its own."""
    reason = error.reason
    partly = "sent" in error.where
    return Notice(
        code=error.code,
        zh=reason.zh,
        en=reason.en,
        remedy_zh=reason.remedy_zh + (_PARTLY_ZH if partly else ""),
        remedy_en=reason.remedy_en + (_PARTLY_EN if partly else ""),
        detail=str(error),
        number=error.where.get("number"),
    )
