"""The reading half of a store: one function a question, on a connection of its caller."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
    tuple_,
)

from gateway.records import (
    CaseRecord,
    EpochRecord,
    Incident,
    MessageRecord,
    MessageState,
    PartRecord,
    SealRecord,
    Ticket,
)
from gateway.stores import rows
from gateway.stores.schema import (
    CASE,
    EPOCH,
    INCIDENT,
    MESSAGE,
    PART,
    SEAL,
    TICKET,
    WAITING,
)

# By the index of lanes, from one place on: the lane may be empty while another holds a million
# tickets, and a planner that was asked for one lane in the order of positions walked past all.
_NEXT = (
    select(TICKET)
    .where(
        tuple_(TICKET.c.lane, TICKET.c.position)
        > tuple_(bindparam("of_lane", type_=String), bindparam("after", type_=BigInteger))
    )
    .order_by(TICKET.c.lane, TICKET.c.position)
    .limit(bindparam("most"))
    .subquery()
)
_TICKETS = select(_NEXT).where(_NEXT.c.lane == bindparam("of_lane")).order_by(_NEXT.c.position)
_OUTGOING = select(MESSAGE).where(
    MESSAGE.c.id.in_(bindparam("ids", expanding=True)), MESSAGE.c.direction == "out"
)
_PARTS = (
    select(PART)
    .where(
        PART.c.message_id.in_(bindparam("ids", expanding=True)),
        PART.c.recorded_at.between(bindparam("earliest"), bindparam("latest")),
    )
    .order_by(PART.c.position)
)

# As text of the statement: a plan for any state could not use the index of those queued.
_QUEUED: ColumnElement[str] = literal_column(f"'{MessageState.QUEUED.value}'")


def tickets(connection: Connection, lane: str, after: int, limit: int) -> list[Ticket]:
    found = connection.execute(_TICKETS, {"of_lane": lane, "after": after, "most": limit})
    return [rows.ticket_record(row) for row in found]


def outgoing(
    connection: Connection, ids: Sequence[str]
) -> list[tuple[MessageRecord, Sequence[PartRecord]]]:
    wanted = {"ids": list(ids)}
    messages = {row.id: row for row in connection.execute(_OUTGOING, wanted)}
    parts: dict[str, list[PartRecord]] = {}
    times = [row.recorded_at for row in messages.values()] or [0]
    months = {"earliest": min(times), "latest": max(times)}  # only theirs are looked into
    for row in connection.execute(_PARTS, {**wanted, **months}):
        message = messages.get(row.message_id)
        if message is not None and row.sender == message.sender:
            parts.setdefault(row.message_id, []).append(rows.part_record(row))
    return [
        (rows.message_record(messages[message_id]), parts.get(message_id, []))
        for message_id in ids
        if message_id in messages
    ]


def message(connection: Connection, sender: str | None, message_id: str) -> MessageRecord | None:
    query = select(MESSAGE).where(MESSAGE.c.id == message_id)
    if sender is not None:
        query = query.where(MESSAGE.c.sender == sender)
    row = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        return None
    found = connection.execute(
        select(PART)
        .where(
            PART.c.message_id == message_id,
            PART.c.sender == row.sender,
            PART.c.recorded_at == row.recorded_at,
        )
        .order_by(PART.c.position)
    )
    return rows.message_record(row, [rows.part_record(part) for part in found])


def messages(connection: Connection, case_id: str) -> list[MessageRecord]:
    query = select(MESSAGE).where(MESSAGE.c.case_id == case_id).order_by(MESSAGE.c.recorded)
    return [rows.message_record(row) for row in connection.execute(query)]


def case(connection: Connection, case_id: str) -> CaseRecord | None:
    row = connection.execute(select(CASE).where(CASE.c.id == case_id)).one_or_none()
    return rows.case_record(row) if row else None


def case_by_number(connection: Connection, number: str) -> CaseRecord | None:
    row = connection.execute(select(CASE).where(CASE.c.number == number)).one_or_none()
    return rows.case_record(row) if row else None


def cases(connection: Connection, before: CaseRecord | None, limit: int) -> list[CaseRecord]:
    query = select(CASE).order_by(CASE.c.changed_at.desc(), CASE.c.id.desc()).limit(limit)
    if before is not None:
        place = tuple_(CASE.c.changed_at, CASE.c.id)
        query = query.where(place < tuple_(literal(before.changed_at), literal(before.id)))
    return [rows.case_record(row) for row in connection.execute(query)]


def seal(connection: Connection, seal_id: str) -> SealRecord | None:
    row = connection.execute(select(SEAL).where(SEAL.c.id == seal_id)).one_or_none()
    return rows.seal_record(row) if row else None


def seal_over(connection: Connection, leaf: bytes, issuer: str, since: int) -> SealRecord | None:
    """Looks from `since` on, where it nearly always stands first."""
    query = (
        select(SEAL)
        .where(SEAL.c.issuer == issuer, SEAL.c.at >= since)
        .order_by(SEAL.c.at)
        .execution_options(yield_per=50)
    )
    size = len(leaf)
    for row in connection.execute(query):
        leaves = row.leaves
        if any(leaves[i : i + size] == leaf for i in range(0, len(leaves), size)):
            return rows.seal_record(row)
    return None


def seals_of(connection: Connection, issuer: str, since: int, limit: int) -> list[SealRecord]:
    query = select(SEAL).where(SEAL.c.issuer == issuer, SEAL.c.at >= since)
    found = connection.execute(query.order_by(SEAL.c.at, SEAL.c.id).limit(limit))
    return [rows.seal_record(row) for row in found]


def epoch(connection: Connection, epoch_id: str) -> EpochRecord | None:
    row = connection.execute(select(EPOCH).where(EPOCH.c.id == epoch_id)).one_or_none()
    return EpochRecord(row.id, row.key, row.wrapped) if row else None


def expiring(connection: Connection, now: int, limit: int) -> list[MessageRecord]:
    query = (
        select(MESSAGE)
        .where(MESSAGE.c.state == _QUEUED, MESSAGE.c.expires_at <= now)
        .order_by(MESSAGE.c.expires_at)
        .limit(limit)
    )
    return [rows.message_record(row) for row in connection.execute(query)]


def waiting_expired(connection: Connection, now: int, limit: int) -> list[MessageRecord]:
    query = select(WAITING).where(WAITING.c.expires_at <= now).limit(limit)
    found = [rows.waiting_record(row).message for row in connection.execute(query)]
    return [replace(waiting, parts=()) for waiting in found]


_LANES = text(
    "WITH RECURSIVE step (lane) AS ("
    " SELECT min(lane) FROM ticket UNION ALL"
    " SELECT (SELECT min(lane) FROM ticket WHERE lane > step.lane) FROM step"
    " WHERE step.lane IS NOT NULL"
    ") SELECT lane FROM step WHERE lane IS NOT NULL"
)
"""From one lane to the next by the index: as many steps as lanes, not as tickets."""


def lanes(connection: Connection, under: str) -> list[str]:
    found = connection.execute(_LANES).scalars()
    return [lane for lane in found if f"{lane}/".startswith(f"{under}/")]


def last_heard(connection: Connection, issuer: str) -> int | None:
    query = select(func.max(SEAL.c.at)).where(SEAL.c.issuer == issuer)
    found: int | None = connection.execute(query).scalar_one()
    return found


def incidents(connection: Connection, limit: int) -> list[Incident]:
    """Content may be megabytes each: it is not even read."""
    columns = [column for column in INCIDENT.c if column is not INCIDENT.c.content]
    query = select(*columns, null().label("content")).order_by(INCIDENT.c.at.desc()).limit(limit)
    return [rows.incident_record(row) for row in connection.execute(query)]


def incident(connection: Connection, incident_id: str) -> Incident | None:
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == incident_id)).one_or_none()
    return rows.incident_record(row) if row else None


def incident_counts(connection: Connection) -> dict[str, int]:
    query = select(INCIDENT.c.code, func.count()).group_by(INCIDENT.c.code)
    return {row[0]: row[1] for row in connection.execute(query)}
