"""A passphrase comes from a guarded file or from the environment, and is never shown."""

from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from keys.stores.passphrase import passphrase


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(b"correct horse\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
def test_from_a_file(file: Path, line_end: bytes) -> None:
    file.write_bytes(b" correct horse " + line_end)
    assert passphrase(file, None) == b" correct horse "


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_PASSPHRASE", "通办")
    assert passphrase(None, "TONGBAN_PASSPHRASE") == "通办".encode()


def test_the_file_comes_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_PASSPHRASE", "other")
    assert passphrase(file, "TONGBAN_PASSPHRASE") == b"correct horse"


def test_neither() -> None:
    with pytest.raises(KeyUnusable, match="neither"):
        passphrase(None, None)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="No such file"):
        passphrase(tmp_path / "none", None)
    with pytest.raises(KeyUnusable, match="missing or empty"):
        passphrase(None, "TONGBAN_NO_SUCH_VARIABLE")


def test_a_file_that_others_may_read(file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 0600") as refusal:
        passphrase(file, None)
    assert "horse" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 1025, b"x" * 5000])
def test_empty_or_endless(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(KeyUnusable) as refusal:
        passphrase(file, None)
    assert "xxx" not in str(refusal.value)
