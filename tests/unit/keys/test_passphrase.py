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


# --- credentials of systemd -----------------------------------------------------------------------


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As systemd makes them for a service that runs as a user of its own: read-only, and with
    an access list whose mask stands where the group's rights do."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "tongban.passphrase").write_bytes(b"correct horse\n")
    (folder / "tongban.passphrase").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_from_a_credential(credentials: Path) -> None:
    assert passphrase(None, None, "tongban.passphrase") == b"correct horse"


def test_file_and_variable_come_before_a_credential(
    file: Path, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (credentials / "other").write_bytes(b"other")
    monkeypatch.setenv("TONGBAN_PASSPHRASE", "variable")
    assert passphrase(file, None, "other") == b"correct horse"
    assert passphrase(None, "TONGBAN_PASSPHRASE", "other") == b"variable"


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o446, 0o450, 0o640 | 0o001])
def test_a_credential_that_others_may_use(credentials: Path, mode: int) -> None:
    (credentials / "tongban.passphrase").chmod(mode)
    with pytest.raises(KeyUnusable, match="others may use it"):
        passphrase(None, None, "tongban.passphrase")


@pytest.mark.parametrize(
    "name", ["../passphrase", "/etc/passwd", "", ".", "..", "a b", "通", "a/b"]
)
def test_a_credential_is_one_word(credentials: Path, name: str) -> None:
    with pytest.raises(KeyUnusable, match="one word"):
        passphrase(None, None, name)


@pytest.mark.parametrize("folder", [None, "", "relative"])
def test_outside_of_a_service_there_are_no_credentials(
    monkeypatch: pytest.MonkeyPatch, folder: str | None
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    if folder is not None:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", folder)
    with pytest.raises(KeyUnusable, match="CREDENTIALS_DIRECTORY is not set"):
        passphrase(None, None, "tongban.passphrase")


def test_a_credential_that_is_not_there_or_a_link(credentials: Path) -> None:
    with pytest.raises(KeyUnusable, match="No such file"):
        passphrase(None, None, "tongban.pin")
    (credentials / "link").symlink_to(credentials / "tongban.passphrase")
    with pytest.raises(KeyUnusable, match="cannot be read"):
        passphrase(None, None, "link")


def test_an_error_names_what_is_missing() -> None:
    with pytest.raises(KeyUnusable, match="the PIN is missing"):
        passphrase(None, "TONGBAN_NO_SUCH_VARIABLE", what="PIN")
