"""CPU microseconds a message, stage by stage, and its bytes on the wire, in one process.

The same objects as in a running gateway, called one after another for whole batches; CPU
time is that of the whole process, so the store's thread counts too.
"""

import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.members import RECEIVER, make_two, sample_draft
from benchmarks.road import Road, road
from contracts.seal import BATCH_TYPE
from contracts.tree import leaf_hash
from gateway import bootstrap, config
from gateway.exchange.admission import Admission
from gateway.exchange.compose import compose
from gateway.exchange.examine import Examine, Leaf, check_leaves, read_batch
from gateway.exchange.judge import Judgement
from gateway.exchange.pack import pack
from gateway.exchange.receive import Receive
from gateway.exchange.settle import read_reply, settlement, settling
from gateway.ports import Verdict, always
from gateway.records import Changes, Scope, Snapshot, partner_lane
from keys.batch_seal import check_seal

BATCH = 128


class Stages:
    """Adds up CPU time by the name of a stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.messages = 0
        self.request_bytes = 0
        self.reply_bytes = 0

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[name] += time.process_time() - started

    def a_message(self) -> dict[str, float]:
        """Microseconds of CPU by stage, then bytes of bodies; divided by the messages."""
        spent = {f"{name}_us": used / self.messages * 1e6 for name, used in self.seconds.items()}
        return {
            **spent,
            "request_bytes": self.request_bytes / self.messages,
            "reply_bytes": self.reply_bytes / self.messages,
        }


async def _round(
    stages: Stages, ours: bootstrap.Parts, theirs: bootstrap.Parts, way: Road, start: int
) -> None:
    """One batch from draft to settled receipt, each stage by itself."""
    home = ours.home
    drafts = [sample_draft(start + index) for index in range(BATCH)]
    with stages.of("seal"):  # also done within submit: measured alone, taken off below
        for draft in drafts:
            compose(home, draft, RECEIVER)
    with stages.of("submit"):
        await asyncio.gather(*(ours.submit(draft) for draft in drafts))
    with stages.of("read"):
        tickets = await ours.store.tickets(partner_lane(RECEIVER), 0, BATCH)
        outgoing = await ours.store.outgoing([ticket.message_id for ticket in tickets])
    with stages.of("sign"):
        packed = await pack(home, RECEIVER, outgoing)
        await ours.store.apply(Scope(), always(Changes(seals=[packed.tree.record])))
    way.reply = reply = await _receive(stages, theirs, packed.body)
    with stages.of("http"):
        await way(packed.body)
    stages.request_bytes += len(packed.body)
    stages.reply_bytes += len(reply)
    with stages.of("settle"):
        settled = read_reply(home, RECEIVER, packed, reply)
        by_id = {ticket.message_id: ticket for ticket in tickets}

        def rule(snapshot: Snapshot) -> Verdict[None]:
            changes = settlement(packed, settled, by_id, snapshot, now=home.now_ms(), to_city=False)
            return Verdict(changes, None)

        await ours.store.apply(settling(home.code, settled), rule)
    stages.messages += BATCH


async def _receive(stages: Stages, theirs: bootstrap.Parts, body: bytes) -> bytes:
    home = theirs.home
    with stages.of("parse"):
        batch = read_batch(body)
    with stages.of("verify"):
        now = home.clock.now()
        seal = check_seal(batch.seal, BATCH_TYPE, trust=home.trust, us=home.code, now=now)
        leaves = check_leaves(seal, batch)
    examine = Examine(home, Admission(home.code, None))
    with stages.of("open and validate"):
        found = [
            examine(Leaf(seal, "", index, leaves[index], now), message)
            for index, message in enumerate(batch.messages)
        ]
    with stages.of("judge"):
        judgement = Judgement(Snapshot(), us=home.code, sender=seal.iss, now=now, to_city=False)
        judged = judgement.judge(found)
        for one in judged:
            leaf_hash(home.suite.digest, one.receipt or b"")
    receive = Receive(home, theirs.store, theirs.queue, to_city=False)
    with stages.of("receive, whole"):
        _, reply = await receive(body)
    return reply


async def _measure(folder: Path, suite: str, rounds: int) -> dict[str, float]:
    sender, receiver = make_two(folder, suite)
    ours, theirs = (bootstrap.parts(config.load(each)) for each in (sender, receiver))
    stages = Stages()
    async with road(theirs.home) as way:
        await _round(Stages(), ours, theirs, way, 10**8)  # warm up
        for number in range(rounds):
            await _round(stages, ours, theirs, way, number * BATCH)
    await ours.store.close()
    await theirs.store.close()
    return stages.a_message()


def measure(suite: str, rounds: int = 12) -> dict[str, float]:
    """What one message costs: see `Stages.a_message`."""
    bootstrap.tune_process()
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        return asyncio.run(_measure(Path(scratch), suite, rounds))


if __name__ == "__main__":
    for name, spent in measure(sys.argv[1]).items():
        sys.stdout.write(f"{name:20} {spent:8.1f}\n")
