"""Settle: what a partner's reply says of our messages, checked, then written down.

A reply is believed as far as its seal reaches: the seal must be the partner's, made out to
us, answer this very batch, and cover each receipt; each receipt must name the message and
the exact bytes we sent. A reply that fails is used for nothing, and the batch goes again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from contracts import limits
from contracts.envelope import first_mistake
from contracts.errors import BatchRejected
from contracts.json_shape import check_names, check_shape
from contracts.receipt import Outcome, Receipt
from contracts.seal import RECEIPTS_TYPE
from contracts.tree import leaf_hash
from contracts.wire import BatchReply
from gateway.exchange.history import case_of
from gateway.exchange.home import Home
from gateway.exchange.pack import Packed
from gateway.lanes import city_lane
from gateway.records import (
    OPEN_STATES,
    Changes,
    Direction,
    MessageRecord,
    MessageState,
    Scope,
    SealOf,
    SealRecord,
    Settlement,
    Snapshot,
    Ticket,
    seal_id,
)
from keys.batch_seal import check_paths, check_seal
from keys.suites import DIGESTS

_CLOCKS_APART = 1000 * limits.CLOCK_SKEW_S  # of the machines of one city: far less than this


@dataclass(frozen=True, slots=True)
class Later:
    """A message that the partner did not take yet, and why not."""

    message: MessageRecord
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What a reply came to: the seal that proves it, receipts by message, and the rest."""

    seal: SealRecord | None
    receipts: list[tuple[MessageRecord, Receipt, bytes]]
    later: list[Later]


def read_reply(home: Home, partner: str, packed: Packed, body: bytes) -> Settled:
    """Check a whole reply. Raises BatchRejected (`link.answer`, `receipt.invalid`, `seal.*`)."""
    reply = _parse(body)
    if len(reply.results) != len(packed.messages):
        raise _invalid(f"{len(reply.results)} results for {len(packed.messages)} messages")
    bringing = [r.receipt.encode() for r in reply.results if r.receipt is not None]
    if not bringing:
        return Settled(None, [], _later(packed, reply))
    if reply.seal is None:
        raise _invalid("receipts without a seal")
    now = home.clock.now()
    seal = check_seal(reply.seal, RECEIPTS_TYPE, trust=home.trust, us=home.code, now=now)
    if seal.iss != partner or seal.answers != packed.tree.seal.jti or seal.size != len(bringing):
        raise _invalid("the seal is not the partner's answer to this batch")
    digest = DIGESTS[seal.digest]
    leaves = [leaf_hash(digest, receipt) for receipt in bringing]
    paths = [result.path for result in reply.results if result.receipt is not None]
    check_paths(digest, seal, leaves, paths)
    record = SealRecord(
        id=seal_id(reply.seal),
        of=SealOf.RECEIPTS,
        issuer=seal.iss,
        audience=seal.aud,
        token=reply.seal,
        leaves=b"".join(leaves),
        at=int(now.timestamp() * 1000),
    )
    return Settled(record, _receipts(home, partner, packed, reply), _later(packed, reply))


def settlement(
    packed: Packed,
    settled: Settled,
    tickets: Mapping[str, Ticket],
    snapshot: Snapshot,
    *,
    now: int,
    to_city: bool,
) -> Changes:
    """What a checked reply writes: settlements, its seal, tickets that are done.

    `snapshot` is that of the transaction that writes, of the scope `settling`. What was
    refused, and what was given back to the city and turns out to be taken after all, gets a
    ticket to the city. What was refused changes nothing, so our copy of its case goes back to
    what the other messages make of it.
    """
    changes = Changes(seals=[settled.seal] if settled.seal else [])
    positions = {message.id: index for index, message in enumerate(packed.messages)}
    for message, receipt, raw in settled.receipts:
        changes.tickets_done.append(tickets[message.id].position)
        known = snapshot.messages.get((message.sender, message.id))
        if known is None or known.state not in OPEN_STATES:
            continue  # settled by an earlier reply: the first receipt stands
        taken = receipt.outcome is Outcome.TAKEN
        changes.settlements.append(
            Settlement(
                message_id=message.id,
                state=MessageState.TAKEN if taken else MessageState.REFUSED,
                seal_id=packed.tree.record.id,
                position=positions[message.id],
                receipt=raw,
                reason=receipt.reason.code if receipt.reason else None,
                at=now,
            )
        )
        if to_city and (not taken or known.state is MessageState.EXPIRED):
            case = snapshot.cases.get(message.case_id)
            lane = city_lane(message.receiver, message.case_id, case)
            changes.tickets.append(Ticket(lane, message.id, message.sender, message.case_id, now))
    _undo(changes, snapshot, now)
    return changes


def settling(us: str, settled: Settled, now: int) -> Scope:
    """What `settlement` must see; `now` in Unix milliseconds."""
    refused = {m.case_id for m, r, _ in settled.receipts if r.outcome is Outcome.REFUSED}
    soon = now + _CLOCKS_APART
    given_back = {m.case_id for m, _, _ in settled.receipts if m.expires_at <= soon}
    return Scope(
        messages=[(us, message.id) for message, _, _ in settled.receipts],
        cases=sorted(refused | given_back),
        history=sorted(refused),
    )


def _undo(changes: Changes, snapshot: Snapshot, now: int) -> None:
    """Cases without what this reply refuses."""
    refused = {s.message_id for s in changes.settlements if s.state is MessageState.REFUSED}
    for case_id, messages in snapshot.history.items():
        gone = {m.id for m in messages if m.direction is Direction.OUT and m.id in refused}
        record = snapshot.cases.get(case_id)
        if gone and record is not None:
            kept = [m for m in messages if m.direction is Direction.IN or m.id not in gone]
            changes.cases[case_id] = replace(record, case=case_of(kept), changed_at=now)


def _parse(body: bytes) -> BatchReply:
    check_shape(
        body,
        BatchRejected,
        "link.answer",
        size=limits.BATCH_BYTES,
        depth=len(body),  # the model knows its own depth; the parser bounds what it ignores
        nodes=limits.BATCH_NODES,
    )
    try:
        return BatchReply.model_validate_json(body)
    except ValidationError as error:
        raise BatchRejected(first_mistake(error), code="link.answer") from error


def _receipts(
    home: Home, partner: str, packed: Packed, reply: BatchReply
) -> list[tuple[MessageRecord, Receipt, bytes]]:
    receipts = []
    for message, result in zip(packed.messages, reply.results, strict=True):
        if result.receipt is None:
            continue
        raw = result.receipt.encode()
        receipts.append((message, check_receipt(message, raw, partner, home.code), raw))
    return receipts


def check_receipt(message: MessageRecord, raw: bytes, partner: str, us: str) -> Receipt:
    """The receipt, when it speaks of this very message. Raises BatchRejected."""
    try:
        receipt = Receipt.model_validate_json(raw)
    except ValidationError as error:
        raise _invalid(first_mistake(error)) from error
    check_names(raw, BatchRejected, "receipt.invalid")
    if receipt.digest != message.digest.hex():
        raise _invalid("a receipt for other bytes", message=message.id)
    if receipt.message not in {message.id, None}:
        raise _invalid("a receipt for another message", message=message.id)
    if (receipt.sender, receipt.receiver) != (us, partner):
        raise _invalid("a receipt between other members", message=message.id)
    return receipt


def _later(packed: Packed, reply: BatchReply) -> list[Later]:
    return [
        Later(
            message,
            result.reason.code if result.reason else "link.answer",
            result.reason.detail if result.reason else "no reason given",
        )
        for message, result in zip(packed.messages, reply.results, strict=True)
        if result.receipt is None
    ]


def _invalid(detail: str, **where: object) -> BatchRejected:
    return BatchRejected(detail, code="receipt.invalid", **where)
