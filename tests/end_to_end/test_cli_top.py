"""`tongban top` on a terminal: drawn again and again, and the terminal left as it was found."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

from gateway.member_folder import NewMember, make_member_folder
from tests.end_to_end.command import ROOT, command, environment
from tests.processes.patience import LONG

_AT_ITS_TERMINAL = """
import fcntl, os, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_ENTER, _LEAVE, _CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


def _read_until(master: int, seen: bytes, wanted: bytes, times: int = 1) -> bytes:
    deadline = time.monotonic() + LONG
    while seen.count(wanted) < times:
        assert time.monotonic() < deadline, seen
        if select.select([master], [], [], 1.0)[0]:
            seen += os.read(master, 65536)
    return seen


def test_ctrl_c_ends_it_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    make_member_folder(tmp_path, NewMember("410100", "intl", "127.0.0.1:8410"))
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_ITS_TERMINAL, *command("top", "--home", str(tmp_path))],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(TERM="xterm", COLUMNS="100", LINES="30"),
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        seen = _read_until(master, b"", "郑州市".encode(), times=3)
        assert seen.count(_ENTER) == 1
        os.write(master, b"\x03")
        seen = _read_until(master, seen, _LEAVE)
        assert process.wait(LONG) == 0
        while select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 65536)
        assert seen.rfind(_CURSOR) > 0
        assert b"Traceback" not in seen
        assert seen.count(_LEAVE) == 1
        assert termios.tcgetattr(slave) == before
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(LONG)
        os.close(master)
        os.close(slave)
