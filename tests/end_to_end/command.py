"""`tongban` as a process: what an operator types, and what comes back."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.processes.nursery import bear
from tests.processes.patience import LONG

ROOT = Path(__file__).parents[2]
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """Ours without settings of anybody's gateway, and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    return {**kept, **variables}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gateway.cli", *arguments]


def several(*lines: Sequence[str | Path], home: Path) -> list[Ended]:
    """Commands of one home, one after another."""
    return [tongban(*line, variables={"TONGBAN_HOME": str(home)}) for line in lines]


def tongban(
    *arguments: str | Path, variables: Mapping[str, str] | None = None, within: float = LONG
) -> Ended:
    """Run to the end. Nothing that it prints may hold control characters: it is no terminal."""
    words, given = [str(word) for word in arguments], environment(**(variables or {}))
    # Help is made in one language when the program is loaded.
    loaded = "--lang" not in " ".join(words) and "TONGBAN_LANG" not in given
    ended = _born(words, given, within) if loaded else _started(words, given, within)
    assert "Traceback" not in ended.err, ended.err
    assert not CONTROL.search(ended.out + ended.err)
    return ended


def _born(words: list[str], given: Mapping[str, str], within: float) -> Ended:
    with TemporaryDirectory(prefix="tongban-said-") as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        born = bear(words, given, ROOT, out, err)
        try:
            code = born.wait(within)
        finally:
            born.send_signal(signal.SIGKILL)
        return Ended(code, out.read_text(), err.read_text())


def _started(words: list[str], given: Mapping[str, str], within: float) -> Ended:
    done = subprocess.run(
        command(*words),
        cwd=ROOT,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=within,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
