"""Refresh the trust list: ask every mirror, take what is newest and holds, refuse the rest.

All mirrors are asked each time. One that holds back news, or lies, then costs nothing as long
as another does not, and an operator is told which it was.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.errors import TongbanError, TrustUnavailable
from gateway.ports import Clock, Mirror, TrustMeter
from keys.trust.federation.federation import Federation
from keys.trust.federation.standing import Standing
from keys.trust.federation.walk import Walk, Want

_LOG = logging.getLogger("tongban.trust")
WALK_SECONDS = 300.0
"""For everything that one mirror is asked in one round."""
_OWN_SECONDS = 2.0
"""Between two looks at our own folder, into which a command may have published."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one mirror gave: a standing, or an error."""

    mirror: str
    standing: Standing | None
    error: TongbanError | None


class RefreshTrust:
    """Use case: keep the copy of the federation fresh, in the background."""

    def __init__(
        self,
        federation: Federation,
        mirrors: Sequence[Mirror],
        clock: Clock,
        meter: TrustMeter,
        *,
        every: float = 600.0,
    ) -> None:
        """`every`: seconds between two rounds."""
        self._federation = federation
        self._mirrors = mirrors
        self._clock = clock
        self._meter = meter
        self._every = every
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        try:
            while True:
                await self.once()
                next_round = self._clock.monotonic() + self._every
                while (left := next_round - self._clock.monotonic()) > 0:
                    await self._clock.sleep(min(left, _OWN_SECONDS))
                    await asyncio.to_thread(self._federation.load_news)
        finally:
            await self.close()

    async def close(self) -> None:
        for mirror in self._mirrors:
            await mirror.close()

    async def once(self) -> list[Visit]:
        """One round: our own folder, which another process may have written, then the mirrors."""
        await asyncio.to_thread(self._federation.load)
        return [await self._visit(mirror) for mirror in self._mirrors]

    async def _visit(self, mirror: Mirror) -> Visit:
        standing: Standing | None = None
        fault: TongbanError | None = None
        try:
            async with asyncio.timeout(WALK_SECONDS):
                standing = await walk_mirror(self._federation.new_walk(), mirror)
            await asyncio.to_thread(self._federation.accept, standing)
        except TongbanError as error:
            fault = error
        except TimeoutError:
            fault = TrustUnavailable(
                f"not done within {WALK_SECONDS:.0f} s",
                code="trust.mirror_unreachable",
                mirror=mirror.name,
            )
        self._tell(mirror.name, standing, fault)
        return Visit(mirror.name, standing, fault)

    def _tell(self, name: str, standing: Standing | None, error: TongbanError | None) -> None:
        """Count every refusal; write it down when it changes, not every round."""
        codes = [error.code] if error is not None else []
        codes += [fault.code for fault in standing.faults] if standing is not None else []
        for code in codes:
            self._meter.trust_refused(name, code)
        said = str(error) if error is not None else ""
        if said != self._said.get(name, ""):
            if error is not None:
                _LOG.warning("mirror %s: %s", name, error)
            else:
                _LOG.info("mirror %s is good again", name)
        self._said[name] = said


async def walk_mirror(steps: Walk, mirror: Mirror) -> Standing:
    """Walk through a mirror to the end. Raises what the walk and the mirror raise."""
    data: bytes | None = None
    while True:
        # Signatures take their time, and messages should not wait for them.
        found = await asyncio.to_thread(_step, steps, data)
        if isinstance(found, Standing):
            return found
        data = await mirror.read(found.path, found.limit)


def _step(steps: Walk, data: bytes | None) -> Want | Standing:
    try:
        return steps.send(data)
    except StopIteration as end:
        standing: Standing = end.value
        return standing
