"""A signer as slow as a token: it waits, one signature after another, on both sides.

What is shown: one signature seals a batch, so a token of two hundred signatures a second carries
the full rate of messages. The processes of a run are told by a variable of the environment.
By itself: ``python -m benchmarks.slow_signer [MESSAGES]``, beside a run without the wait.
"""

import asyncio
import os
import sys
from collections.abc import Callable

from gateway.ports import Signer

SIGNS_PER_S = 200
VARIABLE = "TONGBAN_BENCH_SIGNS_PER_S"


class SlowSigner:
    """A `Signer` that never gives more than `rate` signatures a second."""

    def __init__(self, signer: Signer, rate: float) -> None:
        self._signer = signer
        self._seconds = 1 / rate
        self._one_at_a_time = asyncio.Lock()

    @property
    def kid(self) -> str:
        return self._signer.kid

    async def sign(self, payload: bytes, typ: str) -> str:
        async with self._one_at_a_time:
            await asyncio.sleep(self._seconds)
            return await self._signer.sign(payload, typ)


def asked() -> Callable[[Signer], Signer] | None:
    """What stands before the signer of this process, where the environment asks for it."""
    rate = os.environ.get(VARIABLE)
    return (lambda signer: SlowSigner(signer, float(rate))) if rate else None


def environment(signs_per_s: float | None) -> dict[str, str]:
    """The environment of the processes of a run."""
    return {**os.environ, **({VARIABLE: str(signs_per_s)} if signs_per_s else {})}


def main() -> None:
    from benchmarks import exchange  # noqa: PLC0415  # it imports this file

    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    for rate in (None, SIGNS_PER_S):
        run = exchange.measure("sm", messages=messages, singles=50, signs_per_s=rate)
        said = f"{rate} signatures a second" if rate else "no wait"
        sys.stdout.write(f"{said:<28} {run['messages_per_s']:>10,.0f} messages a second\n")


if __name__ == "__main__":
    main()
