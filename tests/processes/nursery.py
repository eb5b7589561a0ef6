"""Processes of `tongban` that are born with everything loaded.

To load the program takes a slow machine longer than most tests need for the rest, and the tests
start it some hundred times. So one process loads it once and forks for each that is started:
a process of its own with an environment, a working folder and an output of its own, that runs
what ``python -m gateway.cli`` runs. Those of another release are started in the usual way.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "gateway.bootstrap", "gateway.cli.app", "uvloop"])


@dataclass(frozen=True, slots=True)
class Born:
    """As much of `subprocess.Popen` as tests use."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0.0)
        return code


def bear(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, out: Path, err: Path
) -> Born:
    """``tongban`` with these arguments; what it prints is added to `out` and `err`."""
    given = (list(arguments), dict(environment), str(folder), str(out), str(err))
    process = _CONTEXT.Process(target=_live, args=given, daemon=True)
    # The first one loads the program, and its help is made in the language of that moment.
    language = os.environ.pop("TONGBAN_LANG", None)
    try:
        process.start()
    finally:
        if language is not None:
            os.environ["TONGBAN_LANG"] = language
    return Born(process)


def _live(
    arguments: list[str], environment: dict[str, str], folder: str, out: str, err: str
) -> None:
    for path, descriptor in ((out, 1), (err, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["tongban", *arguments]
    from gateway.cli import main  # of the tests' own process it is no business

    main()
