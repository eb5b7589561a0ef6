"""A PostgreSQL server of our own in a folder: started, stopped, and started again.

Made from the machine's own binaries, which are installed first where that is possible.
"""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import URL

from gateway.demo.servers.package import installed

ROLE = "tongban"
_DEBIAN = "/usr/lib/postgresql"


class PrivatePostgres:
    """One server over `folder`, which others must be able to enter when we are root."""

    def __init__(
        self, binaries: Path, folder: Path, port: int, password: str | None = None, *more: str
    ) -> None:
        """Make its files; `more`: words for initdb. Without a `password` everybody on this
        machine may come in."""
        self.port = port
        self._binaries, self._folder = binaries, folder
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, *account())
        words = ["-U", ROLE, "-E", "UTF8", "--no-sync", "--locale=C", *more]
        if password is None:
            self._run("initdb", *words, "-A", "trust")
            return
        secret = folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(password + "\n")
        if os.geteuid() == 0:
            shutil.chown(secret, *account())
        self._run("initdb", *words, "-A", "scram-sha-256", "--pwfile", str(secret))

    def url(self, database: str = "postgres") -> URL:
        """Without the password."""
        return URL.create(
            "postgresql", username=ROLE, host="127.0.0.1", port=self.port, database=database
        )

    def start(self, *, synced: bool = False) -> None:
        """Start, and wait until it answers. Only when `synced` it survives the loss of power."""
        options = f"-p {self.port} -h 127.0.0.1 -c unix_socket_directories="
        options += "" if synced else " -F"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """As a crash would: what was not flushed to the log is gone."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    @property
    def process(self) -> int:
        """The number of the first of its processes."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    @property
    def data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self.data), *arguments]
        who = account() if os.geteuid() == 0 else (None, None)
        # A file, not a pipe: the server keeps it open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                user=who[0],
                group=who[1],
                extra_groups=[] if who[0] else None,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                check=False,
            )
            said.seek(0)
            if done.returncode != 0:
                raise RuntimeError(f"{program}: {said.read().decode(errors='replace')}")


def account() -> tuple[str, str]:
    """User and group for a server that root starts."""
    try:
        return pwd.getpwnam("postgres").pw_name, grp.getgrnam("postgres").gr_name
    except KeyError:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_name, grp.getgrgid(nobody.pw_gid).gr_name


def binaries(*, instead: str) -> Path:
    """The folder of initdb and pg_ctl: on the path, as Debian has them, or freshly installed.

    `instead`: a variable that names a server elsewhere. Raises ServerMissing.
    """
    return installed(_find, "postgresql", instead=instead)


def _find() -> Path | None:
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    versions = sorted(Path(_DEBIAN).glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None
