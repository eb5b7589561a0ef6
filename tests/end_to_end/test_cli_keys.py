"""`tongban keys` as an operator types it: what it shows, keeps, brings back and refuses."""

import shutil
from pathlib import Path

import orjson
import pytest

from gateway.keyholding.backup_note import read_note
from tests.end_to_end.command import Ended, tongban
from tests.end_to_end.members import new_member

PASSPHRASE = "correct horse battery staple"


def keys(home: Path, *words: str | Path) -> Ended:
    return tongban(
        "keys", *words,
        variables={"TONGBAN_HOME": str(home), "SAFE": PASSPHRASE, "SHORT": "short"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_member(tmp_path_factory.mktemp("keys") / "410100", "410100", "sm")


def kids(home: Path) -> list[str]:
    return sorted(file.stem for file in (home / "keys").glob("*.pem"))


def test_keys_are_listed_with_what_is_to_be_done(home: Path) -> None:
    said = keys(home, "list")
    assert said.code == 0
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.strip()}
    for use in ("签名", "加密"):
        assert "在用" in rows[use]
        assert rows[use].endswith("文件")
    made = keys(home, "new", "--use", "log", "--in", "7d")
    assert "尚未公布" in made.out
    said = keys(home, "list")
    assert "未公布: " in said.out
    added = tongban("members", "add", home / "member.json", "--yes", "--home", home)
    assert added.code == 0
    assert "→" not in keys(home, "list").out


def test_a_closing_is_asked_about_and_a_wrong_one_explained(home: Path) -> None:
    kid = next(kid for kid in kids(home) if "-sign-" in kid)
    before = (home / "member.json").read_bytes()
    silent = keys(home, "close", kid, "--reason", "lost")
    assert (silent.code, "--yes" in silent.err) == (2, True)
    past = keys(home, "close", kid, "--reason", "lost", "--at", "2026-01-01 08:00", "--yes")
    assert (past.code, "key.not_now" in past.err) == (1, True)
    unknown = keys(home, "close", "410100-sign-0", "--reason", "lost", "--yes")
    assert (unknown.code, "not_found" in unknown.err) == (1, True)
    nonsense = keys(home, "rotate", "--use", "signing", "--in", "soon")
    assert (nonsense.code, "30m" in nonsense.err) == (2, True)
    assert (home / "member.json").read_bytes() == before


def test_what_burnt_down_is_brought_back_from_the_safe(home: Path, tmp_path: Path) -> None:
    safe = tmp_path / "safe.json"
    assert "至少 12 个字节" in keys(home, "backup", safe, "--passphrase-env", "SHORT").err
    assert "--passphrase-file" in keys(home, "backup", safe).err, "there is no terminal"
    assert not safe.exists()
    made = keys(home, "backup", safe, "--passphrase-env", "SAFE")
    assert made.code == 0
    assert all(kid in made.out for kid in kids(home))
    assert safe.stat().st_mode & 0o777 == 0o600
    assert PASSPHRASE not in safe.read_text() + made.out
    note = read_note(home)
    assert note is not None
    assert set(kids(home)) <= set(note.kids)
    assert keys(home, "backup", safe, "--passphrase-env", "SAFE").code == 1, "never overwritten"

    lost = tmp_path / "410100"
    new_member(lost, "410100", "sm")
    fresh = kids(lost)
    looked = keys(lost, "restore", safe, "--passphrase-env", "SAFE", "--check")
    assert "未写入任何文件" in looked.out
    assert kids(lost) == fresh
    back = keys(lost, "restore", safe, "--passphrase-env", "SAFE")
    assert back.code == 0
    assert kids(lost) == sorted([*fresh, *kids(home)])
    restored = lost / "member-restored.json"
    assert orjson.loads(restored.read_bytes()) == orjson.loads((home / "member.json").read_bytes())
    shutil.move(restored, lost / "member.json")
    shutil.copy(home / "members.json", lost / "members.json")
    rows = keys(lost, "list").out
    assert rows.count("在用") >= 2
    assert "不在本机" not in rows

    other = new_member(tmp_path / "440100", "440100", "sm")
    refused = keys(other, "restore", safe, "--passphrase-env", "SAFE")
    assert (refused.code, "key.backup_invalid" in refused.err) == (1, True)
    wrong = keys(home, "restore", safe, "--passphrase-env", "SHORT")
    assert (wrong.code, "the passphrase is wrong" in wrong.err) == (1, True)
