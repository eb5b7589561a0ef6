"""A gateway whose machine has the wrong time: the real one, its clock set by a file.

``python -m tests.processes.other_time FILE run FOLDER`` is ``tongban run FOLDER`` with FILE's
seconds added to the time of day. Time that only passes (`monotonic`) is right, as it is on
a machine whose clock is set.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import clock


def set_clock(file: Path, seconds: float) -> None:
    """At once, for every process that runs with this file."""
    beside = file.with_suffix(".new")
    beside.write_text(str(seconds))
    beside.rename(file)


def main() -> None:
    file = Path(sys.argv.pop(1))

    def now(_: clock.SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))

    clock.SystemClock.now = now  # type: ignore[assignment, method-assign]
    from gateway.cli import main as tongban

    tongban()


if __name__ == "__main__":
    main()
