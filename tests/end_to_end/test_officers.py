"""The three officers as they work: commands of a member that has them."""

import itertools
import json
import os
import re
import sqlite3
from pathlib import Path

import pytest

from tests.end_to_end.command import tongban
from tests.end_to_end.members import new_member
from tests.end_to_end.officers import Officers, found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Officers:
    folder = tmp_path_factory.mktemp("officers")
    home = new_member(folder / "zhengzhou", "410100", "intl")
    before = tongban("doctor", "--home", home)
    assert "三员" in before.out
    assert "tongban officer found" in before.out, "unguarded, and the doctor says so"
    assert tongban("links", "--home", home).code == 0
    officers = found(home, folder / "hands")
    for name in ("sysadmin", "secadmin", "auditor"):
        signed = officers.sign_in(name)
        assert signed.code == 0, signed.err
    return officers


def test_without_signing_in_no_command_works(town: Officers) -> None:
    for words in (("links",), ("members", "list"), ("evidence", "export", "x", "-o", "y")):
        ended = town.as_("nobody", *words)
        assert ended.code == 1
        assert "officer.session" in ended.err
        assert "tongban sign-in" in ended.err


@pytest.mark.parametrize(
    ("name", "words", "needed"),
    [
        ("sysadmin", ("federation", "publish"), "安全管理员"),
        ("sysadmin", ("officer", "log"), "审计员"),
        ("sysadmin", ("message", "show", "x", "--open"), "审计员"),
        ("secadmin", ("links",), "系统管理员"),
        ("secadmin", ("evidence", "export", "x", "-o", "y"), "审计员"),
        ("auditor", ("officer", "lock", "sysadmin"), "安全管理员"),
        ("auditor", ("queue", "rebuild"), "系统管理员"),
    ],
)
def test_the_wrong_officer_is_told_which_one_may(
    town: Officers, name: str, words: tuple[str, ...], needed: str
) -> None:
    ended = town.as_(name, *words)
    assert ended.code == 1
    assert "officer.duty" in ended.err
    assert needed in ended.err


def test_the_right_officer_works(town: Officers) -> None:
    assert town.as_("sysadmin", "links").code == 0
    assert "secadmin" in town.as_("secadmin", "officer", "list").out
    assert "auditor  审计员" in town.as_("auditor", "whoami").out
    # Not there, but looked for: the guard let it through.
    assert "not_found" in town.as_("auditor", "message", "show", "x", "--open").err


def test_every_use_is_in_the_log_and_the_log_is_whole(town: Officers) -> None:
    town.as_("sysadmin", "queue", "show", "01-message")
    town.as_("sysadmin", "members", "add", "/tmp/张三.json")
    shown = town.as_("auditor", "officer", "log", "--limit", "500").out
    assert "queue show" in shown
    assert "01-message" in shown
    assert "张三" not in shown
    lines = town.as_("auditor", "officer", "log", "--json", "--limit", "9").out.splitlines()
    entries = [json.loads(line) for line in lines]
    assert len(entries) == 9
    assert all(one["digest"] == next_["before"] for one, next_ in itertools.pairwise(entries))
    checked = town.as_("auditor", "officer", "log", "--check")
    assert checked.code == 0, checked.err
    assert "✓" in checked.out


def copy_of(town: Officers, folder: Path) -> Officers:
    """The same member with a store that a test may spoil."""
    copied = folder / "copy"
    copied.mkdir(mode=0o700)
    for name in ("tongban.toml", "members.json", "officers.json", "member.json"):
        (copied / name).write_bytes((town.home / name).read_bytes())
    (copied / "keys").symlink_to(town.home / "keys")
    (copied / "city").mkdir()
    with sqlite3.connect(town.home / "store.sqlite") as kept:
        kept.execute("VACUUM INTO ?", (str(copied / "store.sqlite"),))
    os.chmod(copied / "store.sqlite", 0o600)
    return Officers(copied, town.folder, town.secrets, town.recovery)


def test_a_changed_log_is_seen(town: Officers, tmp_path: Path) -> None:
    other = copy_of(town, tmp_path)
    copied = other.home
    assert other.as_("auditor", "officer", "log", "--check").code == 0
    with sqlite3.connect(copied / "store.sqlite") as opened:
        opened.execute("UPDATE officer_use SET by = 'ghost' WHERE number = 9")
    ended = other.as_("auditor", "officer", "log", "--check")
    assert ended.code == 1
    assert "officer.log_broken" in ended.err
    assert "编号 9" in ended.err
    with sqlite3.connect(copied / "store.sqlite") as opened:
        opened.execute("DELETE FROM officer_use WHERE number > 8")
    cut = other.as_("auditor", "officer", "log", "--check")
    assert "officer.log_broken" in cut.err, "where it was checked before, its end is missed"


def test_another_store_is_not_one_without_officers(town: Officers, tmp_path: Path) -> None:
    for place in (tmp_path / "none.sqlite", tmp_path / "none.sqlite"):
        variables = {"TONGBAN_STORE__PATH": str(place)}
        ended = tongban("federation", "publish", "--home", town.home, variables=variables)
        assert ended.code == 1
        assert "officer.lost" in ended.err
        place.touch(mode=0o600)  # the second time: there, and empty


def test_another_machine_notes_what_it_sees(town: Officers, tmp_path: Path) -> None:
    copied = copy_of(town, tmp_path)
    note = copied.home / "officers.json"
    before = note.read_text()
    note.unlink()
    assert copied.as_("sysadmin", "links").code == 0
    assert note.read_text() == before


def test_without_accounts_a_store_is_not_one_without_officers(
    town: Officers, tmp_path: Path
) -> None:
    copied = copy_of(town, tmp_path)
    with sqlite3.connect(copied.home / "store.sqlite") as opened:
        opened.execute("DELETE FROM officer")
    ended = copied.as_("nobody", "federation", "publish")
    assert ended.code == 1
    assert "officer.lost" in ended.err


def test_the_session_file_is_its_owners_alone(town: Officers) -> None:
    file = town.folder / "session-auditor"
    assert file.stat().st_mode & 0o777 == 0o600
    secret = file.read_text().strip()
    assert secret.encode() not in (town.home / "store.sqlite").read_bytes()
    copy = town.folder / "session-open"
    copy.write_text(secret)
    copy.chmod(0o644)
    assert "key.unusable" in town.as_("open", "links").err


def test_a_wrong_password_tells_nothing(town: Officers) -> None:
    wrong = town.sign_in("secadmin", "not the password 1")
    town.secrets["ghost"] = town.secrets["secadmin"]
    town.__post_init__()
    ghost = town.sign_in("ghost", "not the password 1")
    assert wrong.code == ghost.code == 1
    assert wrong.err == ghost.err
    assert "officer.sign_in" in wrong.err


def test_an_officer_is_added_locked_and_reset(town: Officers) -> None:
    made = town.as_("secadmin", "officer", "add", "second", "--duty", "auditor")
    assert made.code == 0, made.err
    first = town.enrol("second", made.out)
    refused = town.sign_in("second", first)
    assert "officer.must_change" in refused.err
    town.choose("second", first, "walnut tractor ember 5")
    assert town.sign_in("second", "walnut tractor ember 5").code == 0
    assert town.as_("second", "officer", "log").code == 0
    assert town.as_("secadmin", "officer", "lock", "second").code == 0
    assert "officer.session" in town.as_("second", "officer", "log").err
    assert "officer.own" in town.as_("secadmin", "officer", "lock", "secadmin").err


def test_the_note_names_the_first_entry(town: Officers) -> None:
    assert json.loads((town.home / "officers.json").read_text())["first"].startswith("1:")


def test_the_code_in_the_safe_resets_the_only_security_administrator(tmp_path: Path) -> None:
    home = new_member(tmp_path / "guangzhou", "440100", "intl")
    made = tongban("officer", "found", "--home", home)
    officers = Officers(home, tmp_path, {}, "")
    [recovery] = re.findall(r"((?:[A-Z2-7]{4}-){7}[A-Z2-7]{4})", made.out)
    file = officers.file("recovery", recovery)
    reset = officers.as_("", "officer", "recover", "secadmin", "--code-file", file)
    assert reset.code == 0, reset.err
    first = officers.enrol("secadmin", reset.out)
    officers.choose("secadmin", first, "quartz violin meadow 3")
    assert officers.sign_in("secadmin").code == 0
    again = officers.as_("", "officer", "recover", "secadmin", "--code-file", file)
    assert "officer.sign_in" in again.err
    assert officers.as_("secadmin", "sign-out").code == 0
    assert "officer.session" in officers.as_("secadmin", "officer", "list").err
