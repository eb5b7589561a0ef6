"""Why a message has not gone: the nearest cause is named, with what to do."""

from dataclasses import replace

import pytest

from contracts.errors import PartnerUnreachable
from gateway.clock import SystemClock
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.view_queue import Because, Link, Waiting, link_key, reason_of, why
from gateway.records import Hold, Ticket

NOW = 100_000
TICKET = Ticket("partner/440100", "m1", "410100", "c1", 1_000, position=7)
HOLD = Hold("c1", "partner/440100", 7, "410100", "m1", 1, "wang", "why")


def waiting(status: LinkStatus | None = None, hold: Hold | None = None, at: int = NOW) -> Waiting:
    link = Link(at, status) if status else None
    return Waiting(TICKET, None, None, hold, link)


def failing() -> LinkStatus:
    status = LinkStatus("440100")
    status.failed(PartnerUnreachable("no", answer="seal.clock"), SystemClock().now())
    return status


def put_off(message_id: str) -> LinkStatus:
    status = LinkStatus("440100")
    status.put_off(message_id, "store.full", "no room")
    return status


@pytest.mark.parametrize(
    ("found", "because", "code"),
    [
        (waiting(), Because.DOWN, None),
        (waiting(LinkStatus("440100"), at=NOW - 30_001), Because.DOWN, None),
        (waiting(LinkStatus("440100"), at=NOW - 30_000), Because.NEXT, None),
        (waiting(failing()), Because.FAILING, "seal.clock"),
        (waiting(put_off("m1")), Because.PUT_OFF, "store.full"),
        (waiting(put_off("m2")), Because.NEXT, None),
        (waiting(failing(), HOLD), Because.HELD, None),
        (waiting(failing(), replace(HOLD, position=0, lane="")), Because.HELD, None),
        (waiting(failing(), replace(HOLD, position=6, message_id="m0")), Because.BEHIND, None),
        (waiting(failing(), replace(HOLD, until=NOW + 1)), Because.GIVEN_BACK, None),
    ],
)
def test_why(found: Waiting, because: Because, code: str | None) -> None:
    said, reason = why(found, NOW)
    assert said is because
    assert (reason.code if reason else None) == code


def test_a_code_that_a_partner_made_up_is_a_strange_answer() -> None:
    assert reason_of("made.up").code == "link.answer"


@pytest.mark.parametrize(
    ("lane", "key"), [("partner/440100", "440100"), ("city", "city"), ("city/440100", "city")]
)
def test_all_lanes_to_the_city_are_one_link(lane: str, key: str) -> None:
    assert link_key(lane) == key
