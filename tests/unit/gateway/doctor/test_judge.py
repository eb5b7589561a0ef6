"""The doctor's judgements: good, warning and fault on either side of each bound."""

from datetime import UTC, date, datetime

import pytest

from contracts.errors import REASONS, StoreUnavailable
from gateway.doctor import judge
from gateway.doctor.finding import Finding, Level
from gateway.ports import Backlog
from gateway.simulation.members import new_keyring
from keys.trust.member import Member

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GIB = 1 << 30


def _levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def _member() -> Member:
    return new_keyring("440100", "intl").entry()


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (2 * GIB, Level.GOOD),
        (2 * GIB - 1, Level.WARNING),
        (GIB // 4, Level.WARNING),
        (GIB // 4 - 1, Level.FAULT),
        (0, Level.FAULT),
    ],
)
def test_disk(free: int, level: Level) -> None:
    assert judge.disk(free, 100 * GIB).level is level


@pytest.mark.parametrize(
    ("skews", "level"),
    [
        ({}, Level.WARNING),
        ({"440100": 59.0, "430100": -2.0}, Level.GOOD),
        ({"440100": 1.0, "430100": -60.0}, Level.WARNING),
        ({"440100": 1.0, "430100": -300.0}, Level.FAULT),
    ],
)
def test_clock(skews: dict[str, float], level: Level) -> None:
    assert judge.clock(skews).level is level


def test_the_clock_that_is_furthest_off_is_named() -> None:
    finding = judge.clock({"440100": 1.0, "430100": -120.0})
    assert "430100" in finding.zh
    assert "-120" in finding.en


@pytest.mark.parametrize(
    ("age", "level"),
    [(599, Level.GOOD), (600, Level.WARNING), (3599, Level.WARNING), (3600, Level.FAULT)],
)
def test_queue(age: int, level: Level) -> None:
    lane = Backlog("partner/440100", 3, 1_000)
    assert judge.queue(lane, 1_000 + age * 1000).level is level


def test_a_lane_whose_oldest_is_of_tomorrow_is_good() -> None:
    assert judge.queue(Backlog("city", 1, 5_000), 1_000).level is Level.GOOD


def test_what_is_held_is_said_beside_what_waits() -> None:
    finding = judge.queue(Backlog("partner/440100", 3, 1_000, 2), 1_000)
    assert "扣留 2" in finding.zh
    assert "2 are held" in finding.en
    assert "held" not in judge.queue(Backlog("partner/440100", 3, 1_000), 1_000).en


def test_a_depth_that_is_an_estimate_says_so() -> None:
    assert "≈" in judge.queue(Backlog("partner/440100", 3_000, 1_000, about=True), 1_000).en
    assert "≈" not in judge.queue(Backlog("partner/440100", 3, 1_000), 1_000).en


@pytest.mark.parametrize(
    ("today", "years", "level"),
    [
        (date(2026, 10, 31), {2025, 2026}, Level.GOOD),
        (date(2026, 11, 1), {2025, 2026}, Level.WARNING),
        (date(2026, 12, 31), {2026, 2027}, Level.GOOD),
        (date(2027, 1, 1), {2026}, Level.WARNING),
        (date(2027, 1, 1), set(), Level.WARNING),
    ],
)
def test_the_holidays_of_this_year_and_in_time_of_the_next(
    today: date, years: set[int], level: Level
) -> None:
    finding = judge.calendar(years, today)
    assert finding.level is level
    assert bool(finding.remedy_zh) is bool(finding.remedy_en) is (level is not Level.GOOD)


def test_incidents() -> None:
    assert judge.incidents({}).level is Level.GOOD
    assert judge.incidents({"document.invalid": 4}).level is Level.GOOD
    alarm = judge.incidents({"document.invalid": 4, "message.conflict": 1})
    assert alarm.level is Level.WARNING
    assert "message.conflict 1" in alarm.en


def test_only_what_becomes_an_incident_is_an_alarm_among_them() -> None:
    """What fails of a whole batch or reply is counted by the meter, and never kept."""
    assert judge.ALARMS == ("message.conflict",)
    assert set(judge.ALARMS) <= REASONS.keys()


def test_an_error_brings_its_own_remedy() -> None:
    finding = judge.trouble("database", StoreUnavailable("locked"))
    assert finding.level is Level.FAULT
    assert "store.unavailable" in finding.en
    assert finding.remedy_zh
    assert finding.remedy_en


@pytest.mark.parametrize("field", ["signing_keys", "sealing_keys"])
def test_a_partner_without_a_valid_key_is_a_fault(field: str) -> None:
    partner = _member()
    assert judge.partner_keys(partner, NOW) is None
    finding = judge.partner_keys(partner.model_copy(update={field: ()}), NOW)
    assert finding is not None
    assert finding.level is Level.FAULT
