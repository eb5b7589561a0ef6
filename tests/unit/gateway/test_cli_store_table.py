"""The settings file with another store: nothing else of it changes, or nothing at all."""

import tomllib
from pathlib import Path

import pytest

from contracts.errors import SettingsInvalid
from gateway.cli.store_table import Rewritten, store_table
from gateway.settings import StoreTable

THERE = StoreTable(
    engine="postgres", url="postgresql://a@b/c?x='\"", password_file=Path("keys/密码")
)
TABLE = {"engine": "postgres", "url": "postgresql://a@b/c?x='\"", "password_file": "keys/密码"}


def rewritten(file: Path, text: str) -> str:
    file.write_text(text, "utf-8")
    file.chmod(0o640)
    Rewritten.of(file, THERE).write()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    return file.read_text("utf-8")


def test_a_table_says_what_it_is_given() -> None:
    assert tomllib.loads(store_table(THERE)) == {"store": TABLE}


def test_what_stands_around_it_stays(tmp_path: Path) -> None:
    before = "# 设置\n[member]\ncode = '410100' # we\n\n"
    after = "\n# keys:\n\n[keys]\nsigning = '''\n[x]\n'''\n"
    text = rewritten(tmp_path / "t.toml", f"{before}[store] # s\npath = 'a'\n# old\n{after}")
    assert text == before + store_table(THERE) + "# old\n" + after


@pytest.mark.parametrize("end", ["", "\n", "\n\n# the end\n"])
def test_at_the_end_and_where_there_was_none(tmp_path: Path, end: str) -> None:
    for store in ("", "[store]\npath = 'a'"):
        text = rewritten(tmp_path / "t.toml", f"[member]\ncode = '410100'\n{store}{end}")
        assert tomllib.loads(text) == {"member": {"code": "410100"}, "store": TABLE}


@pytest.mark.parametrize(
    "text",
    ["store = {path = 'a'}\n", "[ store ]\n", "[a]\nx = '''\n[store]\n'''\n", "store.path = 'a'"],
)
def test_what_only_a_person_can_change_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "t.toml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid):
        Rewritten.of(file, THERE).write()
    assert file.read_text() == text
