"""Records to rows and back. Plain functions and tuples: every message passes here.

A row is a tuple in the order of its `…_COLUMNS`.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Row as Found

from contracts.case import Case, State
from contracts.errors import Refusal
from gateway.records import (
    CaseRecord,
    Direction,
    Hold,
    Incident,
    MessageRecord,
    MessageState,
    Note,
    PartRecord,
    SealOf,
    SealRecord,
    Ticket,
    WaitingRecord,
)

Row = tuple[Any, ...]


CASE_COLUMNS = (
    "id",
    "partner",
    "receiving",
    "handling",
    "state",
    "returns_to",
    "withdrawal_asked",
    "evaluated",
    "sent",
    "taken",
    "number",
    "opened_at",
    "changed_at",
    "bucket",
)


def case_values(record: CaseRecord) -> Row:
    case = record.case
    return (
        record.id,
        record.partner,
        case.receiving if case else None,
        case.handling if case else None,
        case.state.value if case else None,
        case.returns_to.value if case and case.returns_to else None,
        bool(case and case.withdrawal_asked),
        bool(case and case.evaluated),
        record.sent,
        record.taken,
        record.number,
        record.opened_at,
        record.changed_at,
        record.bucket,
    )


def case_record(row: Found[Any]) -> CaseRecord:
    case = None
    if row.state is not None:
        case = Case.model_construct(
            id=row.id,
            receiving=row.receiving,
            handling=row.handling,
            state=State(row.state),
            returns_to=State(row.returns_to) if row.returns_to else None,
            withdrawal_asked=bool(row.withdrawal_asked),
            evaluated=bool(row.evaluated),
        )
    return CaseRecord(
        id=row.id,
        partner=row.partner,
        case=case,
        sent=row.sent,
        taken=row.taken,
        number=row.number,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        bucket=row.bucket,
    )


MESSAGE_COLUMNS = (
    "id",
    "sender",
    "receiver",
    "direction",
    "case_id",
    "kind",
    "sequence",
    "state",
    "envelope",
    "digest",
    "recorded_at",
    "expires_at",
    "seal_id",
    "position",
    "receipt",
    "reason",
)


def message_values(record: MessageRecord) -> Row:
    return (
        record.id,
        record.sender,
        record.receiver,
        record.direction.value,
        record.case_id,
        record.kind,
        record.sequence,
        record.state.value,
        record.envelope,
        record.digest,
        record.recorded_at,
        record.expires_at,
        record.seal_id,
        record.position,
        record.receipt,
        record.reason,
    )


def message_record(row: Found[Any], parts: Iterable[PartRecord] = ()) -> MessageRecord:
    return MessageRecord(
        id=row.id,
        sender=row.sender,
        receiver=row.receiver,
        direction=Direction(row.direction),
        case_id=row.case_id,
        kind=row.kind,
        sequence=row.sequence,
        state=MessageState(row.state),
        envelope=row.envelope,
        digest=row.digest,
        recorded_at=row.recorded_at,
        expires_at=row.expires_at,
        seal_id=row.seal_id,
        position=row.position,
        receipt=row.receipt,
        reason=row.reason,
        parts=tuple(parts),
    )


PART_COLUMNS = (
    "message_id",
    "sender",
    "position",
    "name",
    "media_type",
    "sealed",
    "recorded_at",
)


def part_values(message: MessageRecord) -> list[Row]:
    return [
        (
            message.id,
            message.sender,
            position,
            part.name,
            part.media_type,
            part.sealed,
            message.recorded_at,
        )
        for position, part in enumerate(message.parts)
    ]


def part_record(row: Found[Any]) -> PartRecord:
    return PartRecord(row.name, row.media_type, row.sealed)


SEAL_COLUMNS = (
    "id",
    "of",
    "issuer",
    "audience",
    "token",
    "leaves",
    "at",
)


def seal_values(record: SealRecord) -> Row:
    return (
        record.id,
        record.of.value,
        record.issuer,
        record.audience,
        record.token,
        record.leaves,
        record.at,
    )


def seal_record(row: Found[Any]) -> SealRecord:
    return SealRecord(
        row.id, SealOf(row.of), row.issuer, row.audience, row.token, row.leaves, row.at
    )


TICKET_COLUMNS = (
    "lane",
    "message_id",
    "sender",
    "case_id",
    "at",
    "size",
)


def ticket_values(ticket: Ticket) -> Row:
    return (
        ticket.lane,
        ticket.message_id,
        ticket.sender,
        ticket.case_id,
        ticket.at,
        ticket.size,
    )


def ticket_record(row: Found[Any]) -> Ticket:
    return Ticket(row.lane, row.message_id, row.sender, row.case_id, row.at, row.size, row.position)


HOLD_COLUMNS = (
    "case_id",
    "position",
    "lane",
    "sender",
    "message_id",
    "at",
    "by",
    "reason",
    "until",
)


def hold_values(hold: Hold) -> Row:
    return (
        hold.case_id,
        hold.position,
        hold.lane,
        hold.sender,
        hold.message_id,
        hold.at,
        hold.by,
        hold.reason,
        hold.until,
    )


def hold_record(row: Found[Any]) -> Hold:
    return Hold(
        case_id=row.case_id,
        lane=row.lane,
        position=row.position,
        sender=row.sender,
        message_id=row.message_id,
        at=row.at,
        by=row.by,
        reason=row.reason,
        until=row.until,
        waits=row.position == 0 or row.ticket is not None,
    )


NOTE_COLUMNS = ("key", "at", "text")


def note_values(note: Note) -> Row:
    return note.key, note.at, note.text


def note_record(row: Found[Any]) -> Note:
    return Note(row.key, row.at, row.text)


INCIDENT_COLUMNS = (
    "id",
    "at",
    "code",
    "partner",
    "detail",
    "where",
    "message_id",
    "content",
)


def incident_values(incident: Incident) -> Row:
    return (
        incident.id[:200],
        incident.at,
        incident.code,
        incident.partner,
        incident.detail,
        orjson.dumps(incident.where).decode(),
        incident.message_id,
        incident.content,
    )


def incident_record(row: Any) -> Incident:
    return Incident(
        id=row.id,
        at=row.at,
        code=row.code,
        partner=row.partner,
        detail=row.detail,
        where=orjson.loads(row.where),
        message_id=row.message_id,
        content=row.content,
    )


WAITING_COLUMNS = (
    "id",
    "sender",
    "case_id",
    "record",
    "arrived_at",
    "expires_at",
)


def waiting_values(waiting: WaitingRecord) -> Row:
    message = waiting.message
    refusal = waiting.refusal
    record = {
        "message": {
            **dict(zip(MESSAGE_COLUMNS, message_values(message), strict=True)),
            "envelope": message.envelope.decode(),
            "digest": message.digest.hex(),
        },
        "parts": [[part.name, part.media_type, part.sealed.hex()] for part in message.parts],
        "refusal": [refusal.code, refusal.detail, dict(refusal.where)] if refusal else None,
    }
    return (
        message.id,
        message.sender,
        message.case_id,
        orjson.dumps(record),
        waiting.arrived_at,
        message.expires_at,
    )


def waiting_record(row: Found[Any]) -> WaitingRecord:
    record = orjson.loads(row.record)
    values = record["message"]
    message = MessageRecord(
        **{
            **values,
            "direction": Direction(values["direction"]),
            "state": MessageState(values["state"]),
            "envelope": values["envelope"].encode(),
            "digest": bytes.fromhex(values["digest"]),
            "parts": tuple(
                PartRecord(name, media_type, bytes.fromhex(sealed))
                for name, media_type, sealed in record["parts"]
            ),
        }
    )
    refusal = Refusal(*record["refusal"]) if record["refusal"] else None
    return WaitingRecord(message, refusal, row.arrived_at)
