"""What the doctor says of the three officers."""

from gateway.doctor.finding import Level
from gateway.doctor.officers import officers
from gateway.officers.accounts import RECOVERY
from gateway.officers.duties import OFFICERS, Duty
from gateway.officers.records import Account

THREE = [Account(duty.value, duty, 0) for duty in OFFICERS]


def test_none_is_a_warning_with_the_command_that_founds_them() -> None:
    found = officers([])
    assert found.level is Level.WARNING
    assert "tongban officer found" in found.remedy_zh


def test_all_three_are_good() -> None:
    found = officers([*THREE, Account(RECOVERY, Duty.RECOVERY, 0)])
    assert found.level is Level.GOOD
    assert "3" in found.en


def test_one_who_is_locked_is_missed() -> None:
    found = officers([*THREE[:2], THREE[2].with_(locked_at=1)])
    assert (found.level, "审计员" in found.zh) == (Level.WARNING, True)


def test_a_first_password_is_spoken_of() -> None:
    assert officers([*THREE[:2], THREE[2].with_(must_change=True)]).level is Level.WARNING
