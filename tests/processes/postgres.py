"""A PostgreSQL server for the tests, and a fresh database for each.

Whoever has a server names it in TONGBAN_TEST_POSTGRES: the URL of a role that may create
databases. Otherwise a private one is started from the machine's own binaries, which are
installed first where that is possible.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from gateway.demo.servers.package import ServerMissing
from gateway.demo.servers.postgres import PrivatePostgres, account, binaries
from gateway.stores import postgres
from gateway.stores.migrate import migrate
from tests.processes.ports import free_port

ADDRESS = "TONGBAN_TEST_POSTGRES"


@dataclass
class Server:
    """Where databases are made. `url` names a database that is there already."""

    url: str
    _numbers: Iterator[int] = field(default_factory=count)

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Outside of any transaction; the rows, where there are any."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def database(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of another."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        copying = f" TEMPLATE {make_url(template).database}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copying}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, database: str) -> None:
        self.execute(f"DROP DATABASE {make_url(database).database} WITH (FORCE)")

    def end_connections(self, database: str) -> int:
        """End every session on a database, at whatever it is; how many there were.

        They are gone when this returns (PostgreSQL 14 and later).
        """
        rows = self.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s",
            make_url(database).database,
        )
        return len(rows)


class PrivateServer(Server):
    """A server of our own in `folder`: it may be killed and started again."""

    def __init__(self, folder: Path, *more: str) -> None:
        """`more`: words for initdb."""
        self.node = PrivatePostgres(binaries(instead=ADDRESS), folder, free_port(), None, *more)
        super().__init__(self.node.url().render_as_string())
        self.start, self.stop = self.node.start, self.node.stop

    def limit_files(self, size: int | None) -> None:
        """From now on no process of the server writes beyond so many bytes of a file."""
        limit = f"--fsize={'unlimited' if size is None else size}:"
        # Those of another user may be limited by that user alone, not by every root.
        user, group = account() if os.geteuid() == 0 else (None, None)
        for process in self._processes():
            subprocess.run(
                ["prlimit", "--pid", str(process), limit],
                check=True,
                user=user,
                group=group,
                cwd="/",
            )

    def _processes(self) -> list[int]:
        """The first of the server's and those that it has begotten."""
        found = [self.node.process]
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == found[0]:
                    found.append(int(stat.parent.name))
        return found


@contextmanager
def private_server(*more: str) -> Iterator[PrivateServer]:
    """A running server of our own; stopped and removed at the end. `more`: words for initdb."""
    with tempfile.TemporaryDirectory(
        prefix="tongban-postgres-", ignore_cleanup_errors=True
    ) as made:
        server = PrivateServer(Path(made), *more)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def any_server() -> Iterator[Server]:
    """The server that the environment names, or a private one."""
    if address := os.environ.get(ADDRESS):
        yield Server(address)
        return
    with private_server() as server:
        yield server


@contextmanager
def migrated(server: Server) -> Iterator[str]:
    """A database with all tables and no rows, to be copied."""
    template = server.database()
    engine = postgres.connect(template)
    migrate(engine)
    engine.dispose()
    try:
        yield template
    finally:
        server.drop(template)


if __name__ == "__main__":  # before the tests: say early what is missing
    if ADDRESS not in os.environ:
        try:
            binaries(instead=ADDRESS)
        except ServerMissing as missing:
            sys.exit(str(missing))
