"""The link between two cities, with everything that can be wrong with one, while both talk.

Three cities run: two whose link is ill in turn of all its ways, and a third that must
notice nothing of it. After each illness everything has arrived, once and in order.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import sickness
from tests.processes.city import cities
from tests.processes.ledger import assert_same_story, count
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import LONG, until_then
from tests.processes.road import Road, road

SEED = 20_261_126
CASES = 6
SUITES = {"410100": "sm", "440100": "intl", "410300": "intl"}
TIMEOUT = 2.0


@dataclass
class Roads:
    """Both ways between the two cities."""

    out: Road
    back: Road

    async def cut(self) -> None:
        for way in (self.out, self.back):
            way.closed = True
            await way.clear()

    async def one_way(self) -> None:
        """What one city says arrives; it never hears so."""
        self.out.loses_answers = True

    async def slow(self) -> None:
        """So slow that all that waits does not pass in the time of one request."""
        for way in (self.out, self.back):
            way.pace = 12 * 1024
            way.delay = 0.2

    async def flapping(self) -> None:
        """Open for moments, until somebody heals it."""
        await self.cut()
        self._flapping = asyncio.create_task(self._flap())

    async def _flap(self) -> None:
        chance = random.Random(SEED)
        while True:
            for way in (self.out, self.back):
                way.closed = not way.closed
                if way.closed:
                    await way.clear()
                await asyncio.sleep(chance.uniform(0.02, 0.2))

    async def heal(self) -> None:
        if self._flapping is not None:
            self._flapping.cancel()
            self._flapping = None
        for way in (self.out, self.back):
            way.closed = way.loses_answers = False
            way.pace, way.delay, way.instead = None, 0.0, None

    _flapping: "asyncio.Task[None] | None" = None


@dataclass
class Three:
    """The desks of two with ill links between them, and of a third."""

    here: Office
    there: Office
    third: Office
    roads: Roads
    filed: int = 0

    async def file_all(self) -> None:
        for _ in range(CASES):
            await self.file_each()

    async def file_each(self) -> None:
        """A case of the two with each other, and of one with the third."""
        self.filed += 1
        await self.here.file(f"L-{self.filed}", self.there.city.code)
        await self.there.file(f"L-{self.filed}", self.here.city.code)
        await self.here.file(f"T-{self.filed}", self.third.city.code)

    async def assert_third_is_served(self) -> None:
        """While the link is ill."""
        third = self.third.city
        await until_then(
            lambda: count(third.books, "message") == self.filed, "the third gets its own", within=30
        )
        assert self.here.city.metric("tongban_link_failures", partner=third.code) == 0

    async def assert_noticed(self, ill: str) -> None:
        """More is filed until the link was seen to fail: through one that comes and goes all that
        was filed may have passed while it was there."""
        here, there = self.here.city, self.there.city
        deadline = asyncio.get_running_loop().time() + LONG
        while not here.metric("tongban_link_failures", partner=there.code):
            assert asyncio.get_running_loop().time() < deadline, f"{ill} is not noticed"
            await self.file_each()
            await asyncio.sleep(0.05)

    async def assert_whole(self) -> None:
        """After it is healed."""
        here, there, third = self.here.city, self.there.city, self.third.city
        await all_settled(here, there)
        members = here.folder / "members.json"
        assert assert_same_story(here.books, there.books, members, third.code) == self.filed * 2
        assert assert_same_story(here.books, third.books, members, there.code) == self.filed


@asynccontextmanager
async def three(folder: Path) -> AsyncIterator[Three]:
    with cities(folder, SUITES) as made:
        here, there = made[:2]
        for city in made:
            city.env["TONGBAN_EXCHANGE__TIMEOUT_S"] = str(TIMEOUT)
        async with (
            road(here, there) as out,
            road(there, here) as back,
            offices(made) as (one, two, other),
        ):
            for city in made:
                city.start()
            for city in made:
                await asyncio.to_thread(city.ready)
            yield Three(one, two, other, Roads(out, back))


@pytest.mark.slow
async def test_a_link_that_is_cut_slow_flapping_or_deaf_one_way_loses_nothing(
    tmp_path: Path,
) -> None:
    async with three(tmp_path) as all_of_them:
        roads = all_of_them.roads
        ills = [roads.cut, roads.one_way, roads.flapping]
        random.Random(SEED).shuffle(ills)
        for ill in ills:
            await ill()
            await all_of_them.file_all()
            await all_of_them.assert_third_is_served()
            await all_of_them.assert_noticed(ill.__name__)
            await roads.heal()
            await all_of_them.assert_whole()
        # A slow link needs no healing: what waits passes in smaller batches.
        await roads.slow()
        for _ in range(2):
            await all_of_them.file_all()
        await all_of_them.assert_third_is_served()
        await all_of_them.assert_whole()


@pytest.mark.slow
async def test_a_partner_that_is_ill_delays_nobody_else_and_misses_nothing(tmp_path: Path) -> None:
    async with three(tmp_path) as all_of_them:
        ills = [
            sickness.answers_500,
            sickness.hangs,
            sickness.answers_half,
            sickness.answers_garbage,
            sickness.closes_at_once,
        ]
        random.Random(SEED).shuffle(ills)
        here, there = all_of_them.here.city, all_of_them.there.city
        for ill in ills:
            await all_of_them.roads.out.clear()
            all_of_them.roads.out.instead = ill
            await all_of_them.file_all()
            await all_of_them.assert_third_is_served()
            await until_then(
                lambda: here.metric("tongban_link_failures", partner=there.code) > 0,
                f"{ill.__name__} is noticed",
            )
            assert here.health()[0] == 200
            await all_of_them.roads.heal()
            await all_of_them.assert_whole()
