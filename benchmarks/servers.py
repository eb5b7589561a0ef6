"""A PostgreSQL and a RabbitMQ of the benchmark's own, both with every commit on the disk."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.exchange import Ground
from benchmarks.members import RECEIVER, SENDER, free_port, move_to_servers, share_port
from gateway.demo.servers.postgres import PrivatePostgres, binaries
from gateway.demo.servers.rabbitmq import PrivateRabbit, need_rabbitmq

_NOWHERE = "(start one by hand)"  # the benchmark takes none that others use


@dataclass
class Servers:
    """Both, running."""

    postgres: PrivatePostgres
    rabbit: PrivateRabbit

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with self._connected() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.postgres.url(name).render_as_string()

    def bytes_of(self, name: str) -> int:
        """What a database takes on the disk, with its indexes."""
        with self._connected() as connection:
            row = connection.execute("SELECT pg_database_size(%s)", (name,)).fetchone()
            return int(row[0]) if row else 0

    def cpu_seconds(self) -> tuple[float, float]:
        """What PostgreSQL and RabbitMQ have used until now, of processes that ended too."""
        return _cpu_of_family(self.postgres.process), _cpu_of_family(self.rabbit.process)

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.postgres.url().render_as_string(), autocommit=True)


class OnServers(Ground):
    """A database for each member, one broker, `processes` processes a member."""

    def __init__(self, servers: Servers, processes: int) -> None:
        self.processes = processes
        self._servers = servers

    def prepare(self, folder: Path) -> None:
        rabbit = self._servers.rabbit
        database = self._servers.database(_database(folder))
        move_to_servers(folder, database, str(rabbit.address("bench")), rabbit.password)
        if self.processes > 1:
            share_port(folder)

    def disk_bytes(self, sender: Path, receiver: Path, messages: int) -> dict[str, float]:
        return {
            f"{role}_disk_bytes": self._servers.bytes_of(_database(folder)) / messages
            for role, folder in (("sender", sender), ("receiver", receiver))
        }


def _database(folder: Path) -> str:
    assert folder.name in {SENDER, RECEIVER}
    return f"bench_{folder.name}"


def _cpu_of_family(pid: int) -> float:
    """Seconds of a process and of all below it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / 100  # with children that ended
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_cpu_of_family(int(child)) for child in children)


@contextmanager
def servers() -> Iterator[Servers]:
    """For as long as it is open. Raises ServerMissing when there are no binaries."""
    found = binaries(instead=_NOWHERE)
    need_rabbitmq(instead=_NOWHERE)
    # Not under a long path: the names of a node's files can get too long.
    with ExitStack() as end:
        folders = [
            Path(end.enter_context(tempfile.TemporaryDirectory(prefix=f"tongban-bench-{name}-")))
            for name in ("postgres", "rabbitmq")
        ]
        postgres = PrivatePostgres(found, folders[0], free_port())
        end.callback(postgres.stop)
        postgres.start(synced=True)
        rabbit = PrivateRabbit(
            folders[1],
            "bench",
            secrets.token_hex(12),
            (free_port(), free_port(), free_port()),
            vhosts=["bench"],
            plugins=["rabbitmq_shovel"],
        )
        end.callback(rabbit.stop)
        rabbit.start()
        yield Servers(postgres, rabbit)
