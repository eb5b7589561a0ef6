"""Lanes: a case is in one of them for life, and a flood of one kind stays in one."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contracts.announcement import Announcement
from gateway.lanes import (
    CITY_BUCKETS,
    CITY_LEASES,
    bucket_of,
    city_lane,
    lease_of,
    merged,
    partner_of,
    shown,
    to_the_city,
)
from gateway.ports import Backlog
from gateway.records import partner_lane
from tests.ports.gateway.records import CASE_ID, THEM, case
from tests.processes.drafts import application


def test_district_and_matter_choose_the_bucket_and_nothing_else_does() -> None:
    one = application("410100", "440100")
    other = one.model_copy(update={"remark": "urgent"})
    assert bucket_of(one) == bucket_of(other)
    districts = {bucket_of(application(f"4101{number:02}", "440100")) for number in range(1, 60)}
    assert districts == set(range(CITY_BUCKETS)), "districts are spread over all"


def test_a_case_without_a_bucket_goes_by_its_id() -> None:
    old = city_lane(THEM, CASE_ID, case(bucket=None))
    assert old == city_lane(THEM, CASE_ID, None)
    assert city_lane(THEM, CASE_ID, case(bucket=5)) == f"city/5/{THEM}"


def test_every_lane_is_worked_on_under_a_lease_that_may_be_announced() -> None:
    lanes = [city_lane(THEM, CASE_ID, case(bucket=n)) for n in range(CITY_BUCKETS)]
    assert {lease_of(lane) for lane in lanes} | {lease_of("city")} == set(CITY_LEASES)
    assert all(to_the_city(lane) for lane in (*lanes, "city"))
    for lease in (*CITY_LEASES, lease_of(partner_lane(THEM))):
        Announcement(lane=lease, announced_at=datetime.now(UTC))
    for strange in ("city/8", "city/1/410100", "city/", "partner", "citywide"):
        with pytest.raises(ValidationError):
            Announcement(lane=strange, announced_at=datetime.now(UTC))
    assert not to_the_city(partner_lane(THEM))
    assert not to_the_city("citywide")


def test_operators_see_one_lane_for_each_partner() -> None:
    lanes = [
        Backlog("city/1/440100", 2, 50),
        Backlog("city/7/440100", 1, 20),
        Backlog("city", 4, 10),
        Backlog("partner/440100", 3, None),
    ]
    assert merged(lanes) == [
        Backlog("city/440100", 3, 20),
        Backlog("city", 4, 10),
        Backlog("partner/440100", 3, None),
    ]
    assert shown("city/1/440100") == "city/440100"
    assert (partner_of("city"), partner_of("city/1/440100")) == ("", "440100")
