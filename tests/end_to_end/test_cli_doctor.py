"""`tongban doctor` over real gateways: what is well, what is not, and what to do."""

from datetime import UTC, datetime
from pathlib import Path

from keys.tls.certificate import new_certificate, new_pin
from keys.trust.members_file import read_members, write_members
from tests.end_to_end.command import Ended, tongban
from tests.end_to_end.members import meet, new_member, running
from tests.processes.patience import until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _doctor(home: Path) -> Ended:
    return tongban("doctor", "--home", home, "--lang", "en")


def test_it_is_content_with_two_gateways_that_run_and_names_the_one_that_does_not(
    tmp_path: Path,
) -> None:
    zhengzhou = new_member(tmp_path / "410100", "410100", "sm")
    guangzhou = new_member(tmp_path / "440100", "440100", "intl")
    meet(zhengzhou, guangzhou)
    with running(zhengzhou):
        with running(guangzhou):
            until(lambda: _doctor(zhengzhou).code == 0, "everything is well")
            well = _doctor(zhengzhou)
            assert "✗" not in well.out
            assert "partner 440100  answers in" in well.out
            assert "clock  " in well.out
        gone = _doctor(zhengzhou)
    assert gone.code == 1
    assert "✗ partner 440100  does not answer" in gone.out
    assert "→ check network and address" in gone.out


def test_it_names_a_partner_that_shows_another_certificate_than_it_pins(tmp_path: Path) -> None:
    zhengzhou = new_member(tmp_path / "410100", "410100", "sm")
    guangzhou = new_member(tmp_path / "440100", "440100", "intl")
    meet(zhengzhou, guangzhou)
    path = zhengzhou / "members.json"
    us, partner = read_members(path).members
    changed = new_pin(new_certificate("440100", LONG_AGO).certificate, LONG_AGO)
    write_members(path, [us, partner.model_copy(update={"tls_pins": (changed,)})])
    with running(zhengzhou, guangzhou):
        until(lambda: "our gateway is ready" in _doctor(zhengzhou).out, "ours is up")
        until(lambda: "link.certificate" in _doctor(zhengzhou).out, "theirs is up")
        found = _doctor(zhengzhou)
        assert found.code == 1
        assert "compare the certificate's fingerprint by telephone" in found.out
        other = _doctor(guangzhou)
        assert "mutual TLS, " in other.out
        assert "link.certificate_refused" in other.out, "nor is its own let in over there"


def test_what_keeps_a_gateway_from_starting_is_a_finding_too(tmp_path: Path) -> None:
    home = new_member(tmp_path / "410100", "410100", "sm")
    (home / "keys" / "passphrase").write_text("another\n")
    wrong = _doctor(home)
    assert wrong.code == 1
    assert "✗ key 410100-sign-" in wrong.out
    assert "✗ key signing  none can be used" in wrong.out
    (home / "tongban.toml").write_text("[member]\ncode = 7\n[gateway]\nlisten = 7\n")
    broken = _doctor(home)
    assert broken.code == 1
    assert broken.out.count("✗ configuration") > 1
