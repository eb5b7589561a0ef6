"""What two cities say to each other about a case, and what must be true afterwards."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.case import State
from contracts.errors import MessageRefused
from contracts.messages import Kind
from contracts.receipt import Receipt
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE
from contracts.tree import leaf_hash, root
from gateway.exchange.submit import Submitted
from gateway.ports import Clock, Store
from gateway.records import Direction, MessageRecord, MessageState, SealRecord
from gateway.simulation.city import SimulatedCity
from gateway.simulation.crash import Died
from gateway.simulation.drafts import said, submission
from keys.batch_seal import check_seal
from keys.suites import DIGESTS
from keys.trust.roll import Roll


@dataclass(slots=True)
class Conversation:
    """One case between two cities: a script, played by both as news of it arrives."""

    number: str
    receiving: SimulatedCity
    handling: SimulatedCity
    clock: Clock
    script: list[Kind]
    case_id: str = ""

    async def play(self) -> None:
        opened = await self._say(self.receiving, self.number, Kind.SUBMIT, 0)
        self.case_id = opened.case_id
        for turn, kind in enumerate(self.script, 1):
            if kind in _BY_RECEIVING:
                await self._say(self.receiving, self.number, kind, turn)
            else:
                await self._say(self.handling, self.case_id, kind, turn)

    async def _say(self, city: SimulatedCity, number: str, kind: Kind, turn: int) -> Submitted:
        """Say it until it is taken: the news it rests on may not be here yet, and a process
        may die in our arms. The intake key makes sure that it is said once."""
        at = self.clock.now()
        draft = (
            submission(number, receiving=city.code, handling=self.handling.code, at=at)
            if kind is Kind.SUBMIT
            else said(number, kind, at)
        )
        while True:
            try:
                return await city.submit(draft, intake=f"{self.number}/{turn}")
            except MessageRefused as error:
                if error.code not in _NOT_YET:
                    raise
            except Died:
                pass
            await self.clock.sleep(1.0)

    @property
    def length(self) -> int:
        return len(self.script) + 1


_NOT_YET = {"case.unknown", "case.not_allowed"}  # what this rests on has not arrived
_BY_RECEIVING = {Kind.REMIND, Kind.CORRECT, Kind.DELIVER, Kind.EVALUATE}


def any_script(chance: random.Random) -> list[Kind]:
    """A life from receipt to delivery, with whatever may come in between."""
    script = [*_some(chance, Kind.REMIND), Kind.RECEIVE]
    if chance.random() < 0.5:
        script += [Kind.REQUEST_CORRECTION, Kind.CORRECT]
    script += [Kind.ACCEPT, *_some(chance, Kind.PROGRESS)]
    if chance.random() < 0.5:
        script += [Kind.SUSPEND, *_some(chance, Kind.REMIND), Kind.RESUME]
    script += [*_some(chance, Kind.PROGRESS), Kind.DECIDE, Kind.CLOSE, Kind.DELIVER]
    return [*script, Kind.EVALUATE]


def _some(chance: random.Random, kind: Kind) -> Iterable[Kind]:
    return [kind] * chance.randrange(4)


async def all_settled(disks: Iterable[Store], clock: Clock, *, within: float) -> None:
    """Wait in simulated time until no message waits for its receipt, anywhere."""
    end = clock.monotonic() + within
    while True:
        backlog = [lane for disk in disks for lane in await disk.backlog()]
        if not backlog:
            return
        assert clock.monotonic() < end, f"after {within:g} s these still wait: {backlog}"
        await clock.sleep(5.0)


async def hold_to_account(talk: Conversation, trust: Roll) -> None:
    """Both cities tell the same story of a case, and each can prove the other's part."""
    here, there = talk.receiving, talk.handling
    for ours, theirs in ((here, there), (there, here)):
        sent = [m for m in await ours.disk.messages(talk.case_id) if m.direction is Direction.OUT]
        came = [m for m in await theirs.disk.messages(talk.case_id) if m.direction is Direction.IN]
        assert [m.sequence for m in sent] == list(range(1, len(sent) + 1))
        assert [_story(m) for m in came] == [_story(m) for m in sent], "not once each, in order"
        for message in sent:
            assert message.state is MessageState.TAKEN or _crossed(message), message.reason
            await _prove_receipt(message, ours.disk, trust)
        for message in [*sent, *came]:
            await _prove_message(message, ours if message in sent else theirs, trust)
    copies = [await city.disk.case(talk.case_id) for city in (here, there)]
    assert copies[0] is not None
    assert copies[1] is not None
    assert copies[0].case == copies[1].case
    assert copies[0].case is not None
    assert copies[0].case.state is State.DELIVERED
    assert (copies[0].sent, copies[0].taken) == (copies[1].taken, copies[1].sent)
    assert copies[0].sent + copies[0].taken == talk.length
    assert await _history(here.disk, talk.case_id) == await _history(there.disk, talk.case_id)


def _story(message: MessageRecord) -> tuple[object, ...]:
    return message.sequence, message.id, message.digest, message.state, message.receipt


def _crossed(message: MessageRecord) -> bool:
    """A reminder that met the decision on its way: refused, and both sides know why."""
    return (message.kind, message.reason) == (Kind.REMIND, "case.not_allowed")


async def _history(disk: Store, case_id: str) -> bytes:
    """One digest over all that was said and receipted, in an order both sides know."""
    said_and_done = sorted(
        (m.sender, m.sequence, m.digest, m.receipt or b"") for m in await disk.messages(case_id)
    )
    return root(
        DIGESTS["sha-256"],
        [digest + receipt for _, _, digest, receipt in said_and_done],
    )


async def _prove_receipt(message: MessageRecord, disk: Store, trust: Roll) -> None:
    """The sender can show a seal of the receiver over the receipt it holds."""
    assert message.receipt is not None
    receipt = Receipt.model_validate_json(message.receipt)
    assert receipt.digest == message.digest.hex()
    digest = DIGESTS[_digest_name(message.receiver, trust)]
    leaf = leaf_hash(digest, message.receipt)
    seal = await disk.seal_over(leaf, message.receiver, 0)
    assert seal is not None, "a receipt that no seal covers proves nothing"
    _check(seal, RECEIPTS_TYPE, trust)


async def _prove_message(message: MessageRecord, city: SimulatedCity, trust: Roll) -> None:
    """Whoever holds the message can show which leaf of which batch seal it is."""
    assert message.seal_id is not None
    assert message.position is not None
    seal = await city.disk.seal(message.seal_id)
    assert seal is not None
    assert seal.leaves[message.position * 32 : message.position * 32 + 32] == message.digest
    _check(seal, BATCH_TYPE, trust)


def _check(seal: SealRecord, typ: str, trust: Roll) -> None:
    claims = check_seal(seal.token, typ, trust=trust, us=None, now=None)
    leaves = [seal.leaves[i : i + 32] for i in range(0, len(seal.leaves), 32)]
    assert claims.size == len(leaves)
    assert claims.root == root(DIGESTS[claims.digest], leaves).hex()
    assert claims.iss == seal.issuer


def _digest_name(member: str, trust: Roll) -> str:
    return "sm3" if trust.member(member).suite == "sm" else "sha-256"
