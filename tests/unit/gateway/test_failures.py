"""Whoever shows wrong tokens waits; others do not."""

from gateway.web.failures import EVERY_S, FREE, Failures


def test_some_are_free_then_a_place_waits_and_is_forgiven() -> None:
    now = 100.0
    failures = Failures(lambda: now)
    for _ in range(FREE - 1):
        failures.note("a")
    assert failures.wait("a") == 0
    failures.note("a")
    assert failures.wait("a") == EVERY_S
    assert failures.wait("b") == 0
    now += EVERY_S
    assert failures.wait("a") == 0
    failures.note("a")
    assert failures.wait("a") == EVERY_S
    now += 3600
    for _ in range(FREE - 1):
        failures.note("a")
    assert failures.wait("a") == 0


def test_places_are_forgotten_rather_than_kept_without_end() -> None:
    failures = Failures(lambda: 0.0)
    for number in range(3000):
        failures.note(str(number))
    assert len(failures._until) == 1024
