"""The running gateway: its parts started in order, and stopped so that nothing is lost."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from contracts import limits
from contracts.errors import MessageRefused, TongbanError
from gateway.exchange.board import Board
from gateway.exchange.courier import Courier
from gateway.exchange.expire import Expire
from gateway.exchange.hand_over import HandOver
from gateway.exchange.holding import Holding
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.submit import Submit
from gateway.exchange.take_in import TakeIn
from gateway.links.http import HttpLink
from gateway.listening import Listening, Places
from gateway.ports import Queue, Store
from gateway.web.api.exchange import ExchangeApi
from gateway.web.problem import answer_unforeseen
from keys.trust.parting import has_left

_LOG = logging.getLogger("tongban.service")
_NEW_MEMBERS_EVERY = 2.0  # seconds between two looks at the trust list


class Gateway:
    """Owns every task of the process. `run` until cancelled or told to `stop`.

    What a process does is its roles: an `api` lets partners in, a `courier` carries to them and
    looks for what expired, an `adapter` speaks with the city's own system. Any number of
    processes of each may share a store; whatever one at a time may do is guarded by a lease,
    and looking for what expired may be done by several.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        queue: Queue,
        submit: Submit,
        exchange: ExchangeApi,
        *,
        roles: Collection[str],
        places: Places,
        middlewares: Sequence[Middleware] = (),
        drain_seconds: float,
        courier: Callable[[str, HttpLink], Courier],
        link: Callable[[str], HttpLink],
        expire: Expire,
        holding: Holding,
        city: Sequence[TakeIn | HandOver],
        background: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] | None = None,
    ) -> None:
        """`places`: where `app` is served, and `operations_app`; `background`: what runs beside,
        by name, and may be cancelled at any time."""
        self._home = home
        self.store = store
        self._queue = queue
        self.submit = submit
        self._exchange = exchange
        exchange.heard = self._wake
        self.roles = roles
        unforeseen = answer_unforeseen(home.new_id)
        self.app = web.Application(
            client_max_size=limits.BATCH_BYTES, middlewares=[unforeseen, *middlewares]
        )
        self.operations_app = web.Application(middlewares=[unforeseen])
        self._places = places
        self._drain_seconds = drain_seconds
        self._new_courier = courier
        self._new_link = link
        self._expire = expire
        self._holding = holding
        self._board = Board(home, store, links=self._all_links, wake=self._wake_lane)
        self._city = city
        self._background = background or {}
        self._couriers: dict[str, Courier] = {}
        self._links: dict[str, HttpLink] = {}
        self._left: dict[str, LinkStatus] = {}  # members that left
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self.failed = False
        """A part died, and the gateway ended for that reason alone."""
        self.started = asyncio.Event()

    def stop(self) -> None:
        """Finish what is taken, take no more."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def _wake(self, partner: str) -> None:
        """A message came from a partner: its courier need not wait any longer."""
        if courier := self._couriers.get(partner):
            courier.wake()

    def _wake_lane(self, lane: str) -> None:
        """An operator wants this lane tried now."""
        if lane.startswith("partner/"):
            self._wake(lane.removeprefix("partner/"))
            return
        for part in self._city:
            if isinstance(part, HandOver):
                part.wake()

    def links(self) -> list[LinkStatus]:
        return [*(courier.status for courier in self._couriers.values()), *self._left.values()]

    def _all_links(self) -> list[LinkStatus]:
        """Those to partners, and the one to the city's own system."""
        city = [part.status for part in self._city if isinstance(part, HandOver)]
        return [*self.links(), *city]

    def broker(self) -> bool | None:
        """Whether the broker of the queue is there; None: there is none."""
        return self._queue.connected()

    async def run(self) -> None:
        """Serve and carry until `stop`, or until a part dies: then `failed` says so.

        Raises SettingsInvalid when it cannot listen where it should.
        """
        listening = Listening(self._places, self.app, self.operations_app)
        try:
            await listening.start()
            self._start("board", self._board.run())
            for name, work in self._background.items():
                self._start(name, work())
            if "adapter" in self.roles:
                for part in self._city:
                    self._start(_name(part), part.run())
            if "courier" in self.roles:
                self._start("expire", self._expire.run())
                self._start("holds", self._holding.run())
                self._start("couriers", self._keep_couriers())
            self.started.set()
            roles, where = ", ".join(self.roles), f"{self._places.host}:{self._places.port}"
            _LOG.info("gateway of %s (%s) listens on %s", self._home.code, roles, where)
            await self._stop.wait()
            await self._drain()
        finally:
            await self._close(listening)

    # --- tasks -------------------------------------------------------------------------------

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that dies takes the process with it: a supervisor starts it again, whole."""
        if task.cancelled() or self.stopping:
            return
        if error := task.exception():
            _LOG.critical("%s ended unforeseen", task.get_name(), exc_info=error)
            self.failed = True
            self.stop()

    async def _keep_couriers(self) -> None:
        """One courier for every other member of the trust list, also for those that join; none
        for those that left."""
        while True:
            with contextlib.suppress(TongbanError):
                now = self._home.clock.now()
                for member in self._home.trust.members():
                    if member.code == self._home.code:
                        continue
                    if has_left(member, now):
                        self._send_no_more_to(member.code)
                    elif member.code not in self._couriers:
                        self._send_to(member.code)
            await self._home.clock.sleep(_NEW_MEMBERS_EVERY)

    def _send_to(self, partner: str) -> None:
        before = self._tasks.get(f"courier-{partner}")
        if before is not None and not before.done():
            return  # it has left, is back, and the last batch of then is still under way
        self._left.pop(partner, None)
        link = self._links.get(partner) or self._new_link(partner)
        courier = self._new_courier(partner, link)
        self._links[partner], self._couriers[partner] = link, courier
        self._start(_name(courier), courier.run())

    def _send_no_more_to(self, partner: str) -> None:
        """What still waits for it expires, and is given back to the city."""
        if partner not in self._left:
            status = self._left[partner] = LinkStatus(partner, carrying=True)
            gone = MessageRefused("all its keys are closed", code="member.closed")
            status.failed(gone, self._home.clock.now())
            _LOG.warning("%s has left: nothing is sent to it any more", partner)
        courier = self._couriers.pop(partner, None)
        if courier is not None:
            courier.stop()
            if courier.waiting:
                self._tasks[_name(courier)].cancel()

    # --- the end ------------------------------------------------------------------------------

    async def _drain(self) -> None:
        _LOG.info("stopping: finishing what is taken")
        for part in self._parts():
            part.stop()
        idle = {"expire", "holds", "board", "couriers", *self._background}
        idle.update(map(_name, filter(_waits, self._parts())))
        for name in idle & self._tasks.keys():
            self._tasks[name].cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds):
                await self._exchange.drain()
                await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _parts(self) -> list[Courier | TakeIn | HandOver]:
        return [*self._couriers.values(), *self._city]

    async def _close(self, listening: Listening) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await listening.close()
        for link in self._links.values():
            await link.close()
        await self._queue.close()
        await self.store.close()
        _LOG.info("gateway of %s has stopped", self._home.code)


def _name(part: Courier | TakeIn | HandOver) -> str:
    """Of its task."""
    if isinstance(part, Courier):
        return f"courier-{part.status.partner}"
    return "take-in" if isinstance(part, TakeIn) else "hand-over"


def _waits(part: Courier | TakeIn | HandOver) -> bool:
    """Whether it waits for what another process does now, and has nothing to finish."""
    return not isinstance(part, HandOver) and part.waiting
