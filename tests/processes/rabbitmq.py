"""A RabbitMQ of the tests' own, or the one that the environment names."""

import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.servers.package import ServerMissing
from gateway.demo.servers.rabbitmq import PrivateRabbit, need_rabbitmq
from tests.processes.ports import free_port

ADDRESS_VARIABLE = "TONGBAN_TEST_RABBITMQ"
USER = "tests"
PASSWORD = "a-password-of-the-tests"  # found in no log but by mistake


class RabbitServer(PrivateRabbit):
    """One node over `folder`; it can be stopped and started again over the same data."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, USER, PASSWORD, (free_port(), free_port(), free_port()))

    def full_address(self, vhost: str = "/") -> str:
        """With the password, as a client takes it."""
        return str(self.address(vhost).with_password(PASSWORD))

    def new_vhost(self) -> str:
        """An empty one, and its name."""
        name = f"test-{secrets.token_hex(4)}"
        self.make_vhost(name)
        return name

    def make_vhost(self, name: str) -> None:
        self.command("add_vhost", name)
        self.command("set_permissions", "--vhost", name, USER, ".*", ".*", ".*")

    def delete_vhost(self, name: str) -> None:
        """With everything in it; whoever is connected to it is thrown out."""
        self.command("delete_vhost", name)


@contextlib.contextmanager
def rabbit_server() -> Iterator[RabbitServer]:
    """A private server, whatever else there is."""
    try:
        need_rabbitmq(instead=ADDRESS_VARIABLE)
    except ServerMissing as missing:
        pytest.exit(str(missing), returncode=1)
    # Not under pytest's folders: their names can be too long for a node's files.
    with tempfile.TemporaryDirectory(prefix="tongban-rabbitmq-") as folder:
        server = RabbitServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def rabbit_address() -> Iterator[str]:
    """The address of a broker for tests that only use one: the given one, or a private one."""
    if given := os.environ.get(ADDRESS_VARIABLE):
        yield given
        return
    with rabbit_server() as server:
        yield server.full_address()


if __name__ == "__main__":  # before the tests: say early what is missing
    if ADDRESS_VARIABLE not in os.environ:
        try:
            need_rabbitmq(instead=ADDRESS_VARIABLE)
        except ServerMissing as missing:
            sys.exit(str(missing))
