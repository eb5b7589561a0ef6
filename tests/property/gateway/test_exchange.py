"""The whole exchange in foul weather: three cities, every fault of the network, processes
that die at any commit. In the end each message was taken once, in order, and provably."""

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from gateway.ports import Store
from gateway.simulation.around import StoreInThreads
from gateway.simulation.city import Fate, SimulatedCity
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.crash import Moment
from gateway.simulation.loop import SimulatedLoop, simulate
from gateway.simulation.members import new_keyring, roll_of
from gateway.simulation.network import Fault, SimulatedNetwork, Weather
from gateway.simulation.store import MemoryStore
from gateway.stores.sqlite import open_sqlite
from tests.property.gateway.conversation import (
    Conversation,
    all_settled,
    any_script,
    hold_to_account,
)

KEYRINGS = [new_keyring("410100", "sm"), new_keyring("440100"), new_keyring("430100")]
TRUST = roll_of(KEYRINGS)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of foreseen failures need not be told of."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Exchange:
    """Three cities for one seed, and everything they say to each other."""

    def __init__(self, seed: int, weather: Weather, *, cases: int, mortal: bool) -> None:
        self.chance = random.Random(seed)
        self.clock = SimulatedClock()
        self.network = SimulatedNetwork(self.clock, self.chance, weather)
        self.cities: list[SimulatedCity] = []
        self._cases = cases
        self._mortal = mortal
        self._doomed: dict[str, Fate] = {}

    def run(self, disk: Callable[[str], Store]) -> None:
        simulate(lambda: self._run(disk), self.clock)

    async def _run(self, disk: Callable[[str], Store]) -> None:
        codes = [keyring.code for keyring in KEYRINGS]
        for keyring in KEYRINGS:
            partners = [code for code in codes if code != keyring.code]
            self.cities.append(
                SimulatedCity(
                    keyring, partners, trust=TRUST, disk=disk(keyring.code),
                    network=self.network, clock=self.clock, chance=self.chance,
                    fate=partial(self._fate, keyring.code),
                )
            )  # fmt: skip
        for city in self.cities:
            city.start()
        pairs = itertools.cycle(itertools.permutations(self.cities, 2))
        talks = [
            Conversation(f"郑-{number}", here, there, self.clock, any_script(self.chance))
            for number, (here, there) in zip(range(self._cases), pairs, strict=False)
        ]
        async with asyncio.TaskGroup() as tasks:
            for talk in talks:
                tasks.create_task(talk.play())
        await all_settled([city.disk for city in self.cities], self.clock, within=3600.0)
        for city in self.cities:
            await city.stop()
        for talk in talks:
            await hold_to_account(talk, TRUST)
        for city in self.cities:
            await city.disk.close()

    def doom(self, code: str, commit: int, moment: Moment) -> None:
        """The first process of a city dies at this commit, and no other does."""
        self._doomed[code] = commit, moment

    def _fate(self, code: str) -> Fate:
        if not self._mortal:
            return self._doomed.pop(code, None)
        return self.chance.randrange(3, 60), self.chance.choice(list(Moment))


@pytest.mark.parametrize("seed", range(20))
def test_every_message_is_taken_once_in_order_and_provably(seed: int) -> None:
    exchange = Exchange(seed, Weather.foul(), cases=6, mortal=True)
    exchange.run(lambda _: MemoryStore())
    assert sum(city.deaths for city in exchange.cities) > 0
    assert len(exchange.network.happened) > len(Fault) // 2, "weather that was fair after all"


def test_the_same_over_files(tmp_path: Path) -> None:
    exchange = Exchange(100, Weather.foul(), cases=3, mortal=True)

    def disk(code: str) -> Store:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        return StoreInThreads(open_sqlite(tmp_path / f"{code}.sqlite", exchange.clock), loop)

    exchange.run(disk)
    assert sum(city.deaths for city in exchange.cities) > 0


def test_in_fair_weather_nobody_says_anything_twice() -> None:
    exchange = Exchange(1, Weather.fair(), cases=6, mortal=False)
    exchange.run(lambda _: MemoryStore())
    assert not exchange.network.happened
    assert exchange.clock.monotonic() < 120.0, "nothing failed, so nobody had to wait for long"


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("code", ["410100", "440100"])
def test_a_process_may_die_at_any_one_commit(code: str, moment: Moment) -> None:
    """Not by chance: at the first, the second… until a life is over before the commit comes."""
    for commit in itertools.count(1):
        exchange = Exchange(4, Weather.fair(), cases=1, mortal=False)
        exchange.doom(code, commit, moment)
        exchange.run(lambda _: MemoryStore())
        if not any(city.deaths for city in exchange.cities):
            assert commit > 20, "every commit of a whole case had its death"
            return
