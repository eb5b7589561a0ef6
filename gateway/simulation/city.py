"""One city's gateway over simulated parts: what `bootstrap` wires, without the machine.

The disk (a store) and the keys belong to the city and stay; everything else belongs to one
process, which may be killed at any commit and started again.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from contracts.errors import PartnerLimited, PartnerUnreachable, TongbanError
from gateway.exchange.allowance import Allowance, Allowed
from gateway.exchange.courier import Courier
from gateway.exchange.expire import Expire
from gateway.exchange.pace import Pace
from gateway.exchange.receive import Receive
from gateway.exchange.submit import Submit
from gateway.ports import Answer, Store
from gateway.queues.embedded import EmbeddedQueue
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.crash import CrashingStore, Died, Moment
from gateway.simulation.members import Keyring
from gateway.simulation.network import SimulatedNetwork
from keys.trust.roll import Roll

Fate = tuple[int, Moment] | None
"""At which commit, counted from its start, a process dies, and on which side of it."""

PACE = Pace(in_flight=3, batch_count=4, backoff_ceiling=8.0)
LIFE = timedelta(hours=12)


class SimulatedCity:
    """A member on the simulated network; `start` it."""

    def __init__(
        self,
        keyring: Keyring,
        partners: Sequence[str],
        *,
        trust: Roll,
        disk: Store,
        network: SimulatedNetwork,
        clock: SimulatedClock,
        chance: random.Random,
        fate: Callable[[], Fate] = lambda: None,
        allowed: Allowed = Allowed(),  # noqa: B008 - frozen
    ) -> None:
        """`fate` is asked anew for every process that starts. `allowed`: what partners may send."""
        self.code = keyring.code
        self.disk = disk
        self.deaths = 0
        self._keyring = keyring
        self._partners = partners
        self._trust = trust
        self._network = network
        self._clock = clock
        self._chance = chance
        self._tasks: list[asyncio.Task[None]] = []
        self._supervisor: asyncio.Task[None] | None = None
        self._fate = fate
        self._allowed = allowed
        self.told_to_slow_down = 0

    def start(self) -> None:
        """A supervisor runs a process, and another one whenever it has died."""
        self._start_process()
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        await self._end_process()

    # --- the process ---------------------------------------------------------------------

    def _start_process(self) -> None:
        at, moment = self._fate() or (None, Moment.BEFORE)
        home = self._keyring.home(self._trust, self._clock)
        self.process = store = CrashingStore(self.disk, at=at, moment=moment)
        queue = EmbeddedQueue(store, self._clock, owner=f"{self.code}/{self.deaths}")
        self.home = home
        self.submit = Submit(home, store, queue, life=LIFE)
        allowance = Allowance(store, self._clock, self._allowed, {})
        self._receive = Receive(home, store, queue, to_city=False, allowance=allowance)
        self._couriers = {
            partner: Courier(
                home,
                store,
                queue,
                self._network.link(partner),
                partner,
                pace=PACE,
                to_city=False,
                uniform=self._chance,
            )
            for partner in self._partners
        }
        expire = Expire(home, store, queue, to_city=False)
        self._tasks = [
            asyncio.create_task(_until_death(part))
            for part in (expire.run, *(courier.run for courier in self._couriers.values()))
        ]
        self._network.join(self.code, self._answer)

    async def _end_process(self) -> None:
        self._network.leave(self.code)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _supervise(self) -> None:
        while True:
            await self.process.death.wait()
            self.deaths += 1
            await self._end_process()
            await self._clock.sleep(2.0)
            self._start_process()

    async def _answer(self, _path: str, body: bytes) -> Answer:
        """What the web layer does, in a few lines."""
        try:
            partner, reply = await self._receive(body)
        except PartnerLimited as error:
            self.told_to_slow_down += 1
            return Answer(error.reason.status, b"", retry_after=max(1.0, error.retry_after))
        except TongbanError as error:
            return Answer(error.reason.status, error.code.encode())
        except Died:
            raise PartnerUnreachable("connection reset", partner=self.code) from None
        self._couriers[partner].wake()
        return Answer(200, reply)


async def _until_death(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await run()
    except Died:
        return
    except BaseExceptionGroup as group:
        if group.split(Died)[1] is not None:  # something else went wrong as well
            raise
