"""The sending gateway as a process of its own: it makes the load and measures itself.

Run as ``python -m benchmarks.sender FOLDER MESSAGES SINGLES``; prints one JSON object. Without
SINGLES it is one of several processes of its gateway: receipts may come to any of them, so
what is done is what the store no longer holds waiting, and latency is not measured.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Protocol

import orjson
import uvloop

from benchmarks import slow_signer
from benchmarks.members import sample_draft
from gateway import bootstrap, config
from gateway.exchange.submit import Submit
from gateway.metrics import Metrics
from gateway.ports import Store

_OPEN = 2048  # messages submitted and not yet receipted, at most
_LOOK_SECONDS = 0.05  # the question costs the database as much as some messages
_DRAFTS = 512  # made beforehand and sent again and again under new numbers


class Progress(Protocol):
    """How many messages have their receipts. `submitted` is counted by whoever makes the load."""

    submitted: int

    async def reach(self, count: int) -> None:
        """Return when so many are done."""


class CountingMeter(Metrics):
    """Metrics that also wake whoever waits for receipts: the `Progress` of one process."""

    def __init__(self) -> None:
        super().__init__()
        self.submitted = self.done = self.duplicates = 0
        self.changed = asyncio.Event()

    def settled(self, partner: str, outcome: str, seconds: float) -> None:
        super().settled(partner, outcome, seconds)
        self.done += 1
        self.duplicates += outcome == "duplicate"
        self.changed.set()

    async def reach(self, count: int) -> None:
        while self.done < count:
            self.changed.clear()
            await self.changed.wait()


class Drained:
    """The `Progress` of a gateway of several processes: what its store no longer holds waiting."""

    def __init__(self, store: Store) -> None:
        self.submitted = 0
        self._store = store
        self._seen = 0
        self._looking = asyncio.Lock()

    async def reach(self, count: int) -> None:
        while self._seen < count:
            async with self._looking:
                if self._seen >= count:
                    return
                submitted = self.submitted
                waiting = sum(lane.depth for lane in await self._store.backlog())
                self._seen = max(self._seen, submitted - waiting)
                if self._seen < count:
                    await asyncio.sleep(_LOOK_SECONDS)


async def _saturate(submit: Submit, meter: Progress, messages: int) -> list[tuple[float, int]]:
    """Keep `_OPEN` messages under way; returns the time and the resident KiB at each tenth."""
    drafts = [sample_draft(i) for i in range(_DRAFTS)]
    start, tenths = meter.submitted, list[tuple[float, int]]()
    numbers = iter(range(messages))

    async def worker() -> None:
        for number in numbers:
            draft = drafts[number % _DRAFTS]
            fresh = type(draft)(f"S{start}-{number}", draft.kind, draft.body)
            await meter.reach(start + number - _OPEN)
            await submit(fresh)
            meter.submitted += 1
            if number % max(1, messages // 10) == 0:
                tenths.append((time.perf_counter(), _kib("VmRSS")))

    await asyncio.gather(*(worker() for _ in range(128)))
    await meter.reach(start + messages)
    return tenths


async def _singles(submit: Submit, meter: CountingMeter, count: int) -> list[float]:
    """Seconds from submit to verified receipt, one message at a time."""
    took = []
    for number in range(count):
        started, target = time.perf_counter(), meter.done + 1
        await submit(sample_draft(10_000_000 + number))
        meter.submitted += 1
        await meter.reach(target)
        took.append(time.perf_counter() - started)
    return sorted(took)


def _percentiles(latencies: list[float]) -> dict[str, float]:
    if not latencies:
        return {}
    return {
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
    }


def _second_to_first_half(tenths: list[float]) -> float:
    """How the rate held: that of the last four tenths to that of the four before."""
    if len(tenths) < 10:
        return 1.0
    return (tenths[5] - tenths[1]) / (tenths[9] - tenths[5])


def _kib(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])


async def _main(folder: Path, messages: int, singles: int | None) -> None:
    meter = CountingMeter()
    running = bootstrap.gateway(
        config.load(folder), metrics=meter, before_signer=slow_signer.asked()
    )
    serving = asyncio.create_task(running.run())
    await running.started.wait()
    submit = running.submit
    progress: Progress = meter if singles is not None else Drained(running.store)
    await _saturate(submit, progress, 500)  # warm up
    latencies = await _singles(submit, meter, singles or 0)
    began, cpu, started = time.time(), time.process_time(), time.perf_counter()
    tenths = await _saturate(submit, progress, messages)
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    running.stop()
    await serving
    report = {
        "messages_per_s": messages / seconds,
        "cpu_us": used / messages * 1e6,
        **_percentiles(latencies),
        "peak_mib": _kib("VmHWM") / 1024,
        "second_to_first_half": _second_to_first_half([at for at, _ in tenths]),
        "duplicates": meter.duplicates,
        "memory_kib": [kib for _, kib in tenths],
        "began": began,  # the span in which memory is to be sampled
        "ended": began + seconds,
    }
    sys.stdout.write(orjson.dumps(report).decode() + "\n")


if __name__ == "__main__":
    bootstrap.tune_process()
    _folder, _messages, *_singles_asked = sys.argv[1:]
    _asked = int(_singles_asked[0]) if _singles_asked else None
    uvloop.run(_main(Path(_folder), int(_messages), _asked))
