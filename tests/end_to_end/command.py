"""`tongban` as a process: what an operator types, and what comes back."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes.patience import LONG

ROOT = Path(__file__).parents[2]
_ENDED = re.compile(r"<ended (\d+)\n")
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


_SEVERAL = """
import json, sys
from gateway.cli import main

for line in json.loads(sys.argv[1]):
    sys.argv, code = ["tongban", *line], 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    for stream in (sys.stdout, sys.stderr):
        print("<ended", code, file=stream, flush=True)
"""


def several(*lines: Sequence[str | Path], home: Path) -> list[Ended]:
    """Commands of one home, one after another in one process, which begins in two seconds."""
    done = subprocess.run(
        [sys.executable, "-c", _SEVERAL, json.dumps([[*map(str, line)] for line in lines])],
        cwd=ROOT,
        env=environment(TONGBAN_HOME=str(home)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LONG,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    assert not CONTROL.search(out + err)
    ended = zip(
        _ENDED.split(out)[:-1:2], _ENDED.split(err)[:-1:2], _ENDED.findall(out), strict=True
    )
    return [Ended(int(code), text, remarks) for text, remarks, code in ended]


def tongban(
    *arguments: str | Path, variables: Mapping[str, str] | None = None, within: float = LONG
) -> Ended:
    """Run to the end. Nothing that it prints may hold control characters: it is no terminal."""
    done = subprocess.run(
        command(*map(str, arguments)),
        cwd=ROOT,
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
