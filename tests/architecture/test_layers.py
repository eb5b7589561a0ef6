"""The house keeps its own rules: who may import whom, how long a file is, what it is called."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "keys", "adapters", "gateway")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
SETTINGS = (ROOT / "pyproject.toml").read_text("utf-8")
CONTRACTS = tomllib.loads(SETTINGS)["tool"]["importlinter"]["contracts"]
LONGEST = 500
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--no-cache", "--config", folder / "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_rule_is_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


BREACHES = {
    "One direction: contracts <- keys <- adapters <- gateway": (
        "keys/jws.py", "import adapters.adapter",
    ),
    "Inside the gateway: commands, wiring, service, web, core and drivers, ports, evidence": (
        "gateway/stores/rows.py", "import gateway.exchange.window",
    ),
    "The exchange imports no driver": ("gateway/exchange/judge.py", "import sqlite3"),
    "The web reaches stores and queues through use cases and ports alone": (
        "gateway/web/problem.py", "import gateway.stores.schema",
    ),
    "Parts meet in bootstrap alone": ("gateway/cli/language.py", "import gateway.stores.sqlite"),
    "Evidence needs contracts and keys alone": ("gateway/evidence/verify.py", "import adapters"),
    "Families of formats never import one another": (
        "adapters/families/gdbs/codec.py", "import adapters.families.contract.codec",
    ),
    "Contracts do no I/O and have no clock": ("contracts/ids.py", "import time"),
    "Adapters know no network and no database": ("adapters/engine/paths.py", "import socket"),
    "Nothing that runs imports the simulation": (
        "gateway/exchange/window.py", "import gateway.simulation.clock",
    ),
}  # fmt: skip


def test_every_import_rule_has_a_breach_that_shows_it_bites() -> None:
    assert {contract["name"] for contract in CONTRACTS} == set(BREACHES)


def test_each_breach_is_found(tmp_path: Path) -> None:
    """A rule that forbids nothing is worse than none: so break each of them in a copy."""
    for path in [*FILES, ROOT / "pyproject.toml"]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for file, line in BREACHES.values():
        with (tmp_path / file).open("a") as breach:
            breach.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1
    kept = {name for name in BREACHES if re.search(re.escape(name) + r"\s+KEPT", result.stdout)}
    assert not kept, result.stdout


def test_every_import_rule_says_why() -> None:
    blocks = SETTINGS.split("[[tool.importlinter.contracts]]")[1:]
    assert len(blocks) == len(CONTRACTS)
    for block in blocks:
        assert re.match(r"\n# \w.{20,}", block), f"no reason: {block}"


def test_every_family_is_under_the_rule_for_families() -> None:
    folders = {path.parent.name for path in (ROOT / "adapters/families").glob("*/codec.py")}
    (rule,) = [each for each in CONTRACTS if each["type"] == "independence"]
    assert set(rule["modules"]) == {f"adapters.families.{name}" for name in folders}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_so_long_that_nobody_reads_it(package: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in FILES
        if path.is_relative_to(ROOT / package)
    }
    assert len(lengths) > 5
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_no_file_is_named_after_nothing() -> None:
    names = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert not names & NO_NAMES


def test_every_file_says_what_it_is_for() -> None:
    mute = [
        path.relative_to(ROOT)
        for path in FILES
        if path.read_text("utf-8").strip() and not path.read_text("utf-8").startswith('"""')
    ]
    assert not mute
