"""Cities that file cases with each other and answer them, all the time, until told to stop."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from contracts.case import State
from contracts.messages import Kind
from keys.trust.federation.federation import Federation
from tests.processes.city import City
from tests.processes.drafts import fact
from tests.processes.office import Office, offices

Way = tuple[str, str]
"""Receiving and handling city."""


@dataclass
class Load:
    """`filed` counts the cases of each way, `answered` the first words said on them."""

    desks: dict[str, Office]
    ways: Sequence[Way]
    every: float
    """Seconds between two cases of one way."""
    filed: Counter[Way] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    first: dict[Way, str] = field(default_factory=dict)
    """The first case of each way."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Finish what is begun: what is committed is counted."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`. Raises whatever keeps a city from filing: nothing may."""
        async with asyncio.TaskGroup() as tasks:
            for way in self.ways:
                tasks.create_task(self._file(way))
                tasks.create_task(self._answer(way))
            for desk in self.desks.values():
                tasks.create_task(self._keep_list(desk))

    async def _file(self, way: Way) -> None:
        receiving, handling = way
        while not self._stopping.is_set():
            number = f"{receiving}-{handling}-{self.filed[way]}"
            case_id = await self.desks[receiving].file(number, handling)
            self.first.setdefault(way, case_id)
            self.filed[way] += 1
            await self._pause(self.every)

    async def _answer(self, way: Way) -> None:
        receiving, handling = way
        desk = self.desks[handling]
        while not self._stopping.is_set():
            for case_id, state in desk.cases(receiving):
                if state is State.SUBMITTED and case_id not in self.answered:
                    await desk.parts.submit(fact(Kind.RECEIVE, case_id))
                    self.answered.add(case_id)
            await self._pause(2 * self.every)

    async def _keep_list(self, desk: Office) -> None:
        """As every command reads the list when it begins, and desks here are never closed."""
        trust = desk.parts.home.trust
        while isinstance(trust, Federation) and not self._stopping.is_set():
            await asyncio.to_thread(trust.load_news)
            await self._pause(1.0)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


@asynccontextmanager
async def under_load(
    cities: Sequence[City], ways: Sequence[Way], *, every: float
) -> AsyncIterator[Load]:
    """The load runs within the block; what stops it ends the test."""
    async with offices(cities) as desks:
        load = Load({desk.city.code: desk for desk in desks}, ways, every)
        running = asyncio.create_task(load.run())
        try:
            yield load
            assert not running.done(), running.exception()
        finally:
            load.stop()
            await running
