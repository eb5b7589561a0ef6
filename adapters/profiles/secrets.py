"""Secrets of a profile: named in `profile.toml`, kept elsewhere, read when the adapter is made.

A reference is ``file:NAME``, seen from the folder of the member, or ``env:NAME``. So a profile can
be shown, copied and put under version control; what it refers to cannot.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from adapters.engine.rejection import Unfit

Resolve = Callable[[str], str]
"""The secret that a reference names. Raises Unfit, without a piece of it."""

LARGEST = 4096  # bytes
_REFERENCE = re.compile(r"file:[^\x00-\x1f]{1,255}|env:[A-Za-z_][A-Za-z0-9_]{0,127}")


def is_reference(text: object) -> bool:
    """Whether `text` has the form of a reference."""
    return isinstance(text, str) and _REFERENCE.fullmatch(text) is not None


def secrets_from(folder: Path) -> Resolve:
    """Resolves references to files in `folder` and to variables of the environment."""

    def resolve(reference: str) -> str:
        where, _, name = reference.partition(":")
        if where == "env":
            value = os.environ.get(name, "")
            if not value:
                raise Unfit(f"the environment variable {name} is not set")
            return value.strip()
        return _in_file(folder / name)

    return resolve


def _in_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror}") from error
    try:
        text = data.decode("ascii").strip() if len(data) <= LARGEST else ""
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise Unfit(f"{path} holds no secret: one line of plain letters and digits")
    return text
