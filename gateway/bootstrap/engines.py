"""The store and the queue that the settings choose, and what may be done to a store whole."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from yarl import URL

from contracts.errors import KeyUnusable, Wrong
from gateway import config
from gateway.clock import SystemClock
from gateway.ports import Clock, Queue, Store
from gateway.queues.embedded import EmbeddedQueue
from gateway.settings import StoreTable
from gateway.stores.sql import SqlStore
from gateway.stores.sqlite import open_sqlite
from keys.stores.passphrase import passphrase

if TYPE_CHECKING:
    from gateway.stores.archive import MonthTable
    from gateway.stores.move import Moved, Progress


def store(folder: config.Home, clock: Clock) -> SqlStore:
    """The store that the settings choose. Raises KeyUnusable, StoreUnavailable."""
    settings = folder.settings.store
    if settings.engine == "sqlite":
        return open_sqlite(folder.path(settings.path), clock)
    from gateway.stores.postgres import open_postgres  # noqa: PLC0415  # costs a third of a start

    return open_postgres(settings.url or "", _password_of_store(folder), clock)


def _password_of_store(folder: config.Home) -> str | None:
    """None: libpq knows ways without one: certificates, peer, ~/.pgpass."""
    settings = folder.settings.store
    if settings.password_file or settings.password_env:
        return _password(folder, settings.password_file, settings.password_env)
    return None


def move_store(
    folder: config.Home,
    target: StoreTable,
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
        _password_of_store(there),
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
    return store.url or "", _password_of_store(folder)


def queue(folder: config.Home, kept: Store, clock: Clock, *, owner: str) -> Queue:
    """The queue that the settings choose. Raises KeyUnusable."""
    settings = folder.settings.queue
    if settings.engine == "embedded":
        return EmbeddedQueue(kept, clock, owner=owner, lease=settings.lease_s)
    from gateway.queues.rabbitmq import RabbitQueue  # noqa: PLC0415  # as above

    password = _password(folder, settings.password_file, settings.password_env)
    address = URL(settings.url or "").with_password(password)
    prefix = f"tongban.{folder.settings.member.code}"
    return RabbitQueue(kept, clock, address, owner=owner, prefix=prefix, lease=settings.lease_s)


def _password(folder: config.Home, file: Path | None, env: str | None) -> str:
    """Of a server. Raises KeyUnusable when it is missing, open to others, or no text."""
    secret = passphrase(folder.path(file) if file else None, env)
    try:
        return secret.decode()
    except UnicodeDecodeError:
        raise KeyUnusable("the password is not UTF-8", source=file or env) from None
