"""Where a session is kept between two commands: a file of mode 0600 of whoever signed in.

It lies in the user's state folder (XDG), one for each member's folder; or where
``TONGBAN_SESSION`` says. Under sudo several people use one account of the system: each then has a
file of their own, by the number of the user who called sudo.
"""

import hashlib
import os
from pathlib import Path

from contracts.errors import KeyUnusable
from gateway import config
from keys.atomic_file import write_atomically
from keys.stores.guarded_file import read_guarded

VARIABLE = "TONGBAN_SESSION"
_LIMIT = 256


def session_file(folder: config.Home) -> Path:
    """The file of whoever runs this command, at this member."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return _state_folder() / f"session-{_member(folder)}"


def head_file(folder: config.Home) -> Path:
    """Beside it: the head that the log had when it was last checked here."""
    return session_file(folder).parent / f"log-{_member(folder)}"


def _member(folder: config.Home) -> str:
    place = hashlib.sha256(os.fsencode(folder.folder.resolve())).hexdigest()[:12]
    caller = os.environ.get("SUDO_UID", "")
    whose = f"-{caller}" if caller.isdigit() else ""
    return f"{folder.settings.member.code}-{place}{whose}"


def _state_folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(state) if state and Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "tongban"


def read_session(folder: config.Home) -> str | None:
    """None where nobody signed in. Raises KeyUnusable when others could read the file."""
    file = session_file(folder)
    if not file.exists():
        return None
    return read_guarded(file, limit=_LIMIT).decode("ascii", "replace").strip()


def write_session(folder: config.Home, secret: str) -> Path:
    """Keep a session. Raises KeyUnusable."""
    file = session_file(folder)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, secret.encode() + b"\n", mode=0o600)
    except OSError as error:
        raise KeyUnusable(f"the session cannot be kept: {error.strerror}", file=file) from error
    return file


def forget_session(folder: config.Home) -> None:
    session_file(folder).unlink(missing_ok=True)
