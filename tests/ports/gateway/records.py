"""Records for the suites: one of each, with whatever a test wants different."""

from typing import Any

from contracts.case import Case, State
from gateway.ports import Store, Verdict
from gateway.records import (
    CaseRecord,
    Changes,
    Direction,
    Incident,
    MessageRecord,
    MessageState,
    PartRecord,
    Scope,
    SealOf,
    SealRecord,
    Settlement,
    Ticket,
    WaitingRecord,
)

US, THEM, OTHERS = "410100", "440100", "430100"
CASE_ID = "0190f5b4-0000-7000-8000-000000000001"
ANOTHER = "0190f5b4-0000-7000-8000-000000000002"


def message(message_id: str, **different: Any) -> MessageRecord:
    values: dict[str, Any] = {
        "id": message_id,
        "sender": US,
        "receiver": THEM,
        "direction": Direction.OUT,
        "case_id": CASE_ID,
        "kind": "case.submit",
        "sequence": 1,
        "state": MessageState.QUEUED,
        "envelope": '{"姓名":"𠮷田"}'.encode(),
        "digest": message_id.encode().ljust(32, b"\0"),
        "recorded_at": 1_000,
        "expires_at": 9_000,
        "parts": (PartRecord("body", "application/json", b"\x00sealed\xff"),),
    }
    return MessageRecord(**{**values, **different})


def received(message_id: str, **different: Any) -> MessageRecord:
    values: dict[str, Any] = {
        "sender": THEM,
        "receiver": US,
        "direction": Direction.IN,
        "state": MessageState.TAKEN,
        "receipt": b"taken",
        "seal_id": "seal",
        "position": 0,
    }
    return message(message_id, **{**values, **different})


def case(case_id: str = CASE_ID, **different: Any) -> CaseRecord:
    values: dict[str, Any] = {
        "id": case_id,
        "partner": THEM,
        "case": Case(id=case_id, receiving=US, handling=THEM, state=State.SUBMITTED),
        "sent": 1,
        "taken": 0,
        "number": f"收-𠮷-{case_id}",
        "opened_at": 1_000,
        "changed_at": 1_000,
    }
    return CaseRecord(**{**values, **different})


def ticket(message_id: str, lane: str = "city", **different: Any) -> Ticket:
    values: dict[str, Any] = {"sender": US, "case_id": CASE_ID, "at": 1_000, "size": 7}
    return Ticket(lane=lane, message_id=message_id, **{**values, **different})


def seal(seal_id: str, *leaves: bytes, issuer: str = THEM, at: int = 1_000) -> SealRecord:
    return SealRecord(
        seal_id, SealOf.RECEIPTS, issuer, US, f"token of {seal_id}", b"".join(leaves), at
    )


def settlement(message_id: str, state: MessageState, reason: str | None = None) -> Settlement:
    return Settlement(message_id, state, "batch-seal", 3, b"the receipt", reason, 5_000)


def waiting(message_id: str, **different: Any) -> WaitingRecord:
    return WaitingRecord(received(message_id, receipt=None, **different), None, 2_000)


def incident(incident_id: str, **different: Any) -> Incident:
    values: dict[str, Any] = {
        "at": 1_000,
        "code": "message.conflict",
        "partner": THEM,
        "detail": "其他字节 𠮷",
        "where": {"sequence": "3"},
        "message_id": "m1",
        "content": b"\x00raw",
    }
    return Incident(id=incident_id, **{**values, **different})


async def write(store: Store, **changes: Any) -> None:
    """Commit these changes, whatever the store holds."""
    await store.apply(Scope(), lambda _: Verdict(Changes(**changes), None))
