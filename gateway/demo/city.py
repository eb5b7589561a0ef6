"""One city of the demonstration: its folder, its gateway process, and its own system.

The system is a pair of folders: documents are dropped into `in/`, and what the gateway
translated for the city appears in `out/`.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson

from gateway.cli.language import say
from gateway.config import FILE_NAME
from gateway.demo.native import NUMBER, Native, Plain
from gateway.member_folder import NewMember, make_member_folder
from keys.atomic_file import write_atomically
from keys.trust.member import Member
from keys.trust.members_file import write_members

LOG = "gateway.log"
_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOOK_EVERY = 0.05
_LAST_LINES = 15


class DemoFailed(Exception):  # noqa: N818  # like the errors of contracts.errors
    """Something that should have happened did not; `city` whose log may say why."""

    def __init__(self, what: str, city: "City | None" = None) -> None:
        self.city = city
        super().__init__(what)


@dataclass
class City:
    """A member: its own system's format is `family`, its documents' bytes are `encoding`.

    Partners reach it at `port`, over mutual TLS; `operations` is the port of its health.
    `secrets` are files of its folder that the profile refers to: the system and the gateway
    share what is in them.
    """

    code: str
    name: str
    suite: str
    family: str
    encoding: str
    home: Path
    port: int
    operations: int
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    native: Native | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def out(self) -> Path:
        return self.home / "city" / "out"

    @property
    def _native(self) -> Native:
        return self.native or Plain(self.encoding)

    def make(self) -> Member:
        """Its folder, with keys and settings; returns what the others must know of it."""
        listen = f"127.0.0.1:{self.port}"
        member = make_member_folder(
            self.home, NewMember(self.code, self.suite, listen, profile=self.code, name=self.name)
        )
        for name, secret in self.secrets.items():
            write_atomically(self.home / name, secret.encode(), mode=0o600)
        settings = self.home / FILE_NAME
        place = f'[gateway]\noperations_listen = "127.0.0.1:{self.operations}"\n'
        settings.write_text(settings.read_text("utf-8").replace("[gateway]\n", place), "utf-8")
        return member

    def meet(self, members: Iterable[Member]) -> None:
        write_members(self.home / "members.json", list(members))

    # --- its gateway ------------------------------------------------------------------------

    def start(self) -> None:
        """`tongban run` in a process group of its own: Ctrl-C is for us to pass on."""
        settings = {k: v for k, v in os.environ.items() if not k.startswith("TONGBAN_")}
        with (self.home / LOG).open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "run", str(self.home)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=settings,
                start_new_session=True,
            )

    async def ready(self) -> None:
        """Wait until it would take batches. Raises DemoFailed."""
        address = f"http://127.0.0.1:{self.operations}/health/ready"
        deadline = time.monotonic() + _READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                self.must_live()
                try:
                    async with session.get(address) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(_LOOK_EVERY)
        raise DemoFailed(say(f"{self.name}网关未能就绪", f"{self.name}: not ready"), self)

    def must_live(self) -> None:
        if self.process is None or self.process.poll() is not None:
            raise DemoFailed(say(f"{self.name}网关已退出", f"{self.name}: gateway ended"), self)

    def last_words(self) -> list[str]:
        """The end of its log."""
        log = self.home / LOG
        text = log.read_text("utf-8", "replace") if log.exists() else ""
        return text.splitlines()[-_LAST_LINES:]

    # --- its own system ---------------------------------------------------------------------

    def drop(self, name: str, text: str) -> None:
        """Put a document into `in/`: under a dot-name first, so that it appears whole."""
        folder = self.home / "city" / "in"
        hidden = folder / f".{name}"
        hidden.write_bytes(self._native.to_bytes(text))
        hidden.rename(folder / name)

    def rejection(self, name: str) -> str | None:
        """Why a dropped document was set aside."""
        reason = self.home / "city" / "rejected" / f"{name}.reason.json"
        if not reason.exists():
            return None
        said = orjson.loads(reason.read_bytes())
        return f"{said['code']}: {said['detail']}"

    def documents(self, kind: str) -> list[Path]:
        """What came out of this kind, oldest first."""
        # A name that begins with a dot is a document that is still being written.
        return sorted(self.out.glob(f"[!.]*-{kind}-*"))

    def read(self, document: Path) -> str:
        return self._native.to_text(document.read_bytes())

    def number_in(self, text: str) -> str:
        """The number by which a native document calls its case."""
        found = NUMBER[self.family].search(text)
        if found is None:
            raise DemoFailed(f"{self.name}: no number in a document", self)
        return found.group(1)


def stop(cities: Iterable[City]) -> None:
    """End all gateways, gracefully where that works."""
    running = [city.process for city in cities if city.process and city.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
