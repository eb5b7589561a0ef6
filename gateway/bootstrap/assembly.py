"""A whole gateway, put together and run."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable

from gateway import config
from gateway.bootstrap.city import adapter, matters
from gateway.bootstrap.local import local_site
from gateway.bootstrap.opened import parts
from gateway.bootstrap.tls import transport
from gateway.bootstrap.trust import TrustService, first_trust
from gateway.connectors.folder import FolderConnector
from gateway.exchange.admission import Admission
from gateway.exchange.allowance import Allowance
from gateway.exchange.courier import Courier
from gateway.exchange.expire import Expire
from gateway.exchange.hand_over import HandOver
from gateway.exchange.holding import Holding
from gateway.exchange.receive import Receive
from gateway.exchange.take_in import TAKE_IN_LEASE, TakeIn
from gateway.lease import Lease
from gateway.links.http import HttpLink
from gateway.listening import Places
from gateway.metrics import Metrics
from gateway.ports import Signer
from gateway.service import Gateway
from gateway.web.api.exchange import ExchangeApi
from gateway.web.api.health import HealthApi

_SWITCH_SECONDS = 0.0002  # the writing thread must not wait five milliseconds for the loop


def gateway(
    folder: config.Home,
    *,
    metrics: Metrics | None = None,
    before_signer: Callable[[Signer], Signer] | None = None,
) -> Gateway:
    """A whole gateway, ready to run. `before_signer`: what a measurement puts before its signer."""
    settings, made = folder.settings, parts(folder, metrics)
    made.ring.check()
    made.metrics.watch_keys(("signing", "sealing"), made.ring.seconds_left)
    home, store, queue = made.home, made.store, made.queue
    if before_signer is not None:
        home.signer = before_signer(home.signer)
    city: list[TakeIn | HandOver] = []
    translator = adapter(folder)
    to_city = settings.city.connector == "folder" and translator is not None
    if "adapter" in settings.gateway.roles and to_city and translator is not None:
        connector = FolderConnector(folder.path(settings.city.folder))
        lease = Lease(store, home.clock, TAKE_IN_LEASE, made.owner, settings.queue.lease_s)
        city = [
            TakeIn(home, store, made.submit, translator, connector, lease=lease),
            HandOver(home, store, queue, translator, connector),
        ]

    way = transport(folder, home, made.metrics)

    def link(partner: str) -> HttpLink:
        return way.link(partner, settings.exchange.timeout_s)

    def courier(partner: str, road: HttpLink) -> Courier:
        pace = settings.exchange.pace
        return Courier(home, store, queue, road, partner, pace=pace, to_city=to_city)

    admission = Admission(home.code, matters(folder))
    allowance = Allowance(
        store,
        home.clock,
        settings.limits.allowed(),
        {code: settings.limits.allowed(code) for code in settings.limits.partner},
    )
    receive = Receive(
        home, store, queue, to_city=to_city, check_body=admission, allowance=allowance
    )
    exchange = ExchangeApi(home, receive, way.callers)
    copy = TrustService.of(folder, home, made.metrics)
    running = Gateway(
        home,
        store,
        queue,
        made.submit,
        exchange,
        roles=settings.gateway.roles,
        places=Places(
            host=settings.gateway.host,
            port=settings.gateway.port,
            share_port=settings.gateway.share_port,
            operations=way.operations,
            tls=way.tls,
        ),
        middlewares=way.middlewares,
        drain_seconds=settings.gateway.drain_seconds,
        courier=courier,
        link=link,
        expire=Expire(home, store, queue, to_city=to_city, every=settings.exchange.expire_every_s),
        holding=Holding(home, store, queue),
        city=city,
        background={**copy.background, "keys": made.ring.run, **local_site(folder, made)},
    )
    health = HealthApi(home, store, made.metrics, running, made.officers)
    running.operations_app.add_routes(health.routes())
    running.app.add_routes(
        health.routes() if way.mode == "plain" else health.routes_for_partners(way.callers)
    )
    if "api" in settings.gateway.roles:
        running.app.add_routes([*exchange.routes(), *copy.routes])
    return running


def tune_process() -> None:
    """What a process that runs a gateway sets once for itself."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Messages make no reference cycles; looking for them a hundred times a second costs a
    # sixth of the processor.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def run(
    folder: config.Home, *, before_signer: Callable[[Signer], Signer] | None = None
) -> bool:
    """Run a gateway until SIGTERM or SIGINT; False when it ended because a part of it died."""
    tune_process()
    await first_trust(folder)
    running = gateway(folder, before_signer=before_signer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    await running.run()
    return not running.failed
