"""The passphrase of a key store, from a guarded file or from the environment.

It never stands in an error, a log line or a `repr`.
"""

import os
from pathlib import Path

from contracts.errors import KeyUnusable
from keys.stores.guarded_file import read_guarded

MAX_LENGTH = 1024


def passphrase(file: Path | None, env: str | None) -> bytes:
    """The passphrase in `file` (mode 0600, one line) or, without one, in variable `env`.

    A line end after the passphrase does not belong to it. Raises KeyUnusable when neither
    is given, or when what is given is missing, readable by others, empty or too long.
    """
    if file is not None:
        secret = read_guarded(file, limit=MAX_LENGTH + 2)
        secret = secret.removesuffix(b"\n").removesuffix(b"\r")
        return _checked(secret, source=str(file))
    if env is not None:
        return _checked(os.environb.get(os.fsencode(env), b""), source=f"${env}")
    raise KeyUnusable("neither a passphrase file nor a variable is given")


def _checked(secret: bytes, *, source: str) -> bytes:
    if not secret:
        raise KeyUnusable("the passphrase is missing or empty", source=source)
    if len(secret) > MAX_LENGTH:
        raise KeyUnusable(f"the passphrase is longer than {MAX_LENGTH} bytes", source=source)
    return secret
