"""A new member's folder: what a gateway would refuse to run with is refused before it is made."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.profiles.load import builtin_profile
from contracts.errors import SettingsInvalid
from gateway import bootstrap, config
from gateway.member_folder import NewMember, make_member_folder

GOOD = NewMember("410100", "intl")


def mistakes(folder: Path, **choice: Any) -> list[str]:
    """What is told of a choice; nothing may have been made by then."""
    with pytest.raises(SettingsInvalid) as caught:
        make_member_folder(folder, replace(GOOD, **choice))
    assert not folder.exists(), "no key, no folder"
    return caught.value.mistakes


@pytest.mark.parametrize(
    "listen",
    ["nonsense", "", ":8410", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "a b:8410",
     'a"b:8410', "a\\b:8410", "http://a:8410", "a\n:8410"],
)  # fmt: skip
def test_an_address_that_nobody_can_listen_on(tmp_path: Path, listen: str) -> None:
    (told,) = mistakes(tmp_path / "new", listen=listen)
    assert told.startswith("listen: ")


@pytest.mark.parametrize("address", ["nonsense", "tongban.example", "ftp://tongban.example"])
def test_an_address_that_no_partner_could_use(tmp_path: Path, address: str) -> None:
    (told,) = mistakes(tmp_path / "new", address=address)
    assert told.startswith("address: ")


@pytest.mark.parametrize("profile", ["777777", "no-such-folder", "/no/such/folder"])
def test_a_profile_that_is_neither_built_in_nor_a_folder(tmp_path: Path, profile: str) -> None:
    told = mistakes(tmp_path / "new", profile=profile)
    assert told
    assert all(mistake.startswith("profile: ") for mistake in told)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(tmp_path / "new", suite="rot13", listen="nonsense", profile="777777")
    assert [mistake.partition(":")[0] for mistake in told] == ["suite", "listen", "profile"]


@pytest.mark.parametrize("listen", ["127.0.0.1:8410", "[::1]:8410", "localhost:65535"])
def test_what_is_made_can_be_loaded(tmp_path: Path, listen: str) -> None:
    make_member_folder(tmp_path, replace(GOOD, listen=listen, profile="410100"))
    home = config.load(tmp_path)
    assert home.settings.gateway.listen == listen
    assert bootstrap.adapter(home) is not None


def test_a_profile_may_be_a_folder_of_ones_own(tmp_path: Path) -> None:
    shutil.copytree(builtin_profile("410100"), tmp_path / "profile")
    for profile in ("../profile", str(tmp_path / "profile")):
        folder = tmp_path / f"new-{len(profile)}"
        folder.mkdir()
        make_member_folder(folder, replace(GOOD, profile=profile))
        assert bootstrap.adapter(config.load(folder)) is not None


def test_the_key_of_a_profile_lies_in_the_members_folder(tmp_path: Path) -> None:
    make_member_folder(tmp_path, replace(GOOD, code="430100", profile="430100"))
    with pytest.raises(SettingsInvalid, match=r"secrets\.sm4_key: .*sm4-key cannot be read"):
        bootstrap.adapter(config.load(tmp_path))
    (tmp_path / "sm4-key").write_text("0123456789ABCDEFFEDCBA9876543210\n")
    assert bootstrap.adapter(config.load(tmp_path)) is not None
