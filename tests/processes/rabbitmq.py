"""A RabbitMQ of the tests' own: free ports, a scratch folder, gone at the end.

It keeps away from any other on the machine: its own node name, data, cookie and port mapper.
The server is Debian's package `rabbitmq-server`; as root it is installed when it is missing.
"""

import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.config import FILE_NAME
from tests.processes.city import free_port
from tests.processes.patience import LONG, until

ADDRESS_VARIABLE = "TONGBAN_TEST_RABBITMQ"
USER = "tests"
PASSWORD = "a-password-of-the-tests"  # found in no log but by mistake
_ROOT = Path(__file__).parents[2]
# The commands in /usr/sbin are wrappers that change the user to `rabbitmq`.
_COMMANDS = Path("/usr/lib/rabbitmq/bin")


@dataclass
class RabbitServer:
    """One node over `folder`; it can be stopped and started again over the same data."""

    folder: Path
    port: int = field(default_factory=free_port)
    _dist_port: int = field(default_factory=free_port)
    _mapper_port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def address(self, vhost: str = "/") -> str:
        """With the password, as a client takes it."""
        return f"amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{vhost.replace('/', '%2F')}"

    def start(self) -> "RabbitServer":
        """Start, and wait until clients are served."""
        account = f"default_user = {USER}\ndefault_pass = {PASSWORD}\n"
        (self.folder / "rabbitmq.conf").write_text(account)
        # The server would start a port mapper that outlives it: this one ends with it.
        mapper = ["epmd", "-port", str(self._mapper_port), "-address", "127.0.0.1"]
        with (self.folder / "output").open("ab") as output:
            for command in (mapper, [str(_COMMANDS / "rabbitmq-server")]):
                self._processes.append(
                    subprocess.Popen(
                        command,
                        env=self._environment,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
                )
        until(self._serves, f"RabbitMQ serves; see {self.folder}/output", every=0.2)
        return self

    def stop(self) -> None:
        """As a crash: what was confirmed is on the disk."""
        while self._processes:
            process = self._processes.pop()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(LONG)

    def command(self, *words: str) -> str:
        """What ``rabbitmqctl`` says."""
        ran = subprocess.run(
            [str(_COMMANDS / "rabbitmqctl"), "--quiet", *words],
            env=self._environment,
            capture_output=True,
            check=False,
            timeout=LONG,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode()

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

    def _serves(self) -> bool:
        assert self._processes[-1].poll() is None, (self.folder / "output").read_text()[-3000:]
        with socket.socket() as probe:
            probe.settimeout(5)
            try:
                probe.connect(("127.0.0.1", self.port))
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(1))
            except OSError:
                return False

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),  # of the cookie
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none-env"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "no-plugins"),
            # Two schedulers instead of one a core, and no busy waiting: others run here too.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none",
        }


@contextlib.contextmanager
def rabbit_server() -> Iterator[RabbitServer]:
    """A private server, whatever else there is."""
    if missing := install():
        pytest.exit(missing, returncode=1)
    # Not under pytest's folders: their names can be too long for a node's files.
    with tempfile.TemporaryDirectory(prefix="tongban-rabbitmq-") as folder:
        server = RabbitServer(Path(folder))
        try:
            yield server.start()
        finally:
            server.stop()


@contextlib.contextmanager
def rabbit_address() -> Iterator[str]:
    """The address of a broker for tests that only use one: the given one, or a private one."""
    if given := os.environ.get(ADDRESS_VARIABLE):
        yield given
        return
    with rabbit_server() as server:
        yield server.address()


def install() -> str | None:
    """See that there is a server, once on this machine whoever comes first; what is missing."""
    with (Path(tempfile.gettempdir()) / "tongban-rabbitmq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        need = subprocess.run(
            [_ROOT / "tools" / "need", f"{_COMMANDS / 'rabbitmq-server'}:rabbitmq-server"],
            env={**os.environ, "RUNLEVEL": "1"},  # installed, not started as a service
            capture_output=True,
            text=True,
            check=False,
        )
    if need.returncode == 0:
        return None
    return (
        f"these tests need RabbitMQ: apt-get install rabbitmq-server, or name a broker in "
        f"{ADDRESS_VARIABLE}; {need.stderr.strip()[-200:]}"
    )


def use_broker(folder: Path, server: RabbitServer, vhost: str) -> None:
    """From now on the processes of the member in `folder` tell each other through `vhost`."""
    secret = folder / "broker-password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    with (folder / FILE_NAME).open("a") as file:
        file.write(
            f'\n[queue]\nengine = "rabbitmq"\npassword_file = "{secret.name}"\n'
            f'url = "amqp://{USER}@127.0.0.1:{server.port}/{vhost}"\n'
        )


if __name__ == "__main__":
    sys.exit(install())
