"""The sending gateway as a process of its own: it makes the load and measures itself.

Run as ``python -m benchmarks.sender FOLDER MESSAGES SINGLES``; prints one JSON object.
"""

import asyncio
import sys
import time
from pathlib import Path

import orjson
import uvloop

from benchmarks.members import sample_draft
from gateway import bootstrap, config
from gateway.exchange.submit import Submit
from gateway.metrics import Metrics

_OPEN = 2048  # messages submitted and not yet receipted, at most
_DRAFTS = 512  # made beforehand and sent again and again under new numbers


class CountingMeter(Metrics):
    """Metrics that also wake whoever waits for receipts."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0
        self.changed = asyncio.Event()

    def settled(self, partner: str, outcome: str, seconds: float) -> None:
        super().settled(partner, outcome, seconds)
        self.done += 1
        self.changed.set()

    async def reach(self, count: int) -> None:
        while self.done < count:
            self.changed.clear()
            await self.changed.wait()


async def _saturate(submit: Submit, meter: CountingMeter, messages: int) -> list[int]:
    """Keep `_OPEN` messages under way; returns resident KiB at each tenth of the way."""
    drafts = [sample_draft(i) for i in range(_DRAFTS)]
    start, memory = meter.done, list[int]()
    numbers = iter(range(messages))

    async def worker() -> None:
        for number in numbers:
            draft = drafts[number % _DRAFTS]
            fresh = type(draft)(f"S{start}-{number}", draft.kind, draft.body)
            await meter.reach(start + number - _OPEN)
            await submit(fresh)
            if number % max(1, messages // 10) == 0:
                memory.append(_kib("VmRSS"))

    await asyncio.gather(*(worker() for _ in range(128)))
    await meter.reach(start + messages)
    return memory


async def _singles(submit: Submit, meter: CountingMeter, count: int) -> list[float]:
    """Seconds from submit to verified receipt, one message at a time."""
    took = []
    for number in range(count):
        started, target = time.perf_counter(), meter.done + 1
        await submit(sample_draft(10_000_000 + number))
        await meter.reach(target)
        took.append(time.perf_counter() - started)
    return sorted(took)


def _kib(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])


async def _main(folder: Path, messages: int, singles: int) -> None:
    meter = CountingMeter()
    running = bootstrap.gateway(config.load(folder), metrics=meter)
    serving = asyncio.create_task(running.run())
    await running.started.wait()
    submit = running.submit
    await _saturate(submit, meter, 500)  # warm up
    latencies = await _singles(submit, meter, singles)
    began, cpu, started = time.time(), time.process_time(), time.perf_counter()
    memory = await _saturate(submit, meter, messages)
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    running.stop()
    await serving
    report = {
        "messages_per_s": messages / seconds,
        "cpu_us": used / messages * 1e6,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "peak_mib": _kib("VmHWM") / 1024,
        "memory_kib": memory,
        "began": began,  # the span in which memory is to be sampled
        "ended": began + seconds,
    }
    sys.stdout.write(orjson.dumps(report).decode() + "\n")


if __name__ == "__main__":
    bootstrap.tune_process()
    uvloop.run(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
