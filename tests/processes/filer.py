"""A desk as a process of its own, to run with any release: files cases until its input ends.

``python -m tests.processes.filer FOLDER HANDLING``; prints where its gateway package is, then
the number of each case that was filed.
"""

import asyncio
import sys
from pathlib import Path

import gateway
from contracts.errors import StoreUnavailable
from gateway import bootstrap, config
from tests.processes.drafts import submission


async def main(folder: Path, handling: str) -> None:
    print(gateway.__file__, flush=True)  # noqa: T201
    parts = bootstrap.parts(config.load(folder))
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    number = 0
    while not over.done():
        draft = submission(f"F-{number}", parts.home.code, handling)
        try:
            await parts.submit(draft)
        except StoreUnavailable:
            continue  # as a city's system would: later again
        print(number, flush=True)  # noqa: T201
        number += 1
        await asyncio.wait([over], timeout=0.05)
    await parts.queue.close()
    await parts.store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
