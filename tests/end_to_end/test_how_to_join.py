"""The page "Join the federation", by the letter: its commands, one after the other, in a shell.

Folders, names and ports of the page are put under the test's own; what the founding cities do
between the steps is done by theirs, as their page says.
"""

import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from keys.stores.file import FileKeyStore
from tests.end_to_end.command import ROOT, environment
from tests.end_to_end.typed import federation
from tests.processes.city import City, cities
from tests.processes.federation import found, start_all
from tests.processes.ledger import entries
from tests.processes.patience import LONG, until
from tests.processes.ports import free_port
from tests.unit.docs.tables import DOCS

PAGE = DOCS / "how-to" / "join-the-federation.md"
NEW = "411000"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    """The commands of the page, but for the installation: the tests run from one."""
    found = _BLOCK.findall(PAGE.read_text("utf-8"))
    installing, *rest = found
    assert "make setup" in installing
    return rest


@dataclass
class Engineer:
    """Whoever reads the page, in a shell of its own folder."""

    folder: Path
    port: int
    operations: int

    def types(self, block: str) -> str:
        """What a block of the page says, once its names are those of the test."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._ours(block)],
            cwd=self.folder,
            env=environment(
                PATH=f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
                TONGBAN_LANG="en",
                TONGBAN_GATEWAY__OPERATIONS_LISTEN=f"127.0.0.1:{self.operations}",
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONG,
            check=False,
        )
        said = done.stdout.decode()
        assert done.returncode == 0, f"{block}\n{said}"
        return said

    def _ours(self, block: str) -> str:
        changes = {
            "/srv/tongban": str(self.folder / "home"),
            "0.0.0.0:8443": f"127.0.0.1:{self.port}",
            "https://tongban.xuchang.example:8443": f"https://127.0.0.1:{self.port}",
            "127.0.0.1:9443": f"127.0.0.1:{self.operations}",
            "adapters/families": str(ROOT / "adapters" / "families"),
            # There is no terminal to ask at: the telephone call has been made.
            "join invitation-411000.json": "join invitation-411000.json --yes",
            # It goes on when the shell has ended.
            "2> tongban.log &": f">tongban.log 2>&1 & echo $! > {self._pid_file}",
            "sleep 3": "sleep 0",
        }
        for page, ours in changes.items():
            block = block.replace(page, ours)
        return block

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def stop(self) -> None:
        if self._pid_file.exists():
            os.kill(int(self._pid_file.read_text()), 9)


@pytest.fixture
def engineer(tmp_path: Path) -> Iterator[Engineer]:
    folder = tmp_path / "engineer"
    folder.mkdir()
    made = Engineer(folder, free_port(), free_port())
    yield made
    made.stop()


@pytest.fixture
def founders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[City]]:
    """Two founding cities whose gateways run; Guangzhou hands cases to its own system."""
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)
    monkeypatch.setenv("TONGBAN_LANG", "en")
    monkeypatch.chdir(tmp_path)
    suites = {"410100": "sm", "440100": "intl"}
    with cities(tmp_path, suites, folders={"440100"}, tls=True) as made:
        found(made, 2)
        start_all(made)
        yield made


def knows(city: City) -> bool:
    """Whether its gateway has a courier to the new city."""
    with urllib.request.urlopen(f"{city.operators_url}/metrics", timeout=30) as answer:
        return f'tongban_link_failures{{partner="{NEW}"}}'.encode() in answer.read()


def test_a_new_city_follows_the_page_to_its_first_case(
    engineer: Engineer, founders: list[City]
) -> None:
    init, join, start, look, first_case, proof = blocks()
    one, two = founders
    assert "our fingerprints" in engineer.types(init)

    federation("invite", NEW, "-o", engineer.folder / "invitation-411000.json", home=one.folder)
    assert "2 founders" in engineer.types(join)
    federation("approve", engineer.folder / "join-411000.json", "--yes", home=one.folder)
    federation("approve", "proposal-targets-410100.json", "--yes", home=two.folder)
    federation("publish", "proposal-targets-440100.json", home=two.folder)

    assert "3 members" in engineer.types(start)
    new = City(two.member, engineer.folder / "home", engineer.port, operations=engineer.operations)
    until(lambda: new.health()[0] == 200, "the new gateway is ready")
    for city in founders:
        until(partial(knows, city), f"{city.code} knows of the new city")
    looked = engineer.types(look)
    assert '"ready": true' in looked
    assert "✗" not in looked, looked

    case, *show = first_case.split("sleep 3\n")
    assert "to 广州市" in engineer.types(case)
    until(lambda: entries(two.store, "sender = ?", NEW), "the case arrives")
    home = engineer.folder / "home"
    until(lambda: [e.state for e in entries(home / "store.sqlite")] == ["taken"], "a receipt comes")
    assert "taken" in engineer.types("".join(show))
    until(lambda: list((two.folder / "city" / "out").glob("*submit*")), "it is handed over")
    verified = engineer.types(proof)
    assert "✗" not in verified
    assert "receipt" in verified, verified
