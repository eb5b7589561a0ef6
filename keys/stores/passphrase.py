"""The passphrase of a key store, or the PIN of a token: from a guarded file, from the
environment, or from a credential of systemd.

It never stands in an error, a log line or a `repr`.
"""

import os
import re
from pathlib import Path

from contracts.errors import KeyUnusable
from keys.stores.guarded_file import read_credential, read_guarded

MAX_LENGTH = 1024
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable by which systemd tells a service where its credentials are (systemd.exec(5))."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,254}", re.ASCII)


def passphrase(
    file: Path | None, env: str | None, credential: str | None = None, *, what: str = "passphrase"
) -> bytes:
    """The passphrase in `file` (mode 0600, one line), else in variable `env`, else in `credential`.

    A line end after it does not belong to it. `what` is its name in errors. Raises
    KeyUnusable when none is given, or when what is given is missing, readable by others,
    empty or too long.
    """
    if file is not None:
        return _checked(_line(read_guarded(file, limit=MAX_LENGTH + 2)), what, str(file))
    if env is not None:
        return _checked(os.environb.get(os.fsencode(env), b""), what, f"${env}")
    if credential is not None:
        path = credential_path(credential)
        return _checked(_line(read_credential(path, limit=MAX_LENGTH + 2)), what, str(path))
    raise KeyUnusable(f"neither a file nor a variable nor a credential for the {what} is given")


def credential_path(name: str) -> Path:
    """Where systemd put the credential. Raises KeyUnusable when it put none anywhere."""
    if _NAME.fullmatch(name) is None:
        raise KeyUnusable("a credential's name is one word", credential=name[:100])
    folder = os.environ.get(CREDENTIALS, "")
    if not folder.startswith("/"):
        detail = f"${CREDENTIALS} is not set: systemd sets it for a service that has credentials"
        raise KeyUnusable(detail, credential=name)
    return Path(folder, name)


def _line(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _checked(secret: bytes, what: str, source: str) -> bytes:
    if not secret:
        raise KeyUnusable(f"the {what} is missing or empty", source=source)
    if len(secret) > MAX_LENGTH:
        raise KeyUnusable(f"the {what} is longer than {MAX_LENGTH} bytes", source=source)
    return secret
