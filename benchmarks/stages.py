"""CPU microseconds a message, stage by stage, and its bytes on the wire, in one process.

The same objects as in a running gateway, called one after another for whole batches; CPU
time is that of the whole process, so the store's thread counts too. No work stands in two
stages, so they add up to what a message costs both gateways together:

* ``translate``: a document of one city is read, that of the other city written;
* ``seal``: the parts are sealed to the receiver;
* ``envelope``: the envelope is written, and the sender's case goes on;
* ``sign``: the tree of a batch, its signature, the bytes of the request;
* ``http``: request and reply between two ends that do nothing else;
* ``parse``: the request as a batch;
* ``verify``: the seal, and each envelope's path to it;
* ``validate``: envelope and body against their models, and the city's own say;
* ``open``: digests of the parts, and their opening;
* ``judge``: duplicate, order and life, and the text of the receipt;
* ``receipt``: the tree of the receipts, its signature, the bytes of the reply;
* ``settle``: the sender verifies the reply and concludes from it;
* ``store``: all that both stores write and read on the way, and the calls to them.

Measured by itself is all but ``store``, ``open`` and what is done inside transactions. The
latter (``envelope``, ``judge``, half of ``settle``) is the time of the rules that the store
calls; ``open`` is examining less validating; ``store`` is what remains of the whole use cases.
"""

import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

import orjson

from adapters.adapter import Draft
from benchmarks.members import RECEIVER, make_two, sample_draft
from benchmarks.road import Road, road
from benchmarks.translate import Translation
from contracts.envelope import read_envelope
from contracts.messages import Kind
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE, Seal
from contracts.tree import leaf_hash
from gateway import bootstrap, config
from gateway.exchange.admission import Admission
from gateway.exchange.compose import compose
from gateway.exchange.examine import Examine, Leaf, check_leaves, read_batch, read_body
from gateway.exchange.judge import Judgement
from gateway.exchange.pack import Packed, pack
from gateway.exchange.receive import Receive
from gateway.exchange.sealed_tree import seal_leaves
from gateway.exchange.settle import read_reply, settlement, settling
from gateway.exchange.submit import Submit
from gateway.ports import Store, Verdict, always
from gateway.records import Changes, Scope, Snapshot, Ticket, partner_lane
from keys.batch_seal import check_seal

BATCH = 128
STAGES = (
    "translate", "seal", "envelope", "sign", "http", "parse", "verify", "validate", "open",
    "judge", "receipt", "settle", "store",
)  # fmt: skip
T = TypeVar("T")


class _Watch:
    """CPU seconds of the whole process within a `with` block."""

    seconds = 0.0

    def __enter__(self) -> "_Watch":
        self._started = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.process_time() - self._started


class Stages:
    """Adds up CPU time by the name of a stage."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.messages = 0
        self.request_bytes = 0
        self.reply_bytes = 0

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """The time of the whole process."""
        with _Watch() as watch:
            yield
        self.seconds[name] += watch.seconds

    def ruled(self, name: str, rule: Callable[[Snapshot], Verdict[T]]) -> Callable[..., Verdict[T]]:
        """`rule`, timed by the thread that calls it, and taken out of the time of the store."""

        def timed(snapshot: Snapshot) -> Verdict[T]:
            started = time.thread_time()
            verdict = rule(snapshot)
            spent = time.thread_time() - started
            self.seconds[name] += spent
            self.seconds["store"] -= spent
            return verdict

        return timed

    def a_message(self) -> dict[str, float]:
        """Microseconds of CPU by stage, then bytes of bodies; divided by the messages."""
        took = {f"{name}_us": self.seconds[name] / self.messages * 1e6 for name in STAGES}
        return {
            **took,
            "all_us": sum(took.values()),
            "request_bytes": self.request_bytes / self.messages,
            "reply_bytes": self.reply_bytes / self.messages,
        }


class _Ruled:
    """A store that tells the time of the rules it is given from its own."""

    def __init__(self, store: Store, stages: Stages, name: str) -> None:
        self._store = store
        self._stages = stages
        self._name = name

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def apply(self, scope: Scope, rule: Callable[[Snapshot], Verdict[T]]) -> T:
        return await self._store.apply(scope, self._stages.ruled(self._name, rule))


class _Bench:
    """Two cities, the road between them, and what is measured."""

    def __init__(self, ours: bootstrap.Parts, theirs: bootstrap.Parts, way: Road) -> None:
        self.stages = Stages()
        self._ours = ours.home
        self._theirs = theirs.home
        self._our_store = ours.store
        self._way = way
        self._translation = Translation()
        submitting = cast(Store, _Ruled(ours.store, self.stages, "envelope"))
        receiving = cast(Store, _Ruled(theirs.store, self.stages, "judge"))
        self._settling = cast(Store, _Ruled(ours.store, self.stages, "settle"))
        self._submit = Submit(ours.home, submitting, ours.queue, life=timedelta(days=1))
        self._receive = Receive(theirs.home, receiving, theirs.queue, to_city=False)

    async def round(self, start: int) -> None:
        """One batch from native documents to settled receipts, each stage by itself."""
        stages, store = self.stages, self._our_store
        with stages.of("translate"):
            for _ in range(BATCH):
                self._translation()
        drafts = [sample_draft(start + index) for index in range(BATCH)]
        await self._submitted(drafts)
        with stages.of("store"):
            tickets = await store.tickets(partner_lane(RECEIVER), 0, BATCH)
            outgoing = await store.outgoing([ticket.message_id for ticket in tickets])
        with stages.of("sign"):
            packed = await pack(self._ours, RECEIVER, outgoing)
        with stages.of("store"):
            await store.apply(Scope(), always(Changes(seals=[packed.tree.record])))
        reply = await self._received(packed.body, [draft.body.to_json() for draft in drafts])
        self._way.reply = reply
        with stages.of("http"):
            await self._way(packed.body)
        await self._settled(packed, reply, tickets)
        stages.messages += BATCH
        stages.request_bytes += len(packed.body)
        stages.reply_bytes += len(reply)

    async def _submitted(self, drafts: Sequence[Draft]) -> None:
        """To submit is to seal as well: measured alone, and taken off the whole here."""
        spent = self.stages.seconds
        with _Watch() as sealing:
            for draft in drafts:
                compose(self._ours, draft, RECEIVER)
        with _Watch() as whole:
            await asyncio.gather(*(self._submit(draft) for draft in drafts))
        spent["seal"] += sealing.seconds
        spent["store"] += whole.seconds - sealing.seconds

    async def _received(self, body: bytes, plain: Sequence[bytes]) -> bytes:
        """The steps one by one, then the whole; what they do not explain is the store's."""
        home, spent = self._theirs, self.stages.seconds
        with _Watch() as parsing:
            batch = read_batch(body)
        with _Watch() as verifying:
            now = home.clock.now()
            seal = check_seal(batch.seal, BATCH_TYPE, trust=home.trust, us=home.code, now=now)
            leaves = check_leaves(seal, batch)
        admission = Admission(home.code, None)
        with _Watch() as validating:
            for message, text in zip(batch.messages, plain, strict=True):
                read_envelope(message.envelope.encode())
                admission(seal.iss, read_body(Kind.SUBMIT, text))
        examine = Examine(home, admission)
        with _Watch() as examining:
            found = [
                examine(Leaf(seal, "", index, leaves[index], now), message)
                for index, message in enumerate(batch.messages)
            ]
        judgement = Judgement(Snapshot(), us=home.code, sender=seal.iss, now=now, to_city=False)
        receipts = [judged.receipt or b"" for judged in judgement.judge(found)]
        with _Watch() as receipting:
            await self._receipts(seal, receipts)
        with _Watch() as whole:
            _, reply = await self._receive(body)
        spent["parse"] += parsing.seconds
        spent["verify"] += verifying.seconds
        spent["validate"] += validating.seconds
        spent["open"] += examining.seconds - validating.seconds
        spent["receipt"] += receipting.seconds
        steps = (parsing, verifying, examining, receipting)
        spent["store"] += whole.seconds - sum(step.seconds for step in steps)
        return reply

    async def _receipts(self, batch: Seal, receipts: Sequence[bytes]) -> bytes:
        """As a receiver seals them and writes its reply."""
        hashed = [leaf_hash(self._theirs.suite.digest, receipt) for receipt in receipts]
        tree = await seal_leaves(self._theirs, RECEIPTS_TYPE, batch.iss, hashed, answers=batch.jti)
        results = [
            {"result": "taken", "receipt": receipt.decode(), "path": path}
            for receipt, path in zip(receipts, tree.paths, strict=True)
        ]
        return orjson.dumps({"seal": tree.record.token, "results": results})

    async def _settled(self, packed: Packed, reply: bytes, tickets: Sequence[Ticket]) -> None:
        home, by_id = self._ours, {ticket.message_id: ticket for ticket in tickets}
        with self.stages.of("settle"):
            settled = read_reply(home, RECEIVER, packed, reply)

        def rule(snapshot: Snapshot) -> Verdict[None]:
            changes = settlement(packed, settled, by_id, snapshot, now=home.now_ms(), to_city=False)
            return Verdict(changes, None)

        with self.stages.of("store"):
            await self._settling.apply(settling(home.code, settled, home.now_ms()), rule)


async def _measure(folder: Path, suite: str, rounds: int) -> dict[str, float]:
    sender, receiver = make_two(folder, suite)
    ours, theirs = (bootstrap.parts(config.load(each)) for each in (sender, receiver))
    async with road(theirs.home) as way:
        bench = _Bench(ours, theirs, way)
        await bench.round(10**8)  # warm up
        bench.stages.clear()
        for number in range(rounds):
            await bench.round(number * BATCH)
    await ours.store.close()
    await theirs.store.close()
    return bench.stages.a_message()


def measure(suite: str, rounds: int = 12) -> dict[str, float]:
    """What one message costs: see `Stages.a_message`."""
    bootstrap.tune_process()
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        return asyncio.run(_measure(Path(scratch), suite, rounds))


if __name__ == "__main__":
    for name, spent in measure(sys.argv[1]).items():
        sys.stdout.write(f"{name:20} {spent:8.1f}\n")
