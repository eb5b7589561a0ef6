"""A PostgreSQL server for the tests, and a fresh database for each.

Whoever has a server names it in TONGBAN_TEST_POSTGRES: the URL of a role that may create
databases. Otherwise a private one is started from the machine's own binaries, which are
installed first where that is possible.
"""

import fcntl
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from gateway.stores import postgres
from gateway.stores.migrate import migrate
from tests.processes.ports import free_port

ADDRESS = "TONGBAN_TEST_POSTGRES"
_ROLE = "tongban"
_INSTALLED = "/usr/lib/postgresql"
_NO_SERVER = (
    f"these tests need PostgreSQL: apt-get install postgresql, or name a server in {ADDRESS}"
)


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

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._port = free_port()
        super().__init__(f"postgresql://{_ROLE}@127.0.0.1:{self._port}/postgres")
        self._binaries, self._folder = binaries, folder
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, *_account())
        self._run("initdb", "-U", _ROLE, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self._port} -k {self._folder} -h 127.0.0.1 -F"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """As a crash would: what was not flushed to the log is gone."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._folder / "data"), *arguments]
        account = _account() if os.geteuid() == 0 else (None, None)
        # A file, not a pipe: the server keeps it open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                user=account[0],
                group=account[1],
                extra_groups=[] if account[0] else None,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                check=False,
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read().decode(errors='replace')}"


def _account() -> tuple[str, str]:
    """User and group for a server that root starts."""
    try:
        return pwd.getpwnam("postgres").pw_name, grp.getgrnam("postgres").gr_name
    except KeyError:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_name, grp.getgrgid(nobody.pw_gid).gr_name


def binaries() -> Path:
    """The folder of initdb and pg_ctl: on the path, as Debian has them, or freshly installed."""
    found = _find() or (_install() and _find())
    if not found:
        raise SystemExit(_NO_SERVER)
    return found


def _install() -> bool:
    """Debian's package, when we may; one of several test workers does it."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with Path(tempfile.gettempdir(), "tongban-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _find() is None:
            subprocess.run(["apt-get", "update", "-qq"], check=False, env=env)
            subprocess.run(["apt-get", "install", "-y", "-qq", "postgresql"], check=False, env=env)
    return True


def _find() -> Path | None:
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    versions = sorted(Path(_INSTALLED).glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """A running server of our own; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(
        prefix="tongban-postgres-", ignore_cleanup_errors=True
    ) as made:
        server = PrivateServer(binaries(), Path(made))
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
        binaries()
