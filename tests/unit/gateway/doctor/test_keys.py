"""What the doctor says of our own keys, on either side of each bound."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.doctor.finding import Finding, Level
from gateway.doctor.keys import backup, own_keys, unpublished
from gateway.keyholding.backup_note import BackupNote
from gateway.simulation.members import new_keyring
from keys.trust.member import Member, MemberKey

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
US = new_keyring("440100", "intl").entry()
SIGN, OPEN = US.signing_keys[0].kid, US.sealing_keys[0].kid
HERE = {SIGN, OPEN}


def _levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def _with(**days: object) -> Member:
    key = US.signing_keys[0].model_copy(update=days)
    return US.model_copy(update={"signing_keys": (key,)})


def _next(**days: object) -> MemberKey:
    later = {"kid": "next", "valid_from": NOW + timedelta(days=1), **days}
    return US.signing_keys[0].model_copy(update=later)


def test_published_keys_with_their_other_half_are_good() -> None:
    found = list(own_keys(US, HERE, NOW))
    assert _levels(found) == [Level.GOOD, Level.GOOD]
    assert SIGN in found[0].en
    assert OPEN in found[1].en


@pytest.mark.parametrize(("lacking", "level"), [(OPEN, Level.FAULT), (SIGN, Level.FAULT)])
def test_without_a_usable_key_there_is_a_fault(lacking: str, level: Level) -> None:
    found = [each for each in own_keys(US, HERE - {lacking}, NOW) if each.level]
    assert max(_levels(found)) is level
    assert any(lacking in each.en for each in found)
    assert all(each.remedy_zh and each.remedy_en for each in found)


def test_a_new_key_whose_other_half_is_not_here_is_told_before_its_time() -> None:
    us = US.model_copy(update={"signing_keys": (*US.signing_keys, _next())})
    found = list(own_keys(us, HERE, NOW))
    assert _levels(found) == [Level.GOOD, Level.GOOD, Level.WARNING]
    assert "next" in found[2].en


@pytest.mark.parametrize(
    ("days", "level"),
    [(31, Level.GOOD), (29, Level.WARNING), (0, Level.FAULT), (-1, Level.FAULT)],
)
def test_the_end_of_a_key_without_another(days: int, level: Level) -> None:
    us = _with(valid_to=NOW + timedelta(days=days))
    assert next(iter(own_keys(us, HERE, NOW))).level is level


def test_a_key_that_ends_soon_is_good_when_another_takes_its_place() -> None:
    ending = _with(valid_to=NOW + timedelta(days=2)).signing_keys
    us = US.model_copy(update={"signing_keys": (*ending, _next())})
    assert next(iter(own_keys(us, {*HERE, "next"}, NOW))).level is Level.GOOD
    assert next(iter(own_keys(us, HERE, NOW))).level is Level.WARNING, "its half is not here"


def test_private_keys_that_are_published_nowhere() -> None:
    proposed = US.model_copy(update={"signing_keys": (*US.signing_keys, _next())})
    found = list(unpublished(US, proposed, {"founding"}, {*HERE, "founding", "next", "old"}))
    assert [each.en.split()[0] for each in found] == ["next", "old"]
    assert "federation publish" in found[0].remedy_en
    assert not list(unpublished(US, None, {"founding"}, {*HERE, "founding"}))


def test_a_backup_is_asked_for_until_it_has_every_key() -> None:
    files = {kid: f"file:{kid}.pem" for kid in HERE}
    note = BackupNote(made_at=NOW, file="a", kids=tuple(HERE))
    for noted, here, level in (
        (None, files, Level.WARNING),
        (note, files, Level.GOOD),
        (note, {**files, "next": "file:next.pem"}, Level.WARNING),
        (note, {**files, "next": "pkcs11:token=t;object=next"}, Level.GOOD),
    ):
        finding = backup(noted, here)
        assert finding is not None
        assert finding.level is level
    assert backup(None, {"next": "pkcs11:token=t;object=next"}) is None, "no token is backed up"
