"""SM4-CBC as the standard prints it and as a second implementation does it; keys by reference."""

import base64
from dataclasses import replace
from pathlib import Path

import cryptography_vectors
import gmssl_pyx
import pytest

from adapters.engine.rejection import Unfit
from adapters.families.epoint.codec import EpointAdapter
from adapters.families.epoint.envelope import Envelope
from adapters.profiles.load import builtin_profile, load_adapter, load_profile
from adapters.profiles.secrets import secrets_from
from contracts.errors import SettingsInvalid
from tests.unit.adapters.cities import SM4_KEY

VECTOR = bytes(range(16))


def test_it_gives_what_the_published_examples_of_cbc_print() -> None:
    with cryptography_vectors.open_vector_file(
        "ciphers/SM4/draft-ribose-cfrg-sm4-10-cbc.txt", "r"
    ) as file:
        lines = [line.strip() for line in file if "=" in line]
    said = dict(line.split(" = ", 1) for line in lines[:5] if " = " in line)
    key, vector = bytes.fromhex(said["KEY"]), bytes.fromhex(said["IV"])
    plain, cipher = bytes.fromhex(said["PLAINTEXT"]), bytes.fromhex(said["CIPHERTEXT"])
    assert base64.b64decode(Envelope(key, vector).seal(plain))[: len(cipher)] == cipher


@pytest.mark.parametrize("length", [1, 15, 16, 17, 4096])
def test_a_second_implementation_agrees(length: int) -> None:
    key, plain = bytes.fromhex(SM4_KEY), b"x" * length
    ours = Envelope(key, VECTOR)
    assert (
        gmssl_pyx.sm4_cbc_padding_decrypt(key, VECTOR, base64.b64decode(ours.seal(plain))) == plain
    )
    theirs = gmssl_pyx.sm4_cbc_padding_encrypt(key, VECTOR, plain)
    assert ours.open(base64.b64encode(theirs).decode()) == plain


def test_line_ends_go_before_encryption() -> None:
    ours = Envelope(bytes.fromhex(SM4_KEY), VECTOR)
    assert ours.open(ours.seal(b"<a>\r\n<b/>\n</a>\r")) == b"<a><b/></a>"
    assert "\n" not in ours.seal(b"x" * 500)


def test_another_key_opens_nothing() -> None:
    sealed = Envelope(bytes(16), VECTOR).seal(b"<a/>")
    with pytest.raises(Unfit, match="does not decrypt"):
        Envelope(bytes.fromhex(SM4_KEY), VECTOR).open(sealed)


# --- keys by reference ---------------------------------------------------------------------


def test_the_key_is_read_from_a_file_of_the_member(tmp_path: Path) -> None:
    (tmp_path / "sm4-key").write_text(f"{SM4_KEY}\n")
    adapter = load_adapter(builtin_profile("430100"), secrets_from(tmp_path))
    assert adapter.city == "430100"


def test_without_its_file_the_mistake_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_adapter(builtin_profile("430100"), secrets_from(tmp_path))
    (mistake,) = caught.value.mistakes
    assert mistake.startswith("profile.toml secrets.sm4_key: ")
    assert str(tmp_path / "sm4-key") in mistake


def test_the_environment_may_hold_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    resolve = secrets_from(tmp_path)
    monkeypatch.setenv("CITY_SM4", SM4_KEY)
    assert resolve("env:CITY_SM4") == SM4_KEY
    monkeypatch.delenv("CITY_SM4")
    with pytest.raises(Unfit, match="CITY_SM4 is not set"):
        resolve("env:CITY_SM4")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 5000])
def test_a_file_without_a_secret_is_refused_without_showing_it(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "sm4-key").write_bytes(content)
    with pytest.raises(Unfit, match="holds no secret") as caught:
        secrets_from(tmp_path)("file:sm4-key")
    assert "xxx" not in caught.value.detail


@pytest.mark.parametrize("key", ["", "0f0f", "zz" * 16, "0f" * 17])
def test_a_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    profile = replace(load_profile(builtin_profile("430100")), secrets={"sm4_key": key})
    with pytest.raises(SettingsInvalid, match=r"sm4_key: 32 hexadecimal digits") as caught:
        EpointAdapter(profile)
    assert not key or key not in str(caught.value)


def test_a_vector_that_is_none_is_refused() -> None:
    profile = load_profile(builtin_profile("430100"))
    changed = replace(profile, secrets={"sm4_key": SM4_KEY}, options={"vector": "1"})
    with pytest.raises(SettingsInvalid, match=r"options\.vector: 32 hexadecimal digits"):
        EpointAdapter(changed)


@pytest.mark.parametrize("said", [f'"{SM4_KEY}"', '"file:"', '"env:1"', "1"])
def test_a_profile_holds_a_reference_and_never_the_key(said: str, tmp_path: Path) -> None:
    text = (builtin_profile("430100") / "profile.toml").read_text("utf-8")
    (tmp_path / "profile.toml").write_text(text.replace('"file:sm4-key"', said), "utf-8")
    with pytest.raises(SettingsInvalid, match=r"secrets\.sm4_key: file:NAME") as caught:
        load_profile(tmp_path)
    assert SM4_KEY not in str(caught.value)


def test_nothing_that_is_printed_holds_the_key() -> None:
    profile = replace(load_profile(builtin_profile("430100")), secrets={"sm4_key": SM4_KEY})
    adapter = EpointAdapter(profile)
    assert SM4_KEY.lower() not in f"{profile!r} {adapter!r} {vars(adapter)!r}".lower()
