"""A backup of keys: whole, under its own passphrase, changed by nobody, restored over nothing."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from contracts.errors import KeyUnusable, Wrong
from gateway.keyholding.backup import (
    look_through,
    make_backup,
    open_backup,
    restore,
    write_backup,
)
from keys.stores.file import FileKeyStore
from keys.stores.store import KeyStore
from keys.suites import SUITES
from keys.tls.folder import CertificateFolder
from keys.trust.member import Member, MemberKey

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
SECRET, QUICK = b"correct horse battery", 1000


def _store(folder: Path, phrase: bytes = b"open sesame") -> FileKeyStore:
    folder.mkdir(mode=0o700, exist_ok=True)
    return FileKeyStore(folder, phrase, iterations=10)


def _member(store: KeyStore, suite: str, *opening: str) -> Member:
    sealing = [
        MemberKey(kid=kid, jwk=store.opening_key(f"file:{kid}.pem").public().jwk(), valid_from=NOW)
        for kid in opening
    ]
    return Member.model_validate(
        {"code": "410100", "name": "", "suite": suite, "address": "https://a.cn",
         "sealing_keys": sealing}
    )  # fmt: skip


@pytest.fixture(params=["sm", "intl"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[FileKeyStore, Path]:
    """A store with three keys, and the file of its backup."""
    store = _store(tmp_path / "keys")
    for kid in ("sign-1", "founding-1"):
        store.new_signing_key(SUITES[request.param], kid)
    store.new_opening_key(SUITES[request.param], "open-1")
    member = _member(store, request.param, "open-1")
    file = tmp_path / "backup.json"
    made, content = make_backup(store, member, '{"a": 1}', SECRET, NOW, iterations=QUICK)
    assert [key.kid for key in content.keys] == ["founding-1", "open-1", "sign-1"]
    write_backup(file, made)
    return store, file


def test_what_is_restored_is_what_was_kept(kept: tuple[FileKeyStore, Path], tmp_path: Path) -> None:
    store, file = kept
    content = open_backup(file, SECRET)
    assert (content.code, content.notes, content.absent) == ("410100", '{"a": 1}', ())
    other = _store(tmp_path / "other", b"another passphrase")
    assert [each.written for each in restore(content, SECRET, other)] == [True] * 3
    for kid in ("sign-1", "founding-1"):
        was, now = (each.signing_key(f"file:{kid}.pem") for each in (store, other))
        assert was.public().verify(now.sign(b"x"), b"x")
    was_open, now_open = (each.opening_key("file:open-1.pem") for each in (store, other))
    assert now_open.unwrap(was_open.public().wrap(b"s" * 32, b""), b"") == b"s" * 32


def test_no_key_is_overwritten_and_what_is_here_is_said(
    kept: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    store, file = kept
    content = open_backup(file, SECRET)
    (tmp_path / "keys" / "sign-1.pem").unlink()
    before = (tmp_path / "keys" / "open-1.pem").read_bytes()
    done = {each.name: each.written for each in restore(content, SECRET, store)}
    assert done == {"founding-1": False, "open-1": False, "sign-1": True}
    assert (tmp_path / "keys" / "open-1.pem").read_bytes() == before


def test_another_key_of_the_same_name_stops_everything(
    kept: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    other = _store(tmp_path / "other")
    other.new_signing_key(SUITES["intl"], "sign-1")
    with pytest.raises(Wrong, match="another key of the name sign-1") as raised:
        restore(open_backup(kept[1], SECRET), SECRET, other)
    assert raised.value.code == "key.backup_invalid"
    assert other.uris() == ["file:sign-1.pem"], "nothing was written"


def test_a_look_writes_nothing(kept: tuple[FileKeyStore, Path]) -> None:
    look_through(open_backup(kept[1], SECRET), SECRET)


@pytest.mark.parametrize("secret", [b"", b"open sesame", SECRET + b"\n"])
def test_another_passphrase_opens_nothing(kept: tuple[FileKeyStore, Path], secret: bytes) -> None:
    with pytest.raises(Wrong, match="the passphrase is wrong") as raised:
        open_backup(kept[1], secret)
    assert secret.decode().strip() not in str(raised.value) or not secret


@pytest.mark.parametrize("what", ["member", "jwk", "salt", "cut", "format", "more"])
def test_a_changed_file_is_refused(kept: tuple[FileKeyStore, Path], what: str) -> None:
    file = kept[1]
    document = orjson.loads(file.read_bytes())
    content = orjson.loads(document["content"])
    if what == "member":
        content["member"]["sealing_keys"][0]["kid"] = "of-a-thief"
    elif what == "jwk":
        content["keys"][0]["jwk"] = content["keys"][1]["jwk"]
    elif what == "salt":
        document["salt"] = "00" * 16
    elif what == "format":
        document["format"] = "tongban.keys/2"
    elif what == "more":
        document["more"] = 1
    document["content"] = orjson.dumps(content).decode()
    data = orjson.dumps(document)
    file.write_bytes(data[:-2] if what == "cut" else data)
    with pytest.raises(Wrong) as raised:
        open_backup(file, SECRET)
    assert raised.value.code == "key.backup_invalid"


def test_a_key_that_is_not_the_half_of_its_public_one_is_refused(
    kept: tuple[FileKeyStore, Path],
) -> None:
    """As whoever knows the passphrase and mixes files up would make it."""
    content = open_backup(kept[1], SECRET)
    first, second, third = content.keys
    mixed = first.model_copy(update={"jwk": third.jwk})
    spoilt = content.model_copy(update={"keys": (mixed, second, third)})
    with pytest.raises(Wrong, match="not the half of its public key"):
        look_through(spoilt, SECRET)


def test_a_backup_that_others_may_read_is_not_used(kept: tuple[FileKeyStore, Path]) -> None:
    kept[1].chmod(0o644)
    with pytest.raises(KeyUnusable, match="others may use it"):
        open_backup(kept[1], SECRET)


def test_a_backup_is_not_overwritten(kept: tuple[FileKeyStore, Path]) -> None:
    store, file = kept
    made, _ = make_backup(store, _member(store, "sm"), None, SECRET, NOW, iterations=QUICK)
    with pytest.raises(Wrong, match="never overwritten"):
        write_backup(file, made)


def test_nothing_secret_stands_in_it_in_the_clear(
    kept: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    store, file = kept
    text = file.read_text()
    assert SECRET.decode() not in text
    assert "open sesame" not in text
    assert '"d"' not in text
    assert text.count("ENCRYPTED PRIVATE KEY") == 6
    del store, tmp_path


def test_a_key_of_a_token_is_named_and_not_kept(tmp_path: Path) -> None:
    class WithToken(FileKeyStore):
        def uris(self) -> list[str]:
            return [*super().uris(), "pkcs11:token=t;object=sign-2"]

    store = WithToken(tmp_path, b"open sesame", iterations=10)
    tmp_path.chmod(0o700)
    store.new_signing_key(SUITES["sm"], "sign-1")
    _, content = make_backup(store, _member(store, "sm"), None, SECRET, NOW, iterations=QUICK)
    assert [key.kid for key in content.keys] == ["sign-1"]
    assert content.absent == ("pkcs11:token=t;object=sign-2",)


def test_openssl_gets_a_key_out_without_this_program(
    kept: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    pem = tmp_path / "key.pem"
    pem.write_text(open_backup(kept[1], SECRET).keys[0].pem)
    done = subprocess.run(
        ["openssl", "pkey", "-in", str(pem), "-passin", f"pass:{SECRET.decode()}", "-noout"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_certificates_of_tls_are_kept_with_their_keys(tmp_path: Path) -> None:
    store = _store(tmp_path / "keys")
    was = CertificateFolder(tmp_path / "keys" / "tls", b"open sesame")
    pins = [was.make(name, NOW) for name in ("tls-1", "tls-2")]
    member = _member(store, "sm").model_copy(update={"tls_pins": tuple(pins)})
    made, content = make_backup(
        store, member, None, SECRET, NOW, certificates=was, iterations=QUICK
    )
    write_backup(tmp_path / "backup.json", made)
    assert [pair.sha256 for pair in content.pairs] == [pin.sha256 for pin in pins]
    now = CertificateFolder(tmp_path / "other", b"another passphrase")
    (tmp_path / "other").mkdir(mode=0o700)
    opened = open_backup(tmp_path / "backup.json", SECRET)
    done = restore(opened, SECRET, store, now)
    assert {each.name: each.written for each in done} == {pin.sha256: True for pin in pins}
    for name in ("tls-1", "tls-2"):
        assert now.private_key(name) == was.private_key(name)
    assert now.pairs() == was.pairs()
    assert not any(each.written for each in restore(opened, SECRET, store, now))
    first, second = opened.pairs
    mixed = first.model_copy(update={"chain": second.chain})
    with pytest.raises(Wrong, match="do not belong together"):
        look_through(opened.model_copy(update={"pairs": (mixed, second)}), SECRET)
