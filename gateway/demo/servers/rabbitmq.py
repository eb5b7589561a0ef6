"""A RabbitMQ of our own: free ports, a folder for all it writes, gone when it is stopped.

It keeps away from any other on the machine: its own node name, data, cookie and port mapper.
The server is Debian's package `rabbitmq-server`, installed first where that is possible.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from yarl import URL

from gateway.demo.servers.package import installed

# The commands in /usr/sbin are wrappers that change the user to `rabbitmq`.
COMMANDS = Path("/usr/lib/rabbitmq/bin")
_READY_SECONDS = 120.0
_END_SECONDS = 30.0
_LOOK_EVERY = 0.2


@dataclass
class PrivateRabbit:
    """One node over `folder`; it can be stopped and started again over the same data.

    `ports`: its own, one for other nodes, and its port mapper's. `vhosts` are there from the
    start, beside the default one, and so are `plugins`, of those that come with the server.
    """

    folder: Path
    user: str
    password: str
    ports: tuple[int, int, int]
    vhosts: Sequence[str] = ()
    plugins: Sequence[str] = ()
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def process(self) -> int:
        """The number of the server's process, while it runs."""
        return self._processes[-1].pid

    def address(self, vhost: str = "/") -> URL:
        """Without the password."""
        path = vhost.replace("/", "%2F")
        return URL(f"amqp://{self.user}@127.0.0.1:{self.port}/{path}", encoded=True)

    def start(self) -> None:
        """Start, and wait until clients are served. Raises RuntimeError when it does not."""
        settings = self.folder / "rabbitmq.conf"
        settings.touch(mode=0o600)
        settings.write_text(self._settings())
        (self.folder / "plugins").write_text(f"[{','.join(self.plugins)}].\n")
        # The server would start a port mapper that outlives it: this one ends with it.
        mapper = ["epmd", "-port", str(self.ports[2]), "-address", "127.0.0.1"]
        with (self.folder / "output").open("ab") as output:
            for command in (mapper, [str(COMMANDS / "rabbitmq-server")]):
                self._processes.append(
                    subprocess.Popen(
                        command,
                        env=self._environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
                )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._serves():
            if self._processes[-1].poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "output").read_text("utf-8", "replace")
                raise RuntimeError(f"rabbitmq-server: {said[-3000:]}")
            time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """As a crash: what was confirmed is on the disk."""
        while self._processes:
            process = self._processes.pop()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_END_SECONDS)

    def command(self, *words: str) -> str:
        """What ``rabbitmqctl`` says. Raises RuntimeError."""
        ran = subprocess.run(
            [str(COMMANDS / "rabbitmqctl"), "--quiet", *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_READY_SECONDS,
        )
        if ran.returncode != 0:
            raise RuntimeError(f"rabbitmqctl: {ran.stderr.decode(errors='replace')}")
        return ran.stdout.decode()

    def _serves(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(5)
            try:
                probe.connect(("127.0.0.1", self.port))
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(1))
            except OSError:
                return False

    def _settings(self) -> str:
        text = f"default_user = {self.user}\ndefault_pass = {self.password}\n"
        if not self.vhosts:
            return text
        definitions = self.folder / "definitions.json"
        definitions.touch(mode=0o600)
        definitions.write_bytes(orjson.dumps(self._definitions()))
        return f"{text}load_definitions = {definitions}\n"

    def _definitions(self) -> dict[str, object]:
        """Read when it starts: a command for each would take seconds."""
        salt = secrets.token_bytes(4)
        proof = salt + hashlib.sha256(salt + self.password.encode()).digest()
        user = {
            "name": self.user,
            "password_hash": base64.b64encode(proof).decode(),
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": "",
        }
        everything = {"user": self.user, "configure": ".*", "write": ".*", "read": ".*"}
        return {
            "users": [user],
            "vhosts": [{"name": name} for name in self.vhosts],
            "permissions": [{**everything, "vhost": name} for name in self.vhosts],
        }

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),  # of the cookie
            "ERL_EPMD_PORT": str(self.ports[2]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"private-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.ports[1]),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none-env"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            # Two schedulers instead of one a core, and no busy waiting: others run here too.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none",
        }


def need_rabbitmq(*, instead: str) -> None:
    """See that there is a server to start.

    `instead`: a variable that names one elsewhere. Raises ServerMissing.
    """
    installed(_find, "rabbitmq-server", instead=instead)


def _find() -> Path | None:
    server = COMMANDS / "rabbitmq-server"
    return server if server.exists() else None
