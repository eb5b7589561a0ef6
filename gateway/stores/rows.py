"""Records to rows and back. Plain functions: this is on the path of every message."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Row

from contracts.case import Case, State
from contracts.errors import Refusal
from gateway.records import (
    CaseRecord,
    Direction,
    Incident,
    MessageRecord,
    MessageState,
    PartRecord,
    SealOf,
    SealRecord,
    Ticket,
    WaitingRecord,
)

Values = dict[str, Any]


def case_values(record: CaseRecord) -> Values:
    case = record.case
    return {
        "id": record.id,
        "partner": record.partner,
        "receiving": case.receiving if case else None,
        "handling": case.handling if case else None,
        "state": case.state.value if case else None,
        "returns_to": case.returns_to.value if case and case.returns_to else None,
        "withdrawal_asked": bool(case and case.withdrawal_asked),
        "evaluated": bool(case and case.evaluated),
        "sent": record.sent,
        "taken": record.taken,
        "number": record.number,
        "opened_at": record.opened_at,
        "changed_at": record.changed_at,
    }


def case_record(row: Row[Any]) -> CaseRecord:
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
    )


def message_values(record: MessageRecord) -> Values:
    return {
        "id": record.id,
        "sender": record.sender,
        "receiver": record.receiver,
        "direction": record.direction.value,
        "case_id": record.case_id,
        "kind": record.kind,
        "sequence": record.sequence,
        "state": record.state.value,
        "envelope": record.envelope,
        "digest": record.digest,
        "recorded_at": record.recorded_at,
        "expires_at": record.expires_at,
        "seal_id": record.seal_id,
        "position": record.position,
        "receipt": record.receipt,
        "reason": record.reason,
    }


def message_record(row: Row[Any], parts: Iterable[PartRecord] = ()) -> MessageRecord:
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


def part_values(message: MessageRecord) -> list[Values]:
    return [
        {
            "message_id": message.id,
            "sender": message.sender,
            "position": position,
            "name": part.name,
            "media_type": part.media_type,
            "sealed": part.sealed,
        }
        for position, part in enumerate(message.parts)
    ]


def part_record(row: Row[Any]) -> PartRecord:
    return PartRecord(row.name, row.media_type, row.sealed)


def seal_values(record: SealRecord) -> Values:
    return {
        "id": record.id,
        "of": record.of.value,
        "issuer": record.issuer,
        "audience": record.audience,
        "token": record.token,
        "leaves": record.leaves,
        "at": record.at,
    }


def seal_record(row: Row[Any]) -> SealRecord:
    return SealRecord(
        row.id, SealOf(row.of), row.issuer, row.audience, row.token, row.leaves, row.at
    )


def ticket_values(ticket: Ticket) -> Values:
    return {
        "lane": ticket.lane,
        "message_id": ticket.message_id,
        "sender": ticket.sender,
        "case_id": ticket.case_id,
        "at": ticket.at,
        "size": ticket.size,
    }


def ticket_record(row: Row[Any]) -> Ticket:
    return Ticket(row.lane, row.message_id, row.sender, row.case_id, row.at, row.size, row.position)


def incident_values(incident: Incident) -> Values:
    return {
        "id": incident.id[:200],
        "at": incident.at,
        "code": incident.code,
        "partner": incident.partner,
        "detail": incident.detail,
        "where": orjson.dumps(incident.where).decode(),
        "message_id": incident.message_id,
        "content": incident.content,
    }


def incident_record(row: Row[Any]) -> Incident:
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


def waiting_values(waiting: WaitingRecord) -> Values:
    message = waiting.message
    refusal = waiting.refusal
    record = {
        "message": {
            **message_values(message),
            "envelope": message.envelope.decode(),
            "digest": message.digest.hex(),
        },
        "parts": [[part.name, part.media_type, part.sealed.hex()] for part in message.parts],
        "refusal": [refusal.code, refusal.detail, dict(refusal.where)] if refusal else None,
    }
    return {
        "id": message.id,
        "sender": message.sender,
        "case_id": message.case_id,
        "record": orjson.dumps(record),
        "arrived_at": waiting.arrived_at,
        "expires_at": message.expires_at,
    }


def waiting_record(row: Row[Any]) -> WaitingRecord:
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
