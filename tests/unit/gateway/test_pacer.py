"""Pacer: an even pace below what a partner takes, found in seconds and kept."""

import pytest

from gateway.exchange.allowance import Account
from gateway.exchange.pacer import Pacer


class Road:
    """A sender with a full lane and a partner with a rate, second by second of made-up time."""

    def __init__(self, rate: float, burst: float) -> None:
        self.account, self.pacer = Account(rate, burst), Pacer()
        self.now, self.refusals = 100.0, 0
        self.taken: list[tuple[float, int]] = []

    def drive(self, seconds: float, batch: int = 192) -> None:
        end = self.now + seconds
        while self.now < end:
            if wait := self.pacer.wait(self.now):
                self.now += wait
                continue
            count = self.pacer.most(batch)
            launched = self.now
            self.pacer.launched(count, launched)
            self.now += 0.01  # there and back
            if pause := self.account.seconds_until_level(self.now):
                self.refusals += 1
                self.pacer.slowed(launched, self.now, max(1.0, pause))
            else:
                self.account.withdraw(count)
                self.taken.append((self.now, count))
                self.pacer.succeeded(count, self.now)

    def taken_since(self, start: float) -> int:
        return sum(count for at, count in self.taken if at >= start)


def test_nobody_who_is_not_told_to_slow_down_is_slowed_down() -> None:
    pacer = Pacer()
    for second in range(1000):
        pacer.launched(192, float(second))
        pacer.succeeded(192, float(second))
    assert (pacer.rate, pacer.wait(1000.0), pacer.most(192)) == (None, 0.0, 192)


@pytest.mark.parametrize("rate", [3.0, 40.0, 700.0])
def test_the_rate_of_the_partner_is_found_and_used(rate: float) -> None:
    road = Road(rate, rate * 10)
    road.drive(60)
    start, before = road.now, road.refusals
    road.drive(60)
    assert 0.6 * rate * 60 < road.taken_since(start) < 1.15 * rate * 60
    assert road.refusals - before < 15, "not by trying all the time"


def test_what_goes_is_spread_evenly() -> None:
    road = Road(50.0, 100.0)
    road.drive(60)
    start = road.now
    road.drive(60)
    seconds = [
        sum(count for at, count in road.taken if start + n <= at < start + n + 1) for n in range(60)
    ]
    assert max(seconds) <= 100, "no burst after a pause"


def test_one_answer_for_several_batches_under_way_counts_once() -> None:
    pacer = Pacer()
    pacer.succeeded(500, 10.0)
    for _ in range(4):
        pacer.slowed(11.0, 11.2, 1.0)
    assert pacer.rate == pytest.approx(70.0)
    assert pacer.wait(11.2) == pytest.approx(1.0)


def test_a_partner_that_lets_us_again_gets_all_again() -> None:
    road = Road(20.0, 20.0)
    road.drive(30)
    road.account = Account(1e9, 1e9)
    road.drive(400)
    assert road.pacer.rate is None


def test_the_pace_never_falls_to_nothing() -> None:
    pacer = Pacer()
    for second in range(100):
        pacer.slowed(float(second), second + 0.5, 1.0)
    assert pacer.rate == 1.0
    assert pacer.most(192) == 1
