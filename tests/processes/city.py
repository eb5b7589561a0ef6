"""A city whose gateway runs as a process of its own."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway import config
from gateway.member_folder import NewMember, make_member_folder
from keys.trust.member import Member
from keys.trust.members_file import write_members
from tests.processes.nursery import Born, bear
from tests.processes.patience import LONG, until
from tests.processes.ports import free_port

_ROOT = Path(__file__).parents[2]
_COMMAND = ("gateway.cli",)
_QUICK = {
    # A partner that is killed fifty times must not be waited for by the minute.
    "TONGBAN_EXCHANGE__BACKOFF_CEILING_S": "0.5",
    "TONGBAN_EXCHANGE__EXPIRE_EVERY_S": "0.2",
}


@dataclass
class City:
    """One member's folder, and the process over it while one runs.

    `env` overrides settings; several `City` over one folder are several processes of one
    gateway. `database`: the URL of its PostgreSQL database, see `move_to`. `command`: the
    module that runs it, and words for that module.
    """

    member: Member
    folder: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | Born | None = None
    database: str | None = None
    command: tuple[str, ...] = _COMMAND
    release: Path = _ROOT
    """Where the package lies that its process runs."""
    operations: int | None = None
    """The port at which operators ask; None: where partners do, as over plain HTTP."""

    @property
    def code(self) -> str:
        return self.member.code

    @property
    def store(self) -> Path:
        return self.folder / "store.sqlite"

    @property
    def books(self) -> Path | str:
        """Where its store is, for `tests.processes.ledger`."""
        return self.database or self.store

    def move_to(self, database: str) -> None:
        """Keep the store in a PostgreSQL database instead of a file."""
        settings = self.folder / config.FILE_NAME
        text = settings.read_text()
        table = f'[store]\nengine = "postgres"\nurl = "{database}"\n'
        assert "[store]\n" in text
        settings.write_text(text.replace("[store]\n", table))
        self.database = database

    @property
    def home(self) -> config.Home:
        """The folder's settings, to work on the same store from the test's own process."""
        return config.load(self.folder)

    # --- the process ------------------------------------------------------------------------

    def start(self) -> "City":
        """Start and do not wait."""
        assert self.process is None
        listen = {"TONGBAN_GATEWAY__LISTEN": self._listen}
        if self.operations is not None:
            listen["TONGBAN_GATEWAY__OPERATIONS_LISTEN"] = f"127.0.0.1:{self.operations}"
        environment = {**os.environ, **_QUICK, **listen, **self.env}
        if self.release == _ROOT and self.command == _COMMAND:
            log_file = self._log_file
            arguments = ["run", str(self.folder)]
            self.process = bear(arguments, environment, _ROOT, log_file, log_file)
            return self
        environment["PYTHONPATH"] = str(self.release)  # before an editable install
        with self._log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command, "run", str(self.folder)],
                cwd=self.release,
                stderr=log,
                stdout=log,
                env=environment,
            )
        return self

    def ready(self) -> "City":
        """Wait until batches would be taken."""
        until(self._is_ready, f"{self.code} is ready; its log ends {self.log()[-2000:]}")
        return self

    def kill(self) -> None:
        """End the process as the loss of power would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(LONG)
        self.process = None

    def clear_away(self) -> None:
        """At the end of a test: kill whatever still runs."""
        if self.process is not None:
            self.kill()

    def terminate(self) -> None:
        """Ask the process to end; do not wait."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Wait for the end of the process; its exit code."""
        assert self.process is not None
        code = self.process.wait(LONG)
        self.process = None
        return code

    def stop(self) -> int:
        self.terminate()
        return self.ended()

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.code} ended: {self.log()[-2000:]}"
        return self.health()[0] == 200

    # --- what can be seen from outside --------------------------------------------------------

    @property
    def url(self) -> str:
        scheme = "http" if self.operations is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def operators_url(self) -> str:
        """Where health and metrics are."""
        return f"http://127.0.0.1:{self.operations or self.port}"

    @property
    def _listen(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def _log_file(self) -> Path:
        return self.folder / f"log-{self.port}"

    def log(self) -> str:
        """Everything the processes on this port have written."""
        return self._log_file.read_text() if self._log_file.exists() else ""

    def health(self) -> tuple[int, dict[str, object]]:
        """Status and body of /health/ready; 0 when nobody listens."""
        try:
            with urllib.request.urlopen(f"{self.operators_url}/health/ready", timeout=10) as answer:
                return answer.status, orjson.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, orjson.loads(error.read())
        except OSError:
            return 0, {}

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0 when there are none."""
        with urllib.request.urlopen(f"{self.operators_url}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.partition("{")[0].partition(" ")[0] == name
            and all(pair in line for pair in wanted)
        )

    def memory(self, field_name: str) -> int:
        """Bytes of `VmRSS` (resident now) or `VmHWM` (its peak since `forget_peak`)."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{field_name}:")[1].split()[0]) * 1024

    def forget_peak(self) -> None:
        """Let VmHWM start again from what is resident now (proc(5), clear_refs)."""
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


@contextmanager
def cities(
    folder: Path,
    suites: Mapping[str, str],
    *strangers: Member,
    folders: Collection[str] = (),
    tls: bool = False,
) -> Iterator[list[City]]:
    """Members in `folder` that all know each other, as `tongban init` makes them.

    `suites`: suite by member code. `strangers` are on everybody's list and have no gateway.
    `folders`: the codes of those that hand over to drop folders. `tls`: whether they speak
    mutual TLS; where that is not the matter, plain HTTP is quicker to start and to look at.
    None is started; those that run at the end are killed.
    """
    made = []
    for code, suite in suites.items():
        port = free_port()
        member = make_member_folder(
            folder / code,
            NewMember(
                code,
                suite,
                listen=f"127.0.0.1:{port}",
                profile=code if code in folders else None,
                plain_http=not tls,
            ),
        )
        operations = free_port() if tls else None
        made.append(City(member, folder / code, port, operations=operations))
    for city in made:
        write_members(city.folder / "members.json", [*(c.member for c in made), *strangers])
    try:
        yield made
    finally:
        for city in made:
            city.clear_away()


def beside(city: City) -> City:
    """A second process over the folder of `city`, on a port of its own, not started."""
    return City(
        city.member,
        city.folder,
        free_port(),
        env=dict(city.env),
        database=city.database,
        operations=None if city.operations is None else free_port(),
    )
