"""Officers over the command line: founded, given passwords, signed in with files of theirs."""

import base64
import re
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.officers import one_time_code
from tests.end_to_end.command import Ended, tongban

OFFICERS = {"sysadmin": "heron lantern uphill 7", "secadmin": "quartz violin meadow 3"}
OFFICERS["auditor"] = "saddle thimble orbit 9"
_SECRET = re.compile(r"(?:密钥|codes) +([A-Z2-7]{32})")
_FIRST = re.compile(r"(?:口令|password) +((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})")
_RECOVERY = re.compile(r"((?:[A-Z2-7]{4}-){7}[A-Z2-7]{4})")


@dataclass
class Officers:
    """Those of one member. Codes are good once, so each officer's step is remembered."""

    home: Path
    folder: Path
    secrets: dict[str, bytes]
    recovery: str

    def __post_init__(self) -> None:
        self._steps = dict.fromkeys(self.secrets, 0)

    def file(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(f"{text}\n")
        return file

    def code(self, name: str) -> str:
        """One that was not used: a step ahead of the clock is taken too."""
        now = one_time_code.step_of(int(time.time() * 1000))
        self._steps[name] = step = max(now, self._steps[name] + 1)
        while step > one_time_code.step_of(int(time.time() * 1000)) + 1:
            time.sleep(0.5)  # until the next code is one
        return one_time_code.code(self.secrets[name], step)

    def sign_in(self, name: str, password: str | None = None) -> Ended:
        file = self.file("given", password or OFFICERS[name])
        words = ("--as", name, "--password-file", file, "--code", self.code(name))
        return self.as_(name, "sign-in", *words)

    def as_(self, name: str, *words: str | Path) -> Ended:
        """Run a command with the session of an officer; of nobody for a name that never was."""
        session = {"TONGBAN_SESSION": str(self.folder / f"session-{name}")}
        return tongban(*words, "--home", self.home, variables=session)

    def choose(self, name: str, first: str, new: str) -> None:
        old, chosen = self.file("old", first), self.file("new", new)
        words = ("--as", name, "--password-file", old, "--code", self.code(name))
        changed = self.as_("", "officer", "password", *words, "--new-password-file", chosen)
        assert changed.code == 0, changed.err
        if found := _SECRET.findall(changed.out):
            self.secrets[name], self._steps[name] = _bytes(found[0]), 0

    def enrol(self, name: str, said: str) -> str:
        """Keep what `said` shows of a new secret; the first password."""
        self.secrets[name], self._steps[name] = _bytes(_SECRET.findall(said)[0]), 0
        return str(_FIRST.findall(said)[0])


def found(home: Path, folder: Path) -> Officers:
    """Found them, and let each choose a password."""
    folder.mkdir(mode=0o700)
    made = tongban("officer", "found", "--home", home)
    assert made.code == 0, made.err
    secrets = dict(zip(OFFICERS, map(_bytes, _SECRET.findall(made.out)), strict=True))
    firsts = dict(zip(OFFICERS, _FIRST.findall(made.out), strict=False))
    officers = Officers(home, folder, secrets, _RECOVERY.findall(made.out)[0])
    for name, password in OFFICERS.items():
        officers.choose(name, firsts[name], password)
    return officers


def _bytes(secret: str) -> bytes:
    return base64.b32decode(secret)
