"""Judge: steps 7 to 9 of `receive`, pure: duplicate, order, life of the case.

Runs inside the transaction, on a snapshot of what the store holds. One `Judgement` folds
over the messages of a batch in their order, so that three steps of one case may come in one
batch; when a message fills a gap, those that waited for it follow at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts import limits
from contracts.case import Case
from contracts.envelope import Envelope, read_envelope
from contracts.errors import Refusal
from contracts.lifecycle import advance
from contracts.messages import Kind
from contracts.receipt import Outcome, Receipt, RefusalNote
from contracts.wire import Result
from gateway.lanes import city_lane
from gateway.records import (
    CaseRecord,
    Changes,
    Incident,
    Known,
    MessageRecord,
    MessageState,
    Snapshot,
    Ticket,
    WaitingRecord,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message of a batch after the checks that need no store.

    `envelope` is None when it cannot be read or is not the sender's to send: it is refused
    and touches no case. `refusal` is what its signed content deserves once its turn has
    come; `later` is a fault of what is not signed, so it may come right the next time.
    `bucket` is that of the case, where the message opens one.
    """

    record: MessageRecord
    envelope: Envelope | None
    refusal: Refusal | None = None
    later: Refusal | None = None
    bucket: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer for one message: its result and, unless `later`, its receipt."""

    result: Result
    receipt: bytes | None = None
    reason: Refusal | None = None


class Judgement:
    """Judges the messages of one sender, one after another."""

    def __init__(
        self, snapshot: Snapshot, *, us: str, sender: str, now: datetime, to_city: bool
    ) -> None:
        """`to_city`: whether what is taken gets a ticket to the city's own system."""
        self.changes = Changes()
        self._snapshot = snapshot
        self._us = us
        self._sender = sender
        self._now = now
        self._now_ms = int(now.timestamp() * 1000)
        self._to_city = to_city
        self._known = dict(snapshot.messages)
        self._cases = dict(snapshot.cases)
        self._waiting_count = snapshot.waiting_count.get(sender, 0)
        self._waiting_bytes = snapshot.waiting_bytes.get(sender, 0)

    def judge(self, candidates: Sequence[Candidate]) -> list[Judged]:
        return [self._one(candidate) for candidate in candidates]

    def _one(self, candidate: Candidate) -> Judged:
        record = candidate.record
        if candidate.later is not None:
            self._note_incident(record, candidate.later)
            return Judged(Result.LATER, reason=candidate.later)
        known = self._known.get((record.sender, record.id))
        if known is not None:
            return self._again(record, known)
        if aside := self._known.get(_aside(record)):
            return Judged(Result.DUPLICATE, receipt=aside.receipt)
        if candidate.envelope is None:
            return self._refuse(record, candidate.refusal or _UNREADABLE)
        return self._in_order(record, candidate.envelope, candidate)

    # --- step 7: duplicate ---------------------------------------------------------------

    def _again(self, record: MessageRecord, known: Known) -> Judged:
        if record.digest == known.digest:
            return Judged(Result.DUPLICATE, receipt=known.receipt)
        return self._conflict(record)

    def _conflict(self, record: MessageRecord) -> Judged:
        """The same id with other bytes: refused once, kept under its leaf hash, an alarm."""
        if known := self._known.get(_aside(record)):
            return Judged(Result.DUPLICATE, receipt=known.receipt)
        aside = replace(record, id=record.digest.hex(), case_id="", parts=())
        refusal = Refusal("message.conflict", f"{record.id} is known with other bytes")
        self._note_incident(record, refusal, record.envelope)
        receipt = self._keep(aside, MessageState.REFUSED, refusal, self._receipt(record, refusal))
        return Judged(Result.REFUSED, receipt, refusal)

    # --- step 8: order -------------------------------------------------------------------

    def _in_order(self, record: MessageRecord, envelope: Envelope, candidate: Candidate) -> Judged:
        case = self._cases.get(record.case_id)
        if case is not None and case.partner != self._sender:
            return self._refuse(
                record, Refusal("case.wrong_city", f"{self._sender} has no part in this case")
            )
        expected = case.taken + 1 if case else 1
        if record.sequence < expected:
            return self._refuse(
                record,
                Refusal(
                    "order.past",
                    f"sequence {record.sequence}, expected {expected}",
                    {"sequence": str(record.sequence), "expected": str(expected)},
                ),
            )
        if record.sequence > expected:
            return self._wait(record, candidate.refusal, expected)
        judged = self._live(record, envelope, candidate.refusal, candidate.bucket)
        self._follow(record.case_id)
        return judged

    def _wait(self, record: MessageRecord, refusal: Refusal | None, expected: int) -> Judged:
        room = self._snapshot.waiting.setdefault((self._sender, record.case_id), [])
        where = {"sequence": str(record.sequence), "expected": str(expected)}
        same_id = [w.message for w in room if _key(w.message) == _key(record)]
        if same_id and same_id[0].digest != record.digest:
            return self._conflict(record)
        if not same_id:
            if (
                len(room) >= limits.WAITING_PER_CASE
                or self._waiting_count >= limits.WAITING_PER_PARTNER
                or self._waiting_bytes + _size(record) > limits.WAITING_BYTES
            ):
                full = Refusal("order.too_early", f"sequence {expected} is missing", where)
                return Judged(Result.LATER, reason=full)
            waiting = WaitingRecord(record, refusal, self._now_ms)
            room.append(waiting)
            self.changes.waiting.append(waiting)
            self._waiting_count += 1
            self._waiting_bytes += _size(record)
        return Judged(
            Result.LATER,
            reason=Refusal("order.waiting", f"sequence {expected} is missing", where),
        )

    def _follow(self, case_id: str) -> None:
        """Let in those that waited for what has just come."""
        room = self._snapshot.waiting.get((self._sender, case_id))
        while room:
            expected = self._cases[case_id].taken + 1
            turn = [waiting for waiting in room if waiting.message.sequence <= expected]
            if not turn:
                return
            for waiting in turn:
                room.remove(waiting)
                self.changes.waiting_over.append(_key(waiting.message))
                if _aside(waiting.message) in self._known:
                    continue  # it came again meanwhile, and was refused
                if known := self._known.get(_key(waiting.message)):
                    self._again(waiting.message, known)  # its id was used while it waited
                elif waiting.message.sequence == self._cases[case_id].taken + 1:
                    envelope = read_envelope(waiting.message.envelope)
                    self._live(waiting.message, envelope, waiting.refusal)

    # --- step 9: life of the case ---------------------------------------------------------

    def _live(
        self,
        record: MessageRecord,
        envelope: Envelope,
        refusal: Refusal | None,
        bucket: int | None = None,
    ) -> Judged:
        before = self._cases.get(record.case_id)
        if refusal is None and envelope.expires_at <= self._now:
            refusal = Refusal("envelope.expired", f"expired at {envelope.expires_at.isoformat()}")
        after = refusal or advance(before.case if before else None, envelope)
        old_case = before.case if before else None
        case = old_case if isinstance(after, Refusal) else after
        changed = self._change(before, record, case, bucket)
        if isinstance(after, Refusal):
            return self._refuse(record, after)
        taken = self._keep(record, MessageState.TAKEN, None)
        if self._to_city:
            lane = city_lane(self._sender, record.case_id, changed)
            self.changes.tickets.append(
                Ticket(lane, record.id, record.sender, record.case_id, self._now_ms)
            )
        return Judged(Result.TAKEN, receipt=taken)

    def _change(
        self,
        before: CaseRecord | None,
        record: MessageRecord,
        case: Case | None,
        bucket: int | None,
    ) -> CaseRecord:
        number = record.case_id if record.kind == Kind.SUBMIT else None
        changed = CaseRecord(
            id=record.case_id,
            partner=self._sender,
            case=case,
            sent=before.sent if before else 0,
            taken=record.sequence,
            number=before.number if before else number,
            opened_at=before.opened_at if before else self._now_ms,
            changed_at=self._now_ms,
            bucket=before.bucket if before else bucket,
        )
        self._cases[record.case_id] = self.changes.cases[record.case_id] = changed
        return changed

    # --- what is kept ----------------------------------------------------------------------

    def _refuse(self, record: MessageRecord, refusal: Refusal) -> Judged:
        receipt = self._keep(record, MessageState.REFUSED, refusal)
        self._note_incident(record, refusal)
        return Judged(Result.REFUSED, receipt, refusal)

    def _keep(
        self,
        record: MessageRecord,
        state: MessageState,
        refusal: Refusal | None,
        receipt: bytes | None = None,
    ) -> bytes:
        receipt = receipt or self._receipt(record, refusal)
        reason = refusal.code if refusal else None
        self.changes.messages.append(record.judged(state, receipt, reason, self._now_ms))
        self._known[_key(record)] = Known(record.digest, state, receipt)
        return receipt

    def _receipt(self, record: MessageRecord, refusal: Refusal | None) -> bytes:
        readable = record.kind != ""
        return Receipt(
            message=record.id if readable else None,
            digest=record.digest.hex(),
            sender=record.sender,
            receiver=self._us,
            outcome=Outcome.REFUSED if refusal else Outcome.TAKEN,
            at=self._now,
            reason=note(refusal) if refusal else None,
        ).to_json()

    def _note_incident(
        self, record: MessageRecord, refusal: Refusal, content: bytes | None = None
    ) -> None:
        """Leaf hash and code name it: the same bytes make one incident of a kind, however often."""
        self.changes.incidents.append(
            Incident(
                id=f"{record.digest.hex()}/{refusal.code}",
                at=self._now_ms,
                code=refusal.code,
                partner=self._sender,
                detail=refusal.detail,
                where=dict(refusal.where),
                message_id=record.id,
                content=content,
            )
        )


def note(refusal: Refusal) -> RefusalNote:
    """A refusal as it stands in a receipt or a result."""
    return RefusalNote(code=refusal.code, detail=refusal.detail, where=dict(refusal.where))


def _size(record: MessageRecord) -> int:
    """Bytes of a message in the waiting room: its parts are kept in hex."""
    return len(record.envelope) + sum(2 * len(part.sealed) for part in record.parts)


def _key(record: MessageRecord) -> tuple[str, str]:
    return record.sender, record.id


def _aside(record: MessageRecord) -> tuple[str, str]:
    """Where a message is kept whose id or envelope could not be used: its first receipt stands."""
    return record.sender, record.digest.hex()


_UNREADABLE = Refusal("envelope.malformed", "the envelope cannot be read")
