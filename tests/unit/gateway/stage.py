"""One or two cities in memory, for tests of a single use case."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.exchange.home import Home
from gateway.exchange.receive import Receive
from gateway.exchange.submit import Submit
from gateway.queues.embedded import EmbeddedQueue
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.drafts import submission
from gateway.simulation.members import Keyring, new_keyring, roll_of
from gateway.simulation.store import MemoryStore

HERE, THERE, ELSEWHERE = "410100", "440100", "430100"
KEYRINGS = {
    HERE: new_keyring(HERE, "intl"),
    THERE: new_keyring(THERE, "sm"),
    ELSEWHERE: new_keyring(ELSEWHERE, "intl"),
}
TRUST = roll_of(list(KEYRINGS.values()))
LIFE = timedelta(hours=12)


@dataclass
class City:
    """A city's use cases over memory, without couriers: tests carry bytes by hand."""

    code: str
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        keyring: Keyring = KEYRINGS[self.code]
        self.home: Home = keyring.home(TRUST, self.clock)
        self.queue = EmbeddedQueue(self.store, self.clock, owner=self.code)
        self.submit = Submit(self.home, self.store, self.queue, life=LIFE)
        self.receive = Receive(self.home, self.store, self.queue, to_city=True)
        self.chance = random.Random(1)

    async def opens(self, number: str, handling: str = THERE) -> str:
        """A case that this city sends to `handling`; its id."""
        draft = submission(number, receiving=self.code, handling=handling, at=self.clock.now())
        return (await self.submit(draft)).case_id


def two_cities() -> tuple[City, City]:
    """Two cities whose clocks agree."""
    clock = SimulatedClock()
    return City(HERE, clock), City(THERE, clock)
