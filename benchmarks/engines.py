"""The exchange over PostgreSQL and RabbitMQ with several processes, beside a shovel.

Everything on one machine: both gateways, the database of each, the broker. Each number of
processes is measured in the same minutes as the shovel.
"""

import argparse
import sys
from pathlib import Path

import orjson

from benchmarks import exchange, shovel
from benchmarks.servers import OnServers, Servers, servers

_OUTPUT = Path("build/engines.json")
PROCESSES = (1, 2, 4)


def measure(*, messages: int, singles: int, suite: str = "sm") -> dict[str, float]:
    """All figures, as they stand in ``bench.json``."""
    found: dict[str, float] = {}
    with servers() as running:
        found |= shovel.measure(running, messages=messages, size=_WIRE_BYTES)
        for processes in PROCESSES:
            run = measure_one(running, suite, processes, messages=messages, singles=singles)
            found |= {f"engines.{suite}.{processes}.{name}": value for name, value in run.items()}
    return found


_WIRE_BYTES = 4137
"""What a message of 2 KiB takes in a request of suite `sm`: see `stages.sm.request_bytes`."""


def measure_one(
    running: Servers, suite: str, processes: int, *, messages: int, singles: int
) -> dict[str, float]:
    """One run with so many processes of each gateway."""
    before = running.cpu_seconds()
    run = exchange.measure(
        suite, messages=messages, singles=singles, ground=OnServers(running, processes)
    )
    after = running.cpu_seconds()
    used = [(end - start) / messages * 1e6 for start, end in zip(before, after, strict=True)]
    return {**run, "postgres_cpu_us": used[0], "rabbitmq_cpu_us": used[1]}


def sustain(*, messages: int, processes: int, suite: str = "sm") -> dict[str, float]:
    """One long run: whether the rate sinks, and whether duplicates come."""
    with servers() as running:
        run = measure_one(running, suite, processes, messages=messages, singles=50)
    return {f"sustained.{suite}.{processes}.{name}": value for name, value in run.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="messages a run")
    parser.add_argument("--singles", type=int, default=200, help="single messages at rest")
    parser.add_argument("--sustained", type=int, help="instead: one run of so many messages")
    options = parser.parse_args()
    if options.sustained:
        found = sustain(messages=options.sustained, processes=1)
    else:
        found = measure(messages=options.messages, singles=options.singles)
    for name, value in found.items():
        sys.stdout.write(f"  {name:<46} {value:>12,.1f}\n")
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
