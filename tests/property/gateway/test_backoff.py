"""Backoff: within its bounds, spread by chance, and polite to a partner that asked for rest."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange.backoff import Backoff

seconds = st.floats(0.001, 1000.0)


@given(base=seconds, ceiling=seconds, failures=st.integers(1, 200), seed=st.integers())
def test_a_pause_never_passes_its_bound(
    base: float, ceiling: float, failures: int, seed: int
) -> None:
    backoff = Backoff(base=base, ceiling=ceiling, uniform=random.Random(seed).uniform)
    for number in range(failures):
        assert 0.0 <= backoff.failed() <= min(ceiling, base * 2.0 ** min(number, 32))
        assert backoff.failures == number + 1


@given(failures=st.integers(0, 40))
def test_the_bound_doubles_with_every_failure_up_to_the_ceiling(failures: int) -> None:
    backoff = Backoff(base=0.5, ceiling=60.0, uniform=lambda _low, high: high)
    pauses = [backoff.failed() for _ in range(failures)]
    assert pauses == [min(60.0, 0.5 * 2**n) for n in range(failures)]


@given(asked=st.floats(0.0, 1e9), failures=st.integers(1, 20))
def test_what_the_partner_asks_for_is_honoured_up_to_the_ceiling(
    asked: float, failures: int
) -> None:
    backoff = Backoff(base=0.2, ceiling=60.0, uniform=random.Random(1).uniform)
    for _ in range(failures):
        pause = backoff.failed(retry_after=asked)
        assert min(asked, 60.0) <= pause <= 60.0


def test_jitter_is_drawn_from_the_whole_range() -> None:
    """Full jitter: many gateways that lost one partner do not come back together."""
    pauses = []
    for seed in range(200):
        backoff = Backoff(base=1.0, ceiling=8.0, uniform=random.Random(seed).uniform)
        pauses.append([backoff.failed() for _ in range(4)][-1])
    assert min(pauses) < 1.0
    assert max(pauses) > 7.0
    assert len(set(pauses)) == 200


def test_success_begins_again() -> None:
    backoff = Backoff(base=1.0, ceiling=60.0, uniform=lambda _low, high: high)
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failures == 0
    assert backoff.failed() == 1.0
