"""`tongban` as a process: what an operator types, and what comes back."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.processes.patience import LONG

_ROOT = Path(__file__).parents[2]
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


def tongban(
    *arguments: str | Path, variables: Mapping[str, str] | None = None, within: float = LONG
) -> Ended:
    """Run to the end. Nothing that it prints may hold control characters: it is no terminal."""
    done = subprocess.run(
        command(*map(str, arguments)),
        cwd=_ROOT,
        env=environment(**(variables or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=within,
        check=False,
    )
    ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ended.err, ended.err
    assert not CONTROL.search(ended.out + ended.err)
    return ended
