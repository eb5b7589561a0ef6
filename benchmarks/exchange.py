"""Two gateways as two processes: messages a second, latency at rest, memory, bytes."""

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import orjson

from benchmarks.members import make_two
from gateway import config

_SAMPLE_SECONDS = 0.1


@contextmanager
def _receiver(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.receiver", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        _await_ready(folder, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _await_ready(folder: Path, process: subprocess.Popen[bytes]) -> None:
    url = f"http://{config.load(folder).settings.gateway.listen}/health/ready"
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
    singles: int,
    settle: Callable[[Path, Path], None] = lambda _sender, _receiver: None,
) -> dict[str, float]:
    """One run; both members have `suite`. Numbers as they stand in ``bench.json``.

    `settle` may change the settings of sender and receiver, as their folders give them.
    """
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        sender, receiver = make_two(Path(scratch), suite)
        settle(sender, receiver)
        with _receiver(receiver) as process:
            before, resident = _cpu_seconds(process.pid), _Resident(process.pid)
            resident.start()
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.sender", sender, str(messages), str(singles)],
                stdout=subprocess.PIPE, check=True,
            )  # fmt: skip
            report = orjson.loads(done.stdout.splitlines()[-1])
            total = messages + singles + 500
            ours = [kib / 1024 for kib in report.pop("memory_kib")]
            theirs = resident.between(report.pop("began"), report.pop("ended"))
            receiver_peak = _mib(process.pid, "VmHWM")
            return {
                **report,
                "receiver_cpu_us": (_cpu_seconds(process.pid) - before) / total * 1e6,
                "peak_mib": max(report["peak_mib"], receiver_peak),
                "sender_peak_mib": report["peak_mib"],
                "receiver_peak_mib": receiver_peak,
                "second_half_growth_mib": max(map(_second_half_growth, (ours, theirs))),
                "sender_disk_bytes": _disk_bytes(sender) / total,
                "receiver_disk_bytes": _disk_bytes(receiver) / total,
            }


if __name__ == "__main__":
    sys.stdout.write(f"{measure(sys.argv[1], messages=int(sys.argv[2]), singles=200)}\n")
