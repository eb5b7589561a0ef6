"""``/health/live``, ``/health/ready`` and ``/metrics``."""

from collections.abc import Iterable
from typing import Protocol

from aiohttp import web

from contracts.errors import TongbanError
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus
from gateway.metrics import Metrics
from gateway.officers.port import OfficerStore
from gateway.ports import Store
from gateway.web.caller import Callers
from gateway.web.problem import problem


class Running(Protocol):
    """What a running gateway says of itself."""

    @property
    def stopping(self) -> bool: ...

    def links(self) -> Iterable[LinkStatus]: ...

    def broker(self) -> bool | None:
        """Whether the broker of the queue is there; None: there is none."""


class HealthApi:
    """What a supervisor and a scraper ask."""

    def __init__(
        self,
        home: Home,
        store: Store,
        metrics: Metrics,
        running: Running,
        officers: OfficerStore,
    ) -> None:
        self._home = home
        self._store = store
        self._metrics = metrics
        self._running = running
        self._officers = officers

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health/live", self.live),
            web.get("/health/ready", self.ready),
            web.get("/metrics", self.metrics),
        ]

    def routes_for_partners(self, callers: Callers) -> list[web.RouteDef]:
        """Where partners are told apart: whether we are ready is for members, the rest for
        nobody."""

        async def ready(request: web.Request) -> web.Response:
            try:
                callers(request)
            except TongbanError as error:
                return problem(error, trace=self._home.new_id())
            return await self.ready(request)

        return [web.get("/health/ready", ready)]

    async def live(self, _request: web.Request) -> web.Response:
        """The process runs and its loop turns."""
        return web.json_response({"live": True})

    async def ready(self, _request: web.Request) -> web.Response:
        """Whether this process would do its work now (take batches, if it is an `api`), and if
        not, why not."""
        faults = []
        if self._running.stopping:
            faults.append("gateway.stopping")
        if fault := self._store.fault():  # a full disk can still be read
            faults.append(fault)
        try:
            await self._store.backlog()
            self._home.trust.members()
        except TongbanError as error:
            if error.code not in faults:
                faults.append(error.code)
        return web.json_response(
            {"ready": not faults, "member": self._home.code, "faults": faults},
            status=503 if faults else 200,
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        try:
            backlog = await self._store.backlog()
            incidents = await self._store.incident_counts()
            sign_ins = await self._officers.sign_ins()
        except TongbanError:  # what the process counts itself is shown all the same
            backlog, incidents, sign_ins = [], {}, {}
        now = self._home.now_ms()
        running = self._running
        text = self._metrics.scrape(
            backlog,
            running.links(),
            incidents,
            now,
            broker=running.broker(),
            sign_ins=sign_ins,
        )
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})
