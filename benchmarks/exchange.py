"""Two gateways as two processes: messages a second, latency at rest, memory, bytes."""

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import orjson

from benchmarks import slow_signer
from benchmarks.members import make_two
from gateway import config

_SAMPLE_SECONDS = 0.1
_WARM_UP = 500  # messages that the sender sends before it measures


class Ground:
    """What both gateways stand on: a file of SQLite and one process each."""

    processes = 1
    tls = False  # plain HTTP

    def prepare(self, folder: Path) -> None:
        """Say so in a member's settings; as `tongban init` makes them they do."""

    def disk_bytes(self, sender: Path, receiver: Path, messages: int) -> dict[str, float]:
        """How much of a disk a message takes."""
        return {
            "sender_disk_bytes": _disk_bytes(sender) / messages,
            "receiver_disk_bytes": _disk_bytes(receiver) / messages,
        }


class OverTls(Ground):
    """The same, and they meet over mutual TLS."""

    tls = True


@contextmanager
def _gateways(
    folder: Path, count: int, environment: Mapping[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes of one gateway, at one port."""
    command = [sys.executable, "-m", "benchmarks.receiver", str(folder)]
    processes = [
        subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) for _ in range(count)
    ]
    try:
        if processes:
            _await_ready(folder, processes[0])
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _await_ready(folder: Path, process: subprocess.Popen[bytes]) -> None:
    url = f"http://{config.load(folder).settings.gateway.operations_listen}/health/ready"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).read()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the receiver in {folder} did not become ready")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _mib(pid: int, field: str) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split(f"{field}:")[1].split()[0]) / 1024


class _Resident(Thread):
    """Samples what a process holds in memory, until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = Event()
        self._mib: list[tuple[float, float]] = []  # when, and how much

    def run(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            try:
                self._mib.append((time.time(), _mib(self._pid, "VmRSS")))
            except (OSError, IndexError):  # it ended
                return

    def between(self, began: float, ended: float) -> list[float]:
        """Ends the sampling. The samples of a span of time, as `time.time()` tells it."""
        self._over.set()
        self.join()
        return [mib for at, mib in self._mib if began <= at <= ended]


def _second_half_growth(memory: Sequence[float]) -> float:
    half = memory[len(memory) // 2 :]
    return half[-1] - half[0] if half else 0.0


def _disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("store.sqlite*"))


def measure(
    suite: str,
    *,
    messages: int,
    singles: int | None,
    ground: Ground | None = None,
    signs_per_s: float | None = None,
) -> dict[str, float]:
    """One run; both members have `suite`. Numbers as they stand in ``bench.json``.

    On `ground` both members have so many processes, and latency is measured with one only.
    With `signs_per_s` no process signs more often than that.
    """
    ground = ground or Ground()
    environment = slow_signer.environment(signs_per_s)
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch, ExitStack() as end:
        sender, receiver = make_two(Path(scratch), suite, tls=ground.tls)
        for folder in (sender, receiver):
            ground.prepare(folder)
        receivers = end.enter_context(_gateways(receiver, ground.processes, environment))
        # They hold the lanes before the one that makes the load comes.
        senders = end.enter_context(_gateways(sender, ground.processes - 1, environment))
        before = [_cpu_seconds(process.pid) for process in (*receivers, *senders)]
        resident = _Resident(receivers[0].pid)
        resident.start()
        command = [sys.executable, "-m", "benchmarks.sender", str(sender), str(messages)]
        command += [] if senders else [str(singles or 0)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
        report = orjson.loads(done.stdout.splitlines()[-1])
        total = messages + (0 if senders else singles or 0) + _WARM_UP
        used = [
            _cpu_seconds(process.pid) - was
            for process, was in zip((*receivers, *senders), before, strict=True)
        ]
        ours = [kib / 1024 for kib in report.pop("memory_kib")]
        theirs = resident.between(report.pop("began"), report.pop("ended"))
        receiver_peak = max(_mib(process.pid, "VmHWM") for process in receivers)
        return {
            **report,
            "cpu_us": report["cpu_us"] + sum(used[len(receivers) :]) / total * 1e6,
            "receiver_cpu_us": sum(used[: len(receivers)]) / total * 1e6,
            "peak_mib": max(report["peak_mib"], receiver_peak),
            "sender_peak_mib": report["peak_mib"],
            "receiver_peak_mib": receiver_peak,
            "second_half_growth_mib": max(map(_second_half_growth, (ours, theirs))),
            **ground.disk_bytes(sender, receiver, total),
        }


def beside_tls(suite: str, *, messages: int, singles: int, runs: int = 2) -> dict[str, float]:
    """Mutual TLS and plain HTTP in turns, in the same minutes: the best of each, as they stand in
    ``bench.json``, and what part of the plain rate is left."""
    plain, tls = 0.0, dict[str, float]()
    for _ in range(runs):
        rate = measure(suite, messages=messages, singles=None)["messages_per_s"]
        plain = max(plain, rate)
        run = measure(suite, messages=messages, singles=singles, ground=OverTls())
        tls = max(tls, run, key=lambda each: each.get("messages_per_s", 0.0))
    found = {f"exchange.{suite}.tls.{name}": value for name, value in tls.items()}
    return {**found, f"ratio.{suite}_tls_to_plain": tls["messages_per_s"] / plain}


if __name__ == "__main__":
    sys.stdout.write(f"{measure(sys.argv[1], messages=int(sys.argv[2]), singles=200)}\n")
