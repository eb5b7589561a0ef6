"""One or two cities in memory, for tests of a single use case."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.exchange.home import Home
from gateway.exchange.pack import pack
from gateway.exchange.receive import Receive
from gateway.exchange.settle import read_reply, settlement, settling
from gateway.exchange.submit import Submit
from gateway.ports import Store, Verdict, always
from gateway.queues.embedded import EmbeddedQueue
from gateway.records import CITY_LANE, Changes, Scope, Snapshot, Ticket, partner_lane
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


async def carry(sender: City, receiver: City) -> None:
    """What a courier does, once: everything in the lane, in one batch."""
    tickets = await sender.store.tickets(partner_lane(receiver.code), 0, 100)
    outgoing = await sender.store.outgoing([ticket.message_id for ticket in tickets])
    packed = await pack(sender.home, receiver.code, outgoing)
    await sender.store.apply(Scope(), always(Changes(seals=[packed.tree.record])))
    _, reply = await receiver.receive(packed.body)
    settled = read_reply(sender.home, receiver.code, packed, reply)
    by_id = {ticket.message_id: ticket for ticket in tickets}

    def rule(snapshot: Snapshot) -> Verdict[None]:
        now = sender.home.now_ms()
        return Verdict(settlement(packed, settled, by_id, snapshot, now=now, to_city=False), None)

    await sender.store.apply(settling(sender.code, settled, sender.home.now_ms()), rule)


async def to_the_city(store: Store) -> list[Ticket]:
    """What waits for a city's own system, in all of its lanes, in the order of commits."""
    lanes = await store.lanes(CITY_LANE)
    found = [ticket for lane in lanes for ticket in await store.tickets(lane, 0, 100_000)]
    return sorted(found, key=lambda ticket: ticket.position)


async def keep_lease(city: City, name: str, owner: str) -> None:
    """As another process of the city that has it, until cancelled."""
    while True:
        now = city.home.now_ms()
        assert await city.store.lease(name, owner, now, now + 6_000)
        await city.clock.sleep(2.0)
