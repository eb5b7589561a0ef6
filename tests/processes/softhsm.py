"""A token in software for the tests: SoftHSM2, each test with a folder of its own.

Debian's package softhsm2 is found, or installed where that is possible. A module serves one
configuration a process, so a new `SoftHsm` ends what the module had open before.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11.exceptions import PKCS11Error

from gateway.demo.servers.package import ServerMissing, installed

MODULE = "TONGBAN_TEST_SOFTHSM"
"""Names the module, where it does not lie in one of Debian's places."""

_FILE = "softhsm/libsofthsm2.so"

PIN = b"246802"
LABEL = "tongban"


def module() -> Path:
    """The module's file. Raises ServerMissing."""
    return installed(_find, "softhsm2", instead=MODULE)


def _find() -> Path | None:
    if shutil.which("softhsm2-util") is None:
        return None
    named = os.environ.get(MODULE)
    below = Path("/usr/lib")
    places = [Path(named)] if named else [*below.glob(_FILE), *below.glob(f"*/{_FILE}")]
    return next((place for place in places if place.is_file()), None)


class SoftHsm:
    """Tokens in a folder. Whoever sets `SOFTHSM2_CONF` to `settings` sees them."""

    def __init__(self, folder: Path, *, without: str = "") -> None:
        """`without`: mechanisms that the module is not to offer, as in "CKM_EDDSA,CKM_ECDSA"."""
        self.module = module()
        self.settings = folder / "softhsm2.conf"
        self.tokens = folder / "tokens"
        self.tokens.mkdir(mode=0o700)
        # SoftHSM 2.6 passes over the first name after the sign.
        offered = f"slots.mechanisms = -CKM_MD5,{without}\n" if without else ""
        self.settings.write_text(f"directories.tokendir = {self.tokens}\n{offered}")
        self.add(LABEL)

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.settings)}

    def add(self, label: str) -> None:
        """One token more, with the same PIN."""
        words = ["--init-token", "--free", "--label", label, "--so-pin", "13579135"]
        subprocess.run(
            ["softhsm2-util", *words, "--pin", PIN.decode()],
            check=True,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def token_in_use(hsm: SoftHsm, patch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """In this process the module serves `hsm`, and no test's tokens are left open in it."""
    forget(hsm.module)
    for name, value in hsm.environment.items():
        patch.setenv(name, value)
    try:
        yield hsm
    finally:
        forget(hsm.module)


def forget(module: Path) -> None:
    """End all sessions of this process, as if the module had just been loaded."""
    with contextlib.suppress(PKCS11Error):
        pkcs11.lib(str(module)).finalize()


if __name__ == "__main__":  # before the tests: say early what is missing
    try:
        module()
    except ServerMissing as error:
        sys.exit(str(error))
