"""A server's Debian package: found, installed where we may, or named to whoever reads."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class ServerMissing(Exception):  # noqa: N818  # like the errors of contracts.errors
    """No such server on this machine, and none that we may install; says what would help."""


def installed(find: Callable[[], T | None], package: str, *, instead: str) -> T:
    """What `find` finds, after the installation of `package` where that is possible.

    `instead`: a variable that names a server elsewhere. Raises ServerMissing.
    """
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        # One of several that look at the same time does it, the others wait for it.
        with Path(tempfile.gettempdir(), "tongban-apt.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = find() or _install(find, package)
    if found is None:
        raise ServerMissing(
            f"{package} is missing: apt-get install {package}, or name a server in {instead}"
        )
    return found


def _install(find: Callable[[], T | None], package: str) -> T | None:
    # RUNLEVEL: installed, not started as a service of the machine.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "-y", package]):
        subprocess.run(
            ["apt-get", "-qq", *words],
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    return find()
