"""Settling: a reply is believed as far as its seal reaches, and not an inch further."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from contracts.case import State
from contracts.errors import BatchRejected, TongbanError
from contracts.messages import Kind
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE
from contracts.tree import leaf_hash
from gateway.exchange.pack import Packed, pack
from gateway.exchange.sealed_tree import seal_leaves
from gateway.exchange.settle import Settled, read_reply, settlement
from gateway.records import Known, MessageState, Snapshot, Ticket, partner_lane
from gateway.simulation.drafts import said
from tests.unit.gateway.stage import ELSEWHERE, HERE, LIFE, THERE, City, carry, two_cities

Reply = dict[str, Any]


@dataclass
class Exchange:
    """A batch of two messages that was sent, and the reply that came."""

    here: City
    there: City
    packed: Packed
    reply: Reply

    def read(self, reply: Reply | None = None, partner: str = THERE) -> Settled:
        body = orjson.dumps(self.reply if reply is None else reply)
        return read_reply(self.here.home, partner, self.packed, body)

    def refuses(self, **different: Any) -> TongbanError:
        with pytest.raises(BatchRejected) as caught:
            self.read({**self.reply, **different})
        return caught.value


async def exchange(numbers: tuple[str, ...] = ("1", "2")) -> Exchange:
    here, there = two_cities()
    for number in numbers:
        await here.opens(number)
    return await send_again(here, there)


async def send_again(here: City, there: City) -> Exchange:
    tickets = await here.store.tickets(partner_lane(THERE), 0, 10)
    outgoing = await here.store.outgoing([ticket.message_id for ticket in tickets])
    packed = await pack(here.home, THERE, outgoing)
    _, body = await there.receive(packed.body)
    return Exchange(here, there, packed, orjson.loads(body))


async def test_a_good_reply_settles_every_message() -> None:
    sent = await exchange()
    settled = sent.read()
    assert [message.id for message, _, _ in settled.receipts] == [
        message.id for message in sent.packed.messages
    ]
    assert [receipt.outcome for _, receipt, _ in settled.receipts] == ["taken", "taken"]
    assert settled.later == []
    assert settled.seal is not None
    assert settled.seal.issuer == THERE


async def test_a_reply_for_another_batch_settles_nothing() -> None:
    """Played back by whoever listened: true receipts, but an answer to something else."""
    sent = await exchange()
    again = await send_again(sent.here, sent.there)
    assert again.read().receipts
    with pytest.raises(BatchRejected) as caught:
        again.read(sent.reply)
    assert caught.value.code == "receipt.invalid"


async def resealed(
    sent: Exchange, by: City, typ: str = RECEIPTS_TYPE, to: str = HERE, **changes: Any
) -> Reply:
    """The same receipts, or others, under a seal that `by` gives."""
    receipts = changes.get("receipts") or [each["receipt"] for each in sent.reply["results"]]
    digest = by.home.suite.digest
    leaves = [leaf_hash(digest, receipt.encode()) for receipt in receipts]
    answers = changes.get("answers", sent.packed.tree.seal.jti)
    tree = await seal_leaves(by.home, typ, to, leaves, answers=answers)
    results = [
        {"result": "taken", "receipt": receipt, "path": path}
        for receipt, path in zip(receipts, tree.paths, strict=True)
    ]
    return {"seal": tree.record.token, "results": results}


async def test_a_seal_of_the_partner_is_what_makes_a_reply_good() -> None:
    sent = await exchange()
    assert sent.read(await resealed(sent, sent.there)).receipts


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"by": ELSEWHERE}, "receipt.invalid"),
        ({"by": HERE}, "receipt.invalid"),
        ({"to": ELSEWHERE}, "seal.audience"),
        ({"typ": BATCH_TYPE}, "seal.malformed"),
        ({"answers": "0190f5b4-0000-7000-8000-000000000009"}, "receipt.invalid"),
        ({"answers": None}, "receipt.invalid"),
    ],
    ids=["another city", "ourselves", "to another", "over a batch", "to another batch", "to none"],
)
async def test_a_seal_that_is_not_the_partners_answer_settles_nothing(
    change: dict[str, Any], code: str
) -> None:
    sent = await exchange()
    by = {THERE: sent.there, HERE: sent.here, ELSEWHERE: City(ELSEWHERE, sent.here.clock)}
    reply = await resealed(sent, by[change.pop("by", THERE)], **change)
    assert sent.refuses(**reply).code == code


async def test_an_old_seal_settles_nothing() -> None:
    sent = await exchange()
    sent.here.clock.advance(301.0)
    assert sent.refuses().code == "seal.clock"


def change_receipt(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    def changed(raw: str) -> str:
        receipt = orjson.loads(raw)
        change(receipt)
        return orjson.dumps(receipt).decode()

    return changed


def another(message_id: str) -> str:
    return message_id[:-1] + ("1" if message_id.endswith("0") else "0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (change_receipt(lambda r: r.update(digest="ab" * 32)), "other bytes"),
        (change_receipt(lambda r: r.update(message=another(r["message"]))), "another message"),
        (change_receipt(lambda r: r.update(sender=ELSEWHERE)), "other members"),
        (change_receipt(lambda r: r.update(receiver=ELSEWHERE)), "other members"),
        (change_receipt(lambda r: r.update(outcome="perhaps")), "outcome"),
        (change_receipt(lambda r: r.pop("at")), "at"),
        (lambda _: "no receipt at all", "JSON"),
    ],
)
async def test_a_receipt_that_does_not_speak_of_our_message_settles_nothing(
    change: Callable[[str], str], why: str
) -> None:
    """Even under a good seal of the partner."""
    sent = await exchange()
    first, second = (each["receipt"] for each in sent.reply["results"])
    reply = await resealed(sent, sent.there, receipts=[change(first), second])
    error = sent.refuses(**reply)
    assert error.code == "receipt.invalid"
    assert why in error.detail


async def test_receipts_that_changed_places_settle_nothing() -> None:
    sent = await exchange()
    first, second = (each["receipt"] for each in sent.reply["results"])
    reply = await resealed(sent, sent.there, receipts=[second, first])
    assert "other bytes" in sent.refuses(**reply).detail


async def test_receipts_without_a_seal_are_words() -> None:
    sent = await exchange()
    assert sent.refuses(seal=None).detail == "receipts without a seal"


async def test_a_receipt_that_the_seal_does_not_cover_settles_nothing() -> None:
    sent = await exchange()
    results = sent.reply["results"]
    changed = {**results[0], "receipt": results[0]["receipt"].replace("taken", "taken ")}
    assert sent.refuses(results=[changed, results[1]]).code == "path.invalid"
    assert sent.refuses(results=[{**results[0], "path": []}, results[1]]).code == "path.invalid"


@pytest.mark.parametrize("how_many", [0, 1, 3])
async def test_a_reply_with_too_few_or_too_many_results_settles_nothing(how_many: int) -> None:
    sent = await exchange()
    results = (sent.reply["results"] * 2)[:how_many]
    assert sent.refuses(results=results).code == "receipt.invalid"


async def test_a_receipt_that_is_left_out_breaks_the_seal() -> None:
    sent = await exchange()
    results = [sent.reply["results"][0], {"result": "later"}]
    assert sent.refuses(results=results).code == "receipt.invalid"


async def test_nothing_receipted_needs_no_seal() -> None:
    sent = await exchange()
    why = {"code": "order.waiting", "detail": "sequence 1 is missing"}
    settled = sent.read({"results": [{"result": "later", "reason": why}, {"result": "later"}]})
    assert settled.receipts == []
    assert [(each.code, each.message) for each in settled.later] == [
        ("order.waiting", sent.packed.messages[0]),
        ("link.answer", sent.packed.messages[1]),
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff", b"[" * 100, b'{"results":[{}]}'])
async def test_what_is_no_reply_settles_nothing(body: bytes) -> None:
    sent = await exchange()
    with pytest.raises(BatchRejected) as caught:
        read_reply(sent.here.home, THERE, sent.packed, body)
    assert caught.value.code == "link.answer"


@pytest.mark.parametrize("state", [MessageState.TAKEN, MessageState.REFUSED])
async def test_a_message_that_was_settled_before_keeps_its_first_receipt(
    state: MessageState,
) -> None:
    sent = await exchange()
    tickets = {m.id: Ticket("lane", m.id, HERE, m.case_id, 0, 0, 7) for m in sent.packed.messages}
    seen = known({message.id: state for message in sent.packed.messages})
    changes = settlement(sent.packed, sent.read(), tickets, seen, now=1, to_city=True)
    assert changes.settlements == []
    assert changes.tickets_done == [7, 7], "but nobody waits for them any longer"


async def test_the_city_hears_of_a_message_that_was_given_back_and_taken_after_all() -> None:
    sent = await exchange()
    tickets = {m.id: Ticket("lane", m.id, HERE, m.case_id, 0) for m in sent.packed.messages}
    first, second = sent.packed.messages
    seen = known({first.id: MessageState.EXPIRED, second.id: MessageState.QUEUED})
    changes = settlement(sent.packed, sent.read(), tickets, seen, now=1, to_city=True)
    assert [each.state for each in changes.settlements] == [MessageState.TAKEN] * 2
    assert [each.message_id for each in changes.tickets] == [first.id]
    quiet = settlement(sent.packed, sent.read(), tickets, seen, now=1, to_city=False)
    assert quiet.tickets == []


def known(states: dict[str, MessageState]) -> Snapshot:
    """What the transaction finds of our messages; another member uses the same ids."""
    ours = {(HERE, message): Known(b"", state, None) for message, state in states.items()}
    theirs = {("999999", message): Known(b"", MessageState.TAKEN, b"") for message in states}
    return Snapshot(messages={**ours, **theirs})


async def test_what_is_refused_changes_nothing_and_may_be_said_again() -> None:
    """The receipt came too late for `case.receive`: our case is as if it was never said."""
    here, there = two_cities()
    case_id = await here.opens("1")
    await carry(here, there)
    await there.submit(said(case_id, Kind.RECEIVE, there.clock.now()))
    before = await there.store.case(case_id)
    assert before is not None
    assert before.case is not None
    assert before.case.state is State.RECEIVED
    there.clock.advance(LIFE.total_seconds() + 1)
    await carry(there, here)
    undone = await there.store.case(case_id)
    theirs = await here.store.case(case_id)
    assert undone is not None
    assert theirs is not None
    assert undone.case == theirs.case
    assert undone.sent == 1, "its number is used up"
    await there.submit(said(case_id, Kind.RECEIVE, there.clock.now()))
    await carry(there, here)
    assert (await here.store.case(case_id)) is not None
    again = await there.store.case(case_id)
    received = await here.store.case(case_id)
    assert again is not None
    assert received is not None
    assert again.case == received.case
    assert received.case is not None
    assert received.case.state is State.RECEIVED
