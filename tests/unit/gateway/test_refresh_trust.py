"""Several mirrors: the newest that holds is taken, and whoever lies is named and counted."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from contracts.errors import TrustUnavailable
from gateway.exchange.refresh_trust import RefreshTrust
from gateway.metrics import Metrics
from gateway.simulation.clock import SimulatedClock
from keys.trust.federation import layout
from keys.trust.federation.copy import Copy
from keys.trust.federation.federation import Federation
from keys.trust.federation.standing import TOP_ROLES
from tests.doubles.federation import DAY, NOW, SimulatedMirror, Simulator
from tests.processes.patience import until_then


@pytest.fixture
def world() -> Simulator:
    return Simulator(codes=("410100", "440100"), threshold=2)


class Desk:
    """A federation's list and what refreshes it."""

    def __init__(self, world: Simulator, folder: Path, *mirrors: SimulatedMirror) -> None:
        self.now = NOW
        self.metrics = Metrics()
        self.trust = Federation(world.anchor, Copy(folder), self._time)
        self.refresh = RefreshTrust(self.trust, mirrors, SimulatedClock(), self.metrics)

    def _time(self) -> datetime:
        return self.now

    def refused(self) -> dict[tuple[str, str], float]:
        """What was counted, by mirror and code."""
        families = text_string_to_metric_families(self.metrics.scrape([], [], {}, 0).decode())
        return {
            (sample.labels["mirror"], sample.labels["code"]): sample.value
            for family in families
            for sample in family.samples
            if sample.name == "tongban_trust_refused_total"
        }


async def test_news_comes_from_whichever_mirror_has_it(world: Simulator, tmp_path: Path) -> None:
    stale = SimulatedMirror("stale", dict(world.files))
    world.members["440100"] = world.cities["440100"].entry(address="https://moved.example")
    world.publish_member("440100")
    world.publish()
    dead, fresh = SimulatedMirror("dead", {}), SimulatedMirror("fresh", world.files)
    desk = Desk(world, tmp_path, stale, dead, fresh)
    await desk.refresh.once()
    assert desk.trust.member("440100").address == "https://moved.example"
    assert desk.refused() == {("dead", "trust.mirror_unreachable"): 1}
    await desk.refresh.once()
    assert desk.refused() == {
        ("dead", "trust.mirror_unreachable"): 2,
        ("stale", "trust.rollback"): 1,
    }
    assert desk.trust.member("440100").address == "https://moved.example"


async def test_what_a_lying_mirror_gives_changes_nothing(world: Simulator, tmp_path: Path) -> None:
    forged = {
        path: data.replace(b"440100.example", b"attack.example")
        for path, data in world.files.items()
    }
    liar, honest = SimulatedMirror("liar", forged), SimulatedMirror("honest", world.files)
    endless = SimulatedMirror("endless", {**world.files, layout.TIMESTAMP: b" " * 100_000})
    desk = Desk(world, tmp_path, liar, endless, honest)
    visits = await desk.refresh.once()
    assert [visit.error and visit.error.code for visit in visits] == [
        "trust.mixed",
        "trust.oversized",
        None,
    ]
    assert desk.trust.member("440100") == world.members["440100"]
    assert desk.refused() == {("liar", "trust.mixed"): 1, ("endless", "trust.oversized"): 1}


async def test_it_goes_on_without_mirrors_until_the_end(world: Simulator, tmp_path: Path) -> None:
    mirror = SimulatedMirror("only", world.files)
    desk = Desk(world, tmp_path, mirror)
    desk.metrics.watch_trust(TOP_ROLES, desk.trust.seconds_left)
    await desk.refresh.once()
    mirror.error = TrustUnavailable("away", code="trust.mirror_unreachable")
    desk.now += layout.TIMESTAMP_LIFE - DAY
    await desk.refresh.once()
    assert len(desk.trust.members()) == 2
    text = desk.metrics.scrape([], [], {}, 0).decode()
    assert 'tongban_trust_expires_seconds{role="timestamp"} 86400.0' in text
    mirror.error = None
    desk.now += DAY  # the mirror is back and holds back whatever is new
    (visit,) = await desk.refresh.once()
    assert visit.error is not None
    assert visit.error.code == "trust.frozen"
    with pytest.raises(TrustUnavailable, match="ended"):
        desk.trust.members()


async def test_a_fault_of_a_member_is_counted(world: Simulator, tmp_path: Path) -> None:
    desk = Desk(world, tmp_path, SimulatedMirror("m", world.files))
    await desk.refresh.once()
    world.members["440100"] = world.cities["440100"].entry(signing_keys=[])
    world.publish_member("440100")
    world.publish()
    await desk.refresh.once()
    assert desk.refused() == {("m", "trust.key_removed"): 1}
    assert desk.trust.member("440100").signing_keys


async def test_another_process_brought_the_news(world: Simulator, tmp_path: Path) -> None:
    mirror = SimulatedMirror("m", world.files)
    one, other = Desk(world, tmp_path, mirror), Desk(world, tmp_path)
    await one.refresh.once()
    await other.refresh.once()
    assert other.trust.members() == one.trust.members()


async def test_what_a_command_published_is_taken_up_within_seconds(
    world: Simulator, tmp_path: Path
) -> None:
    """Without a mirror, and long before the next round."""
    copy, clock = Copy(tmp_path), SimulatedClock()
    trust = Federation(world.anchor, copy, lambda: NOW)
    copy.keep(world.walk())
    running = asyncio.create_task(RefreshTrust(trust, [], clock, Metrics(), every=3600).run())
    for version in (1, 2):
        await until_then(lambda: clock.next_waking is not None, "it sleeps", every=0.001)
        assert trust.standing is not None
        assert trust.standing.version == version
        if version == 1:
            world.publish()
            copy.keep(world.walk(trust.standing))
            clock.advance(2.0)
            await until_then(lambda: clock.next_waking is not None, "it sleeps", every=0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert clock.monotonic() == 2.0
