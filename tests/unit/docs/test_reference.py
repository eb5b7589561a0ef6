"""The reference pages name every setting, metric and command, with what holds for it."""

import re
import typing
from pathlib import Path
from typing import Any

import pytest
import typer
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel

from gateway.cli.app import app
from gateway.config import load
from gateway.exchange.link_status import LinkStatus
from gateway.member_folder import NewMember, make_member_folder
from gateway.metrics import Metrics
from gateway.ports import Backlog
from gateway.settings import Settings
from tests.unit.docs.tables import DOCS

REFERENCE = DOCS / "reference"


def rows(page: str) -> list[list[str]]:
    """The rows of the tables of a page, heads left out."""
    lines = (REFERENCE / page).read_text("utf-8").splitlines()
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines if line.startswith("| `")]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


# --- settings ---------------------------------------------------------------------------------


def settings() -> dict[str, str]:
    """Every setting and its default, as the page writes it."""
    found = {}
    for table, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        for name, setting in model.model_fields.items():
            default = setting.get_default()
            if setting.is_required():
                found[f"{table}.{name}"] = "required"
            else:
                found[f"{table}.{name}"] = "none" if default is None else f"`{default}`"
    return found


def test_every_setting_is_listed_with_its_default() -> None:
    assert {row[0].strip("`"): row[2] for row in rows("configuration.md")} == settings()


def test_every_setting_is_listed_with_its_variable() -> None:
    for name, variable, *_ in rows("configuration.md"):
        table, setting = name.strip("`").split(".")
        assert variable == f"`TONGBAN_{table.upper()}__{setting.upper()}`"


def test_every_limit_that_a_row_states_is_the_settings() -> None:
    """Where a row says "1 to 64" or "up to 900", that is what the setting takes."""
    for name, _, _, text in rows("configuration.md"):
        table, setting = name.strip("`").split(".")
        model: Any = Settings.model_fields[table].annotation
        bounds = {
            type(bound).__name__: next(iter(vars_of(bound).values()))
            for bound in model.model_fields[setting].metadata
            if type(bound).__name__ in {"Ge", "Le", "Gt"}
        }
        if found := re.search(r"\b(\d+) to (\d+)\b", text):
            assert (bounds["Ge"], bounds["Le"]) == (int(found[1]), int(found[2]))
        if found := re.search(r"\bup to (\d+)\b", text):
            assert bounds["Le"] == int(found[1])


def vars_of(bound: Any) -> dict[str, Any]:
    return {name: getattr(bound, name) for name in typing.get_type_hints(type(bound))}


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member_folder(tmp_path, NewMember("440100", "intl", "127.0.0.1:8410"))
    monkeypatch.setenv("TONGBAN_GATEWAY__LISTEN", "0.0.0.0:8443")
    loaded = load(tmp_path).settings
    assert loaded.gateway.listen == "0.0.0.0:8443"
    assert loaded.gateway.drain_seconds == 20.0
    assert loaded.keys.passphrase_file == Path("keys/passphrase")


# --- metrics ----------------------------------------------------------------------------------


def test_every_metric_is_listed_with_its_type_and_labels() -> None:
    metrics = Metrics()
    metrics.received("440100", "taken", 1)
    metrics.settled("440100", "taken", 0.01)
    metrics.rejected("seal.invalid")
    metrics.limited("440100", "partner.quota")
    metrics.trust_refused("https://mirror.example/trust", "trust.rollback")
    metrics.token_refused("access.invalid")
    metrics.handshake_refused("timeout")
    metrics.watch_trust(["timestamp"], lambda _: 1.0)
    metrics.watch_keys(["signing"], lambda _: 1.0)
    text = metrics.scrape(
        [Backlog("city", 1, 0)],
        [LinkStatus("440100", pace=2.5)],
        {"seal.clock": 1},
        1000,
        broker=True,
        sign_ins={"allowed": 2},
    ).decode()
    scraped = {}
    for family in text_string_to_metric_families(text):
        if family.name.endswith("_created"):
            continue
        suffix = "_total" if family.type == "counter" else ""
        labels = sorted(set(family.samples[0].labels) - {"le"})
        scraped[family.name + suffix] = (family.type, labels)
    listed = {
        row[0].strip("`"): (row[1], sorted(re.findall(r"`(\w+)`", row[2])))
        for row in rows("metrics.md")
    }
    assert listed == scraped


# --- commands ---------------------------------------------------------------------------------


def commands() -> dict[str, list[str]]:
    """Every command and the names of its options."""
    found: dict[str, list[str]] = {}
    root: Any = typer.main.get_command(app)

    def walk(command: Any, words: str) -> None:
        for name, below in getattr(command, "commands", {}).items():
            walk(below, f"{words} {name}")
        if not hasattr(command, "commands"):
            found[words] = [max(p.opts, key=len) for p in command.params if p.opts[0][0] == "-"]

    walk(root, "tongban")
    return found


def test_every_command_is_listed_with_its_options() -> None:
    listed = {row[0].strip("`") for row in rows("cli.md")}
    missing = []
    for command, options in commands().items():
        line = next((each for each in listed if f"{each} ".startswith(f"{command} ")), None)
        if line is None:
            missing.append(command)
            continue
        shown = line.replace(" -o ", " --output ")
        missing += [
            f"{command} {option}"
            for option in options
            if option not in {"--help", "--home"} and option not in shown
        ]
    assert missing == []


def test_no_page_names_a_command_that_does_not_exist() -> None:
    known = set(commands())
    known |= {command.rpartition(" ")[0] for command in known}
    pages = [*DOCS.rglob("*.md"), *(DOCS.parent / name for name in _PAGES)]
    wrong = []
    for page in pages:
        for words in re.findall(
            r"(?:^|`|\$ |&& )tongban ((?:[a-z][a-z-]* ?){1,2})", _text(page), re.MULTILINE
        ):
            first, _, second = words.strip().partition(" ")
            if not {f"tongban {first}", f"tongban {first} {second}"} & known:
                wrong.append(f"{page.name}: tongban {words}")
    assert wrong == []


_CALLED = re.compile(r"(?:^|`|\$ |&& )tongban ((?:[a-z][a-z-]* ?){1,2})", re.MULTILINE)
_PAGES = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "docker/README.md")


def _text(page: Path) -> str:
    return page.read_text("utf-8") if page.exists() else ""
