"""What a clock owes: UTC with offset, seconds that never run backwards, and sleep."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import SystemClock
from gateway.ports import Clock
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.loop import EverybodyWaitsError, simulate


@pytest.fixture(params=[SystemClock, SimulatedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_the_time_of_day_is_utc_with_its_offset(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta()


def test_the_monotonic_clock_never_runs_backwards(clock: Clock) -> None:
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)


def test_sleep_takes_its_time(clock: Clock) -> None:
    async def scene() -> float:
        before = clock.monotonic()
        await clock.sleep(0.02)
        return clock.monotonic() - before

    slept = simulate(scene, clock) if isinstance(clock, SimulatedClock) else asyncio.run(scene())
    assert slept >= 0.019


def test_a_sleep_of_nothing_lets_others_run(clock: Clock) -> None:
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    async def scene() -> None:
        running = asyncio.create_task(other())
        await clock.sleep(0)
        ran.append("self")
        await running

    asyncio.run(scene())
    assert ran == ["other", "self"]


async def test_simulated_time_moves_only_when_told() -> None:
    clock = SimulatedClock(datetime(2026, 1, 1, tzinfo=UTC))
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper(n, s)) for n, s in [("b", 20.0), ("a", 10.0)]]
    await asyncio.sleep(0)
    assert clock.next_waking == 10.0
    clock.advance(9.9)
    await asyncio.sleep(0)
    assert woken == []
    clock.advance(30.0)
    await asyncio.gather(*tasks)
    assert woken == ["a", "b"]
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 39, 900_000, tzinfo=UTC)
    assert clock.next_waking is None


def test_an_hour_of_simulated_time_is_over_at_once_and_in_order() -> None:
    clock = SimulatedClock()
    heard: list[tuple[float, str]] = []

    async def bell(name: str, every: float) -> None:
        while True:
            await clock.sleep(every)
            heard.append((clock.monotonic(), name))

    async def scene() -> None:
        bells = [asyncio.create_task(bell(n, s)) for n, s in [("quarter", 900.0), ("half", 1800.0)]]
        await asyncio.sleep(3600.5)  # asyncio's own timers run on the same clock
        for each in bells:
            each.cancel()

    simulate(scene, clock)
    assert [at for at, _ in heard] == [900, 1800, 1800, 2700, 3600, 3600]


def test_a_deadlock_is_found_rather_than_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.simulation.loop._PATIENCE", 0.01)
    with pytest.raises(EverybodyWaitsError):
        simulate(lambda: asyncio.Event().wait(), SimulatedClock())


def test_setting_the_time_of_day_does_not_move_the_monotonic_clock() -> None:
    clock = SimulatedClock()
    clock.advance(10.0)
    clock.set_time_of_day(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now() == datetime(2020, 1, 1, tzinfo=UTC)
    assert clock.monotonic() == 10.0
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1.0)
