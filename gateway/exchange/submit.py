"""Submit: a draft of this city becomes a message in the outbox, in one transaction.

The parts are sealed before the transaction, since whom they go to never changes; the
sequence number is given inside it, since it must have no gaps.
"""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from adapters.adapter import Draft
from contracts.case import Case
from contracts.codes import city_of
from contracts.envelope import CONTRACT, Envelope
from contracts.errors import MessageRefused, Refusal
from contracts.lifecycle import advance
from contracts.messages import Kind, SubmitBody
from contracts.tree import leaf_hash
from gateway.exchange.compose import Composed, compose
from gateway.exchange.home import Home
from gateway.lanes import bucket_of
from gateway.ports import Queue, Store, Verdict
from gateway.records import (
    CaseRecord,
    Changes,
    Direction,
    MessageRecord,
    MessageState,
    Scope,
    Snapshot,
    Ticket,
    partner_lane,
)
from keys.trust.parting import has_left, reason_of_leaving

ENVELOPE_SIZE = 1100  # bytes on the wire beside the parts, near enough to close a batch by


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a draft. `message_id` is None when its document was taken before."""

    message_id: str | None
    case_id: str
    sequence: int


class Submit:
    """Use case: take a draft from this city and promise to deliver it."""

    def __init__(self, home: Home, store: Store, queue: Queue, *, life: timedelta) -> None:
        """`life`: how long a message may wait for its receipt before it is given back."""
        self._home = home
        self._store = store
        self._queue = queue
        self._life = life
        self._kept: deque[str] = deque(maxlen=64)  # epochs whose own copy is durable

    async def __call__(self, draft: Draft, *, intake: str | None = None) -> Submitted:
        """Durable when it returns. With `intake`, a key that was seen before does nothing.

        Raises MessageRefused with the code that the partner would refuse with
        (`case.unknown`, `case.not_allowed`, …), or `member.closed` when the partner has left;
        BatchRejected (`member.unknown`), KeyUnusable, StoreUnavailable.
        """
        case_id, receiver = await self._address(draft)
        composed = compose(self._home, draft, receiver)
        scope = Scope(
            cases=(case_id,), numbers=(draft.number,), intakes=(intake,) if intake else ()
        )

        def rule(snapshot: Snapshot) -> Verdict[Submitted]:
            return self._record(draft, case_id, composed, intake, snapshot)

        submitted = await self._store.apply(scope, rule)
        if composed.own_copy.id not in self._kept:
            self._kept.append(composed.own_copy.id)
        await self._queue.announce([partner_lane(receiver)])
        return submitted

    async def _address(self, draft: Draft) -> tuple[str, str]:
        """Case id and receiver. For a submission both are new: the handling city receives."""
        if isinstance(draft.body, SubmitBody):
            receiver = city_of(draft.body.application.handling.region).code
            if receiver == self._home.code:
                raise MessageRefused(
                    "the handling city is this city itself", code="envelope.receiver"
                )
            self._check_member(receiver)
            return self._home.new_id(), receiver
        record = await self._store.case_by_number(draft.number)
        if record is None:
            raise MessageRefused(
                f"this city knows no case {draft.number}", code="case.unknown", number=draft.number
            )
        self._check_member(record.partner)
        return record.id, record.partner

    def _check_member(self, code: str) -> None:
        """Nobody is left waiting for a city that has left."""
        member = self._home.trust.member(code)
        if has_left(member, self._home.clock.now()):
            raise MessageRefused(
                f"{code} has left: {reason_of_leaving(member) or 'all its keys are closed'}",
                code="member.closed",
                partner=code,
            )

    def _record(
        self,
        draft: Draft,
        case_id: str,
        composed: Composed,
        intake: str | None,
        snapshot: Snapshot,
    ) -> Verdict[Submitted]:
        known = snapshot.numbers.get(draft.number)
        if intake and intake in snapshot.intakes:
            return Verdict(Changes(), Submitted(None, known.id if known else case_id, 0))
        if known and draft.kind is Kind.SUBMIT:
            raise MessageRefused(
                f"number {draft.number} is in use", code="case.exists", number=draft.number
            )
        record = snapshot.cases.get(case_id)
        envelope = self._envelope(draft, case_id, composed, record.sent + 1 if record else 1)
        case = advance(record.case if record else None, envelope)
        if isinstance(case, Refusal):
            raise MessageRefused(case.detail, code=case.code, **case.where)
        return self._verdict(draft, composed, envelope, record, case, intake)

    def _envelope(self, draft: Draft, case_id: str, composed: Composed, sequence: int) -> Envelope:
        now = self._home.clock.now()
        return Envelope(
            id=composed.message_id,
            kind=draft.kind,
            contract=CONTRACT,
            sender=self._home.code,
            receiver=composed.receiver,
            case_id=case_id,
            sequence=sequence,
            created_at=now,
            expires_at=now + self._life,
            sealing=composed.sealing,
            parts=composed.parts,
        )

    def _verdict(
        self,
        draft: Draft,
        composed: Composed,
        envelope: Envelope,
        record: CaseRecord | None,
        case: Case,
        intake: str | None,
    ) -> Verdict[Submitted]:
        now = self._home.now_ms()
        raw = envelope.to_json()
        message = MessageRecord(
            id=envelope.id,
            sender=envelope.sender,
            receiver=envelope.receiver,
            direction=Direction.OUT,
            case_id=envelope.case_id,
            kind=envelope.kind,
            sequence=envelope.sequence,
            state=MessageState.QUEUED,
            envelope=raw,
            digest=leaf_hash(self._home.suite.digest, raw),
            recorded_at=now,
            expires_at=int(envelope.expires_at.timestamp() * 1000),
            parts=composed.records,
        )
        changed = CaseRecord(
            id=envelope.case_id,
            partner=envelope.receiver,
            case=case,
            sent=envelope.sequence,
            taken=record.taken if record else 0,
            number=record.number if record else draft.number,
            opened_at=record.opened_at if record else now,
            changed_at=now,
            bucket=record.bucket if record else _bucket(draft),
        )
        ticket = Ticket(
            lane=partner_lane(envelope.receiver),
            message_id=envelope.id,
            sender=envelope.sender,
            case_id=envelope.case_id,
            at=now,
            size=composed.size + ENVELOPE_SIZE,
        )
        changes = Changes(
            cases={changed.id: changed},
            messages=[message],
            tickets=[ticket],
            intakes=[intake] if intake else [],
            epochs=[composed.own_copy] if composed.own_copy.id not in self._kept else [],
        )
        return Verdict(changes, Submitted(envelope.id, envelope.case_id, envelope.sequence))


def _bucket(draft: Draft) -> int | None:
    """That of the case which the draft opens."""
    return bucket_of(draft.body.application) if isinstance(draft.body, SubmitBody) else None
