"""A network that does to requests what networks do, by chance, from a seed.

Each fault stands for something that happens between two cities, and for the rule of the
exchange that has to bear it.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from contracts.errors import PartnerUnreachable
from contracts.limits import BATCH_BYTES
from gateway.ports import Answer, Clock

Handler = Callable[[str, bytes], Awaitable[Answer]]
"""What a partner's gateway does with a path and a body."""


class Fault(Enum):
    """What went wrong with one request, and who has to bear it."""

    REQUEST_LOST = "a cable, a firewall: nobody heard us, so we say it again"
    REPLY_LOST = "the partner acted and we do not know: its first receipt must stand"
    DUPLICATED = "a proxy repeats a POST of its own accord: once must be enough"
    OVERTAKEN = "held back until later requests have passed: order is ours to keep"
    REQUEST_GARBLED = "a bit flips on the way there: seals and digests must notice"
    REPLY_GARBLED = "a bit flips on the way back: a reply is believed as far as its seal"
    SERVER_ERROR = "a load balancer answers for a gateway that is starting: not an answer"


@dataclass(frozen=True, slots=True)
class Weather:
    """How likely each fault is, and how long a request takes (seconds, each way)."""

    chances: dict[Fault, float] = field(default_factory=dict)
    delay: tuple[float, float] = (0.001, 0.02)
    overtaken_by: float = 3.0  # seconds that a request is held back

    @classmethod
    def fair(cls) -> "Weather":
        return cls()

    @classmethod
    def foul(cls, chance: float = 0.12) -> "Weather":
        """Every fault, each with the same chance."""
        return cls(dict.fromkeys(Fault, chance))


class SimulatedNetwork:
    """Joins members. `happened` counts the faults, so a test can ask whether any came."""

    def __init__(self, clock: Clock, chance: random.Random, weather: Weather) -> None:
        self.clock = clock
        self.chance = chance
        self.weather = weather
        self.happened: Counter[Fault] = Counter()
        self._members: dict[str, Handler] = {}

    def join(self, member: str, handler: Handler) -> None:
        """The member's gateway listens."""
        self._members[member] = handler

    def leave(self, member: str) -> None:
        """It no longer does: connections to it are refused."""
        self._members.pop(member, None)

    def link(self, partner: str, *, timeout: float = 30.0) -> "SimulatedLink":
        """A way to `partner`, over this network."""
        return SimulatedLink(self, partner, timeout)

    def strikes(self, fault: Fault) -> bool:
        """Whether `fault` happens now."""
        if self.chance.random() >= self.weather.chances.get(fault, 0.0):
            return False
        self.happened[fault] += 1
        return True

    def garbled(self, data: bytes) -> bytes:
        """`data` with one bit of it flipped."""
        if not data:
            return data
        position = self.chance.randrange(len(data))
        flipped = data[position] ^ (1 << self.chance.randrange(8))
        return data[:position] + bytes([flipped]) + data[position + 1 :]

    async def handle(self, partner: str, path: str, body: bytes) -> Answer:
        """What the partner answers, if it listens and lives."""
        handler = self._members.get(partner)
        if handler is None:
            raise PartnerUnreachable("connection refused", partner=partner)
        return await handler(path, body)


class SimulatedLink:
    """A `Link` to one partner: the request there, the answer back, and what befalls them."""

    def __init__(self, network: SimulatedNetwork, partner: str, timeout: float) -> None:
        self._network = network
        self._partner = partner
        self._timeout = timeout

    async def post(self, path: str, body: bytes) -> Answer:
        network, started = self._network, self._network.clock.monotonic()
        await self._travel()
        if network.strikes(Fault.REQUEST_LOST):
            raise await self._silence(started)
        if network.strikes(Fault.OVERTAKEN):
            await network.clock.sleep(network.weather.overtaken_by)
        if network.strikes(Fault.REQUEST_GARBLED):
            body = network.garbled(body)
        if network.strikes(Fault.SERVER_ERROR):
            return Answer(503, b"<html>upstream is starting</html>", retry_after=1.0)
        answer = await network.handle(self._partner, path, body)
        if network.strikes(Fault.DUPLICATED):
            answer = await network.handle(self._partner, path, body)
        await self._travel()
        if network.strikes(Fault.REPLY_LOST):
            raise await self._silence(started)
        if network.strikes(Fault.REPLY_GARBLED):
            answer = Answer(answer.status, network.garbled(answer.body), answer.retry_after)
        return await self._whole(answer, started)

    async def _travel(self) -> None:
        await self._network.clock.sleep(self._network.chance.uniform(*self._network.weather.delay))

    async def _silence(self, started: float) -> PartnerUnreachable:
        """Nothing comes: whoever asked learns it when its own patience ends."""
        left = started + self._timeout - self._network.clock.monotonic()
        await self._network.clock.sleep(left)
        return PartnerUnreachable(
            f"no answer within {self._timeout:g} s", timed_out=True, partner=self._partner
        )

    async def _whole(self, answer: Answer, started: float) -> Answer:
        if self._network.clock.monotonic() - started > self._timeout:
            raise await self._silence(started)
        if len(answer.body) > BATCH_BYTES:
            raise PartnerUnreachable(
                f"an answer of more than {BATCH_BYTES} bytes",
                code="link.answer",
                partner=self._partner,
            )
        return answer
