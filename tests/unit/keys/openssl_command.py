"""The `openssl` command, as an implementation of SM2 that is not ours."""

import shutil
import subprocess
from pathlib import Path

import pytest

DISTINGUISHING_ID = ("-pkeyopt", "distid:1234567812345678")


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    """Standard output of `openssl` with `arguments`; the test fails when it fails."""
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("the openssl command is missing; install the package openssl")
    done = subprocess.run(
        [program, *map(str, arguments)], input=data, capture_output=True, check=False, timeout=60
    )
    if done.returncode != 0:
        pytest.fail(f"openssl {arguments[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout
