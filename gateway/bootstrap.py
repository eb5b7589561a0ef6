"""The only place where parts meet: settings in, a wired gateway out."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp.web import RouteDef
from yarl import URL

from adapters.adapter import Adapter
from adapters.profiles.load import load_adapter, load_profile
from contracts.codes import within
from contracts.errors import KeyUnusable, TrustUnavailable, Wrong
from gateway import config
from gateway.clock import SystemClock
from gateway.connectors.folder import FolderConnector
from gateway.exchange.admission import Admission
from gateway.exchange.allowance import Allowance
from gateway.exchange.courier import Courier
from gateway.exchange.expire import Expire
from gateway.exchange.hand_over import HandOver
from gateway.exchange.holding import Holding
from gateway.exchange.home import Home
from gateway.exchange.receive import Receive
from gateway.exchange.refresh_trust import RefreshTrust
from gateway.exchange.submit import Submit
from gateway.exchange.take_in import TAKE_IN_LEASE, TakeIn
from gateway.lease import Lease
from gateway.links.http import HttpLink
from gateway.links.mirror import mirror
from gateway.member_folder import profile_folder
from gateway.metrics import Metrics
from gateway.ports import Clock, Queue, Store, TrustMeter
from gateway.queues.embedded import EmbeddedQueue
from gateway.service import Gateway
from gateway.signer import KeySigner
from gateway.stores.sqlite import open_sqlite
from gateway.web.api.exchange import ExchangeApi
from gateway.web.api.health import HealthApi
from gateway.web.api.trust import TrustApi
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.suites import SUITES
from keys.trust.federation.copy import Copy
from keys.trust.federation.federation import Federation, read_anchor
from keys.trust.federation.standing import TOP_ROLES
from keys.trust.members_file import MembersFile

if TYPE_CHECKING:
    from gateway.stores.archive import MonthTable
    from gateway.stores.move import Moved, Progress

_SWITCH_SECONDS = 0.0002  # the writing thread must not wait five milliseconds for the loop


@dataclass(frozen=True, slots=True)
class Parts:
    """What every command needs: the city, its store and its queue."""

    home: Home
    store: Store
    queue: Queue
    metrics: Metrics
    submit: Submit
    owner: str
    """The name of this process among those that share the store."""


def parts(folder: config.Home, metrics: Metrics | None = None) -> Parts:
    """Open keys, members and store. Raises KeyUnusable, TrustUnavailable, StoreUnavailable."""
    settings = folder.settings
    clock, metrics = SystemClock(), metrics or Metrics()
    trust = trust_list(folder, clock)
    key_store = FileKeyStore(
        folder.path(settings.keys.folder),
        passphrase(
            folder.path(settings.keys.passphrase_file) if settings.keys.passphrase_file else None,
            settings.keys.passphrase_env,
        ),
    )
    opening = {key.kid: key for key in map(key_store.opening_key, settings.keys.opening)}
    home = Home(
        code=settings.member.code,
        suite=SUITES[trust.member(settings.member.code).suite],
        trust=trust,
        signer=KeySigner(key_store.signing_key(settings.keys.signing)),
        clock=clock,
        meter=metrics,
        opening_key=opening.__getitem__,
        own_key=next(reversed(opening)),
    )
    store = _store(folder, clock)
    owner = f"{socket.gethostname()}/{os.getpid()}/{home.new_id()[-8:]}"[-64:]
    queue = _queue(folder, store, clock, owner=owner)
    submit = Submit(home, store, queue, life=settings.exchange.life)
    return Parts(home, store, queue, metrics, submit, owner)


def trust_list(folder: config.Home, clock: Clock) -> MembersFile | Federation:
    """The list of members, or our copy of the federation. Raises TrustRefused (root_broken)."""
    settings = folder.settings.trust
    if settings.root is None:
        return MembersFile(folder.path(settings.members), clock.monotonic)
    copy = Copy(folder.path(settings.folder))
    federation = Federation(read_anchor(folder.path(settings.root)), copy, clock.now)
    federation.load()
    return federation


def refresh_trust(
    folder: config.Home, federation: Federation, clock: Clock, meter: TrustMeter
) -> RefreshTrust:
    """What asks the mirrors of the settings; an address without scheme is a folder."""
    settings = folder.settings.trust
    mirrors = [mirror(name, folder.folder) for name in settings.mirrors]
    return RefreshTrust(federation, mirrors, clock, meter, every=settings.refresh_s)


async def first_trust(folder: config.Home) -> None:
    """Where our copy of the federation does not hold, get one before anything starts.

    Raises what was wrong with the first mirror, when none has a copy that holds.
    """
    clock = SystemClock()
    federation = trust_list(folder, clock)
    if not isinstance(federation, Federation):
        return
    try:
        federation.members()
    except TrustUnavailable:
        refresh = refresh_trust(folder, federation, clock, Metrics())
        visits = await refresh.once()
        await refresh.close()
        try:
            federation.members()
        except TrustUnavailable as error:
            raise next((visit.error for visit in visits if visit.error), error) from None


def _store(folder: config.Home, clock: Clock) -> Store:
    """The store that the settings choose. Raises KeyUnusable, StoreUnavailable."""
    settings = folder.settings.store
    if settings.engine == "sqlite":
        return open_sqlite(folder.path(settings.path), clock)
    from gateway.stores.postgres import open_postgres  # noqa: PLC0415  # costs a third of a start

    return open_postgres(settings.url or "", _store_password(folder), clock)


def _store_password(folder: config.Home) -> str | None:
    """None: libpq knows ways without one: certificates, peer, ~/.pgpass."""
    settings = folder.settings.store
    if settings.password_file or settings.password_env:
        return _password(folder, settings.password_file, settings.password_env)
    return None


def move_store(
    folder: config.Home,
    target: config.StoreTable,
    progress: "Progress",
    then: Callable[[], None] | None = None,
) -> "Moved":
    """Move a member's store from its file to the database of `target`; see `stores.move`.

    Raises SettingsInvalid, KeyUnusable, StoreUnavailable, Wrong.
    """
    from gateway.stores.move import move  # noqa: PLC0415  # as above

    there = folder.with_store(target)
    return move(
        folder.path(folder.settings.store.path),
        target.url or "",
        _store_password(there),
        now=int(SystemClock().now().timestamp() * 1000),
        progress=progress,
        then=then,
    )


def month_tables(folder: config.Home) -> "list[MonthTable]":
    """The tables of parts by the month. Raises Wrong (`store.month`), StoreUnavailable."""
    from gateway.stores import archive  # noqa: PLC0415  # as above

    with archive.opened(*_months(folder)) as connection:
        return archive.month_tables(connection)


def detach(folder: config.Home, month: str) -> str:
    """Take a month of parts out of the store; see `stores.archive`. Returns the table's name."""
    from gateway.stores import archive  # noqa: PLC0415  # as above

    now = int(SystemClock().now().timestamp() * 1000)
    with archive.opened(*_months(folder)) as connection:
        return archive.detach(connection, month, now)


def _months(folder: config.Home) -> tuple[str, str | None]:
    """Where the database is that keeps months apart."""
    store = folder.settings.store
    if store.engine == "sqlite":
        raise Wrong("a store in an SQLite file keeps no months apart", code="store.month")
    return store.url or "", _store_password(folder)


def _queue(folder: config.Home, store: Store, clock: Clock, *, owner: str) -> Queue:
    """The queue that the settings choose. Raises KeyUnusable."""
    settings = folder.settings.queue
    if settings.engine == "embedded":
        return EmbeddedQueue(store, clock, owner=owner, lease=settings.lease_s)
    from gateway.queues.rabbitmq import RabbitQueue  # noqa: PLC0415  # as above

    password = _password(folder, settings.password_file, settings.password_env)
    address = URL(settings.url or "").with_password(password)
    prefix = f"tongban.{folder.settings.member.code}"
    return RabbitQueue(store, clock, address, owner=owner, prefix=prefix, lease=settings.lease_s)


def _password(folder: config.Home, file: Path | None, env: str | None) -> str:
    """Of a server. Raises KeyUnusable when it is missing, open to others, or no text."""
    secret = passphrase(folder.path(file) if file else None, env)
    try:
        return secret.decode()
    except UnicodeDecodeError:
        raise KeyUnusable("the password is not UTF-8", source=file or env) from None


def adapter(folder: config.Home) -> Adapter | None:
    """The city's adapter, when its settings name a profile. Raises SettingsInvalid."""
    path = _profile(folder)
    return load_adapter(path) if path else None


def matters(folder: config.Home) -> set[str] | None:
    """The base codes that the city's crosswalk lists for the city itself, if it lists any."""
    path = _profile(folder)
    rows = load_profile(path).crosswalk.rows if path else ()
    ours = folder.settings.member.code
    return {row.base_code for row in rows if within(row.region, ours)} or None


def _profile(folder: config.Home) -> Path | None:
    profile = folder.settings.city.profile
    return None if profile is None else profile_folder(folder.folder, profile)


def gateway(folder: config.Home, *, metrics: Metrics | None = None) -> Gateway:
    """A whole gateway, ready to run."""
    settings, made = folder.settings, parts(folder, metrics)
    home, store, queue = made.home, made.store, made.queue
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

    def link(partner: str) -> HttpLink:
        def address() -> str:
            return home.trust.member(partner).address

        return HttpLink(partner, address, timeout=settings.exchange.timeout_s)

    def courier(partner: str, way: HttpLink) -> Courier:
        pace = settings.exchange.pace
        return Courier(home, store, queue, way, partner, pace=pace, to_city=to_city)

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
    exchange = ExchangeApi(home, receive)
    copy = _Trust.of(folder, made)
    running = Gateway(
        home,
        store,
        queue,
        made.submit,
        exchange,
        roles=settings.gateway.roles,
        host=settings.gateway.host,
        port=settings.gateway.port,
        share_port=settings.gateway.share_port,
        drain_seconds=settings.gateway.drain_seconds,
        courier=courier,
        link=link,
        expire=Expire(home, store, queue, to_city=to_city, every=settings.exchange.expire_every_s),
        holding=Holding(home, store, queue),
        city=city,
        background=copy.background,
    )
    health = HealthApi(home, store, made.metrics, running)
    running.app.add_routes(health.routes())
    if "api" in settings.gateway.roles:
        running.app.add_routes([*exchange.routes(), *copy.routes])
    return running


@dataclass(frozen=True, slots=True)
class _Trust:
    """What a gateway of a federation has besides: its copy is refreshed, and served."""

    background: dict[str, Callable[[], Coroutine[Any, Any, None]]]
    routes: list[RouteDef]

    @classmethod
    def of(cls, folder: config.Home, made: Parts) -> "_Trust":
        federation = made.home.trust
        if not isinstance(federation, Federation):
            return cls({}, [])
        made.metrics.watch_trust(TOP_ROLES, federation.seconds_left)
        refresh = refresh_trust(folder, federation, made.home.clock, made.metrics)
        api = TrustApi(made.home, Copy(folder.path(folder.settings.trust.folder)))
        return cls({"trust": refresh.run}, api.routes())


def tune_process() -> None:
    """What a process that runs a gateway sets once for itself."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Messages make no reference cycles; looking for them a hundred times a second costs a
    # sixth of the processor.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def run(folder: config.Home) -> bool:
    """Run a gateway until SIGTERM or SIGINT; False when it ended because a part of it died."""
    tune_process()
    await first_trust(folder)
    running = gateway(folder)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    await running.run()
    return not running.failed
