"""The doctor over a federation: quiet, then days ahead of the end, then at the end."""

import dataclasses
from datetime import timedelta

import pytest

from gateway.doctor.finding import Level
from gateway.doctor.trust import federation
from keys.trust.federation import layout
from keys.trust.federation.standing import Fault, Standing
from tests.doubles.federation import DAY, NOW, Simulator

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def standing() -> Standing:
    return Simulator(codes=("410100", "440100"), threshold=2).walk()


def test_all_is_well(standing: Standing) -> None:
    (finding,) = federation(standing, "410100", NOW)
    assert finding.level is Level.GOOD
    assert "2 members" in finding.en


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (layout.WARN_SHORT + HOUR, Level.GOOD),
        (layout.WARN_SHORT - HOUR, Level.WARNING),
        (timedelta(0), Level.FAULT),
    ],
)
def test_a_freeze_is_told_days_before_it_bites(
    standing: Standing, left: timedelta, level: Level
) -> None:
    finding, *_ = federation(standing, "410100", standing.expires["timestamp"] - left)
    assert finding.level is level
    if level is not Level.GOOD:
        assert "timestamp" in finding.en
        assert "tongban federation publish" in finding.remedy_zh


@pytest.mark.parametrize("role", ["root", "targets"])
def test_what_founders_must_renew(standing: Standing, role: str) -> None:
    ends = {**standing.expires, role: NOW + layout.WARN_LONG - DAY}
    (finding,) = federation(dataclasses.replace(standing, expires=ends), "410100", NOW)
    assert finding.level is Level.WARNING
    assert "found --renew" in finding.remedy_en


def test_our_own_file_and_that_of_another(standing: Standing) -> None:
    ends = {**standing.expires, "410100": NOW + DAY, "440100": NOW + DAY}
    fault = Fault("trust.key_removed", "440100", "a key is gone")
    spoilt = dataclasses.replace(standing, expires=ends, faults=(fault,))
    found = list(federation(spoilt, "410100", NOW))
    assert [each.level for each in found] == [Level.GOOD, Level.WARNING, Level.WARNING]
    assert found[1].subject == "trust 440100"
    assert "trust.key_removed" in found[1].en
    assert "our own file" in found[2].en
