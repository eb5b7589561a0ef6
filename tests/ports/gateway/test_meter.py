"""What a meter owes: it counts, and it never raises."""

from datetime import UTC, datetime

import pytest

from contracts.errors import PartnerUnreachable
from gateway.exchange.link_status import LinkStatus
from gateway.metrics import Metrics
from gateway.ports import Backlog, Meter


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def scraped(metrics: Metrics) -> set[str]:
    return set(metrics.scrape([], [], {}, 0).decode().splitlines())


def test_what_is_counted_can_be_scraped(metrics: Metrics) -> None:
    meter: Meter = metrics
    meter.received("440100", "taken", 2)
    meter.settled("440100", "refused", 0.02)
    meter.limited("440100", "partner.quota")
    assert 'tongban_limited_total{code="partner.quota",partner="440100"} 1.0' in scraped(metrics)
    assert 'tongban_messages_received_total{partner="440100",result="taken"} 2.0' in scraped(
        metrics
    )
    assert 'tongban_receipts_total{outcome="refused",partner="440100"} 1.0' in scraped(metrics)
    assert 'tongban_exchange_seconds_bucket{le="0.02",partner="440100"} 1.0' in scraped(metrics)


def test_a_seal_that_does_not_hold_is_counted_apart(metrics: Metrics) -> None:
    for code in ("seal.invalid", "path.invalid", "receipt.invalid", "batch.malformed"):
        metrics.rejected(code)
    lines = scraped(metrics)
    assert 'tongban_rejected_total{code="batch.malformed"} 1.0' in lines
    assert 'tongban_signature_failures_total{code="seal.invalid"} 1.0' in lines
    assert not any("failures_total" in line and "batch.malformed" in line for line in lines)


def test_gauges_forget_a_lane_that_is_empty(metrics: Metrics) -> None:
    first = metrics.scrape([Backlog("city", 3, 1_000)], [], {}, 4_000).decode()
    assert 'tongban_queue_depth{lane="city"} 3.0' in first
    assert 'tongban_queue_oldest_seconds{lane="city"} 3.0' in first
    assert 'lane="city"' not in metrics.scrape([], [], {}, 5_000).decode()


def test_what_is_held_and_whether_the_broker_is_there(metrics: Metrics) -> None:
    text = metrics.scrape([Backlog("city", 3, 1_000, 2)], [], {}, 4_000).decode()
    assert 'tongban_held{lane="city"} 2.0' in text
    assert "tongban_broker_connected" not in text, "there is none to be alarmed by"
    assert "tongban_broker_connected 0.0" in metrics.scrape([], [], {}, 0, broker=False).decode()
    text = metrics.scrape([], [], {}, 0, broker=True).decode()
    assert "tongban_broker_connected 1.0" in text
    assert "tongban_held{" not in text


def test_failures_of_a_link_are_shown_until_it_succeeds(metrics: Metrics) -> None:
    now, link = datetime(2026, 1, 1, tzinfo=UTC), LinkStatus("440100")
    link.failed(PartnerUnreachable("no", answer="gateway.busy"), now)
    link.failed(PartnerUnreachable("no"), now)
    assert (link.last_code, link.last_failure) == ("link.unreachable", now)
    assert (
        'tongban_link_failures{partner="440100"} 2.0' in metrics.scrape([], [link], {}, 0).decode()
    )
    link.succeeded(now)
    assert link.last_code is None
    assert (
        'tongban_link_failures{partner="440100"} 0.0' in metrics.scrape([], [link], {}, 0).decode()
    )


def test_a_pace_is_shown_for_as_long_as_we_keep_to_one(metrics: Metrics) -> None:
    link = LinkStatus("440100", pace=12.5)
    line = 'tongban_link_pace{partner="440100"} 12.5'
    assert line in metrics.scrape([], [link], {}, 0).decode()
    link.pace = None
    assert line not in metrics.scrape([], [link], {}, 0).decode()


def test_lanes_to_the_city_are_shown_by_partner(metrics: Metrics) -> None:
    lanes = [Backlog("city/1/440100", 3, 1_000), Backlog("city/5/440100", 2, 2_000)]
    text = metrics.scrape(lanes, [], {}, 4_000).decode()
    assert 'tongban_queue_depth{lane="city/440100"} 5.0' in text
    assert 'tongban_queue_oldest_seconds{lane="city/440100"} 3.0' in text


@pytest.mark.parametrize("strange", ["", "\n", '"', "𠮷" * 1000, "\x00"])
def test_no_label_is_too_strange(metrics: Metrics, strange: str) -> None:
    metrics.received(strange, strange, 1)
    metrics.settled(strange, strange, -1.0)
    metrics.rejected(strange)
    metrics.limited(strange, strange)
    metrics.trust_refused(strange, strange)
    assert metrics.scrape([Backlog(strange, 0, None)], [], {strange: 1}, 0)


def test_incidents_are_shown_as_they_are_kept(metrics: Metrics) -> None:
    text = metrics.scrape([], [], {"message.conflict": 2}, 0).decode()
    assert 'tongban_incidents{code="message.conflict"} 2.0' in text
    assert "tongban_incidents{" not in metrics.scrape([], [], {}, 0).decode()
