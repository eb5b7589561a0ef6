"""Receive: what came from a partner, from bytes to signed receipts.

The steps carry the numbers of `docs/protocol.md`:

 1. size       the body is within the limits (the web layer counts while it reads)
 2. shape      JSON of the shape of a batch, bounded before it is parsed
 3. member     the seal's issuer is a member
 4. seal       its signature holds under a key that is good now; made out to us; in time; its
               issuer is the member whose certificate the connection showed, where it shows one
 5. path       every envelope is under the seal; and the sender may send so much now
 6. envelope   each envelope can be read, is the sender's to send, and its parts open
 7. duplicate  known by id: same bytes get the first receipt again, other bytes an alarm
 8. order      next in its case; what comes early waits, within bounds
 9. life       the life of the case allows it
10. commit     message, case, receipt and seal in one transaction
11. receipt    the receipts are sealed, the seal recorded, and only then given

Steps 2 to 5 reject the whole batch (an error answer, nothing taken). From step 6 on each
message stands for itself. Steps 2, 5 and 6 are `examine`, steps 7 to 9 are
`judge`, which runs inside step 10.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import orjson

from contracts.errors import BatchRejected
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE, Seal
from contracts.tree import leaf_hash
from contracts.wire import Result
from gateway.exchange.admission import Admission
from gateway.exchange.allowance import Allowance
from gateway.exchange.examine import BodyCheck, Examine, Leaf, check_leaves, read_batch
from gateway.exchange.home import Home
from gateway.exchange.judge import Candidate, Judged, Judgement, note
from gateway.exchange.sealed_tree import seal_leaves
from gateway.ports import Queue, Store, Verdict, always
from gateway.records import Changes, Scope, SealOf, SealRecord, Snapshot, seal_id
from keys.batch_seal import check_seal


class Receive:
    """Use case: take a batch, answer with receipts."""

    def __init__(
        self,
        home: Home,
        store: Store,
        queue: Queue,
        *,
        to_city: bool,
        check_body: BodyCheck | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        """`to_city`: whether what is taken goes on to the city's own system. `check_body`:
        the city's own say; without one, `Admission` to any matter. `allowance`: how much a
        partner may send; without one, as much as it likes."""
        self._home = home
        self._store = store
        self._queue = queue
        self._to_city = to_city
        self._allowance = allowance
        self._examine = Examine(home, check_body or Admission(home.code, None))
        # One batch is examined while another commits. More at once would only make all of
        # them late together, and leave the sender without receipts to go on with.
        self._at_once = asyncio.Semaphore(2)

    async def __call__(
        self, body: bytes, callers: frozenset[str] | None = None
    ) -> tuple[str, bytes]:
        """The sender's member code and the reply body. `callers`: the members that the
        connection may speak for; None: it proves nobody.

        Raises BatchRejected, PartnerLimited, TrustUnavailable or StoreUnavailable: then nothing
        was taken.
        """
        async with self._at_once:
            return await self._receive(body, callers)

    async def _receive(self, body: bytes, callers: frozenset[str] | None) -> tuple[str, bytes]:
        batch = read_batch(body)
        now = self._home.clock.now()
        seal = check_seal(
            batch.seal, BATCH_TYPE, trust=self._home.trust, us=self._home.code, now=now
        )
        _check_caller(seal, callers)
        leaves = check_leaves(seal, batch)
        if self._allowance is not None:  # not before: a seal that was overheard proves nobody
            await self._allowance(seal.iss, len(batch.messages), len(body))
        record = SealRecord(
            id=seal_id(batch.seal),
            of=SealOf.BATCH,
            issuer=seal.iss,
            audience=seal.aud,
            token=batch.seal,
            leaves=b"".join(leaves),
            at=_ms(now),
        )
        candidates = [
            self._examine(Leaf(seal, record.id, index, leaves[index], now), message)
            for index, message in enumerate(batch.messages)
        ]
        judged = await self._commit(seal.iss, candidates, record)
        return seal.iss, await self._answer(seal, judged)

    # --- steps 7 to 11 ----------------------------------------------------------------------

    async def _commit(
        self, sender: str, candidates: Sequence[Candidate], seal: SealRecord
    ) -> list[Judged]:
        scope = Scope(
            # By id, and by leaf hash, under which what is set aside is kept.
            messages=[
                (sender, name)
                for candidate in candidates
                for name in (candidate.record.id, candidate.record.digest.hex())
            ],
            cases=sorted({c.record.case_id for c in candidates if c.envelope is not None}),
            waiting_of=(sender,),
        )

        def rule(snapshot: Snapshot) -> Verdict[tuple[list[Judged], set[str]]]:
            judgement = Judgement(
                snapshot,
                us=self._home.code,
                sender=sender,
                now=self._home.clock.now(),
                to_city=self._to_city,
            )
            judged = judgement.judge(candidates)
            if _keeps_anything(judgement.changes):
                judgement.changes.seals.append(seal)
            lanes = {ticket.lane for ticket in judgement.changes.tickets}
            return Verdict(judgement.changes, (judged, lanes))

        judged, lanes = await self._store.apply(scope, rule)
        await self._queue.announce(lanes)
        for result, count in Counter(one.result for one in judged).items():
            self._home.meter.received(sender, result, count)
        return judged

    async def _answer(self, batch: Seal, judged: Sequence[Judged]) -> bytes:
        digest = self._home.suite.digest
        leaves = [leaf_hash(digest, one.receipt) for one in judged if one.receipt is not None]
        if not leaves:
            return _reply(None, judged, [])
        tree = await seal_leaves(self._home, RECEIPTS_TYPE, batch.iss, leaves, answers=batch.jti)
        await self._store.apply(Scope(), always(Changes(seals=[tree.record])))
        return _reply(tree.record.token, judged, tree.paths)


def _check_caller(seal: Seal, callers: frozenset[str] | None) -> None:
    """What is overheard, or handed over by a member that was broken into, cannot be passed on in
    another's name. Raises BatchRejected (`request.other_member`)."""
    if callers is not None and seal.iss not in callers:
        raise BatchRejected(
            f"sealed by {seal.iss}, sent by {', '.join(sorted(callers))}",
            code="request.other_member",
            partner=seal.iss,
        )


def _keeps_anything(changes: Changes) -> bool:
    return bool(changes.messages or changes.waiting or changes.incidents)


def _reply(token: str | None, judged: Sequence[Judged], paths: Sequence[list[str]]) -> bytes:
    remaining = iter(paths)
    results = []
    for one in judged:
        result: dict[str, object] = {"result": one.result.value}
        if one.receipt is not None:
            result["receipt"] = one.receipt.decode()
            result["path"] = next(remaining)
        if one.reason is not None and one.result is Result.LATER:
            result["reason"] = note(one.reason).model_dump()
        results.append(result)
    return orjson.dumps({"seal": token, "results": results})


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
