"""What a start loads: nothing of TUF where no federation is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.member_folder import NewMember, make_member_folder
from tests.end_to_end.command import ROOT, environment

_SCRIPT = """
import sys
from pathlib import Path
from gateway import bootstrap, config
from gateway.cli import app
folder = config.load(Path(sys.argv[1]))
{work}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
_HEAVY = {"tuf", "securesystemslib"}


@pytest.mark.parametrize("work", ["bootstrap.gateway(folder)", "bootstrap.parts(folder)"])
def test_no_start_without_a_federation_loads_tuf(tmp_path: Path, work: str) -> None:
    make_member_folder(tmp_path / "home", NewMember("410100", "sm"))
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(work=work), tmp_path / "home"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"gateway", "keys"} <= loaded
    assert not loaded & _HEAVY
