"""Turns: partners share alike, whatever each has waiting, and lanes within a partner do."""

import random
from collections import Counter

from gateway.exchange.turns import Turns

A, B, C = "410100", "440100", "430100"


def lanes_of(waiting: dict[str, int]) -> list[str]:
    return [lane for lane, left in waiting.items() if left]


def served(waiting: dict[str, int], turns: int) -> list[str]:
    """Who is served in so many turns, one document each."""
    rule, left, order = Turns(), dict(waiting), []
    for _ in range(turns):
        if not (lanes := lanes_of(left)):
            break
        lane = rule.next(lanes)
        left[lane] -= 1
        order.append(lane)
    return order


def test_a_flood_of_one_partner_delays_another_by_a_turn() -> None:
    flood = {f"city/{bucket}/{A}": 10_000 for bucket in range(8)}
    order = served({**flood, f"city/3/{B}": 1}, 16)
    assert f"city/3/{B}" in order[:2]


def test_partners_share_alike_however_many_lanes_each_has() -> None:
    waiting = {f"city/{bucket}/{A}": 1000 for bucket in range(8)}
    waiting |= {f"city/0/{B}": 1000, f"city/1/{C}": 1000, f"city/2/{C}": 1000}
    shares = Counter(lane.rpartition("/")[2] for lane in served(waiting, 900))
    assert shares == {A: 300, B: 300, C: 300}


def test_within_a_partner_its_lanes_share_alike() -> None:
    waiting = {f"city/{bucket}/{A}": 1000 for bucket in (1, 4, 7)}
    assert set(Counter(served({**waiting, f"city/0/{B}": 1000}, 600)).values()) == {100, 300}


def test_nobody_starves_whatever_comes_and_goes() -> None:
    chance, rule = random.Random(5), Turns()
    lanes = [f"city/{bucket}/{code}" for bucket in range(8) for code in (A, B, C)]
    always = f"city/6/{C}"
    since = longest = 0
    for _ in range(5_000):
        there = {always, *chance.sample(lanes, chance.randint(1, len(lanes)))}
        since = 0 if rule.next(there) == always else since + 1
        longest = max(longest, since)
    assert longest <= 3 * 8, "three partners of eight lanes at most"


def test_the_lane_of_older_versions_takes_its_turn() -> None:
    assert sorted(served({"city": 1, f"city/1/{A}": 1}, 5)) == ["city", f"city/1/{A}"]
