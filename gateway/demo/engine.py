"""What the demonstration's gateways stand on: their own files, or the servers of production.

With `Embedded` each gateway has a file and needs nothing. With `Production` all use one
PostgreSQL and one RabbitMQ: those that the environment names, or private ones in the scratch
folder. Each member has a database of its own and, at a private broker, a vhost of its own; at
a named one the names of the queues keep the members apart.
"""

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import engine as sql
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from gateway.cli.language import say
from gateway.config import FILE_NAME
from gateway.demo.city import City, DemoFailed, free_ports
from gateway.demo.servers.package import ServerMissing
from gateway.demo.servers.postgres import PrivatePostgres, binaries
from gateway.demo.servers.rabbitmq import PrivateRabbit, need_rabbitmq

POSTGRES, RABBITMQ = "TONGBAN_DEMO_POSTGRES", "TONGBAN_DEMO_RABBITMQ"
"""URLs with their passwords: a role that may create databases; a user of a broker."""

_STORE_PASSWORD, _QUEUE_PASSWORD = "store-password", "queue-password"  # names of files


class Engine(Protocol):
    """Says in a member's settings where its store and its queue are."""

    def settle(self, city: City) -> None:
        """Once its folder is made."""

    def lines(self) -> list[str]:
        """What it stands on, for people."""


class Embedded:
    """SQLite and the queue in it, as `tongban init` makes them."""

    def settle(self, city: City) -> None:
        """Nothing to say."""

    def lines(self) -> list[str]:
        return []


@dataclass(frozen=True)
class Production:
    """A database and a way to the broker for each member. The URLs hold passwords."""

    databases: Mapping[str, sql.URL]
    brokers: Mapping[str, URL]

    def settle(self, city: City) -> None:
        database, broker = self.databases[city.code], self.brokers[city.code]
        _keep_secret(city.home / _STORE_PASSWORD, database.password or "")
        _keep_secret(city.home / _QUEUE_PASSWORD, broker.password or "")
        # `set` leaves what is None as it is
        plain = database._replace(password=None).render_as_string(hide_password=False)
        store = f'engine = "postgres"\nurl = "{plain}"\n'
        if database.password:
            store += f'password_file = "{_STORE_PASSWORD}"\n'
        queue = f'engine = "rabbitmq"\nurl = "{broker.with_password(None)}"\n'
        queue += f'password_file = "{_QUEUE_PASSWORD}"\n'
        settings = city.home / FILE_NAME
        text = settings.read_text("utf-8").replace("[store]\n", f"[store]\n{store}")
        settings.write_text(f"{text}\n[queue]\n{queue}", "utf-8")

    def lines(self) -> list[str]:
        database, broker = next(iter(self.databases.values())), next(iter(self.brokers.values()))
        return [
            f"PostgreSQL {database.host}:{database.port or 5432}",
            f"RabbitMQ {broker.host}:{broker.port}",
        ]


def _keep_secret(file: Path, secret: str) -> None:
    file.touch(mode=0o600)
    file.write_text(secret, "utf-8")


@contextmanager
def production(
    scratch: Path, codes: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Production]:
    """Servers for these members, for as long as it is open. Raises DemoFailed."""
    with ExitStack() as end:
        try:
            databases = _databases(scratch, codes, environment.get(POSTGRES), end)
            brokers = _brokers(scratch, codes, environment.get(RABBITMQ), end)
        except (ServerMissing, RuntimeError) as error:
            raise DemoFailed(str(error)) from error
        yield Production(databases, brokers)


def _databases(
    scratch: Path, codes: Sequence[str], named: str | None, end: ExitStack
) -> dict[str, sql.URL]:
    if named is not None:
        try:
            return end.enter_context(_made_databases(_database_url(named), codes))
        except psycopg.Error as error:
            raise DemoFailed(f"{POSTGRES}: {str(error).strip()}") from error
    folder = scratch / "postgres"
    folder.mkdir(mode=0o700)
    scratch.chmod(0o711)  # root starts the server as another user: it must come through
    password = secrets.token_urlsafe(24)
    server = PrivatePostgres(binaries(instead=POSTGRES), folder, free_ports(1)[0], password)
    server.start()
    end.callback(server.stop)
    url = server.url().set(password=password)
    return end.enter_context(_made_databases(url, codes, drop=False))


@contextmanager
def _made_databases(
    server: sql.URL, codes: Sequence[str], *, drop: bool = True
) -> Iterator[dict[str, sql.URL]]:
    """A new database for each, gone at the end."""
    serial = secrets.token_hex(3)
    names = {code: f"tongban_demo_{serial}_{code}" for code in codes}
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(
                f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode()
            )
    try:
        yield {code: server.set(database=name) for code, name in names.items()}
    finally:
        if drop:
            with (
                contextlib.suppress(psycopg.Error),
                psycopg.connect(url, autocommit=True) as connection,
            ):
                for name in names.values():
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _brokers(
    scratch: Path, codes: Sequence[str], named: str | None, end: ExitStack
) -> dict[str, URL]:
    if named is not None:
        return dict.fromkeys(codes, _broker_url(named))
    need_rabbitmq(instead=RABBITMQ)
    folder = scratch / "rabbitmq"
    folder.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    one, two, three = free_ports(3)
    vhosts = [f"tongban-{code}" for code in codes]
    server = PrivateRabbit(folder, "tongban", password, (one, two, three), vhosts)
    end.callback(server.stop)
    server.start()
    addresses = map(server.address, vhosts)
    return {
        code: address.with_password(password)
        for code, address in zip(codes, addresses, strict=True)
    }


def _database_url(text: str) -> sql.URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.drivername.startswith("postgres") or not url.database:
        raise DemoFailed(_no_address(POSTGRES, "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"))
    return url


def _broker_url(text: str) -> URL:
    form = "amqp://USER:PASSWORD@HOST:PORT/VHOST"
    try:
        url = URL(text)
    except ValueError:
        raise DemoFailed(_no_address(RABBITMQ, form)) from None
    if url.scheme not in {"amqp", "amqps"} or not (url.host and url.user and url.password):
        raise DemoFailed(_no_address(RABBITMQ, form))
    return url


def _no_address(variable: str, form: str) -> str:
    return say(f"{variable} 应写作 {form}", f"{variable}: write {form}")
