"""One transaction of a store: look at what a scope names, write what a rule decided.

Synchronous, and the same for every database that SQLAlchemy speaks to; how a connection is
come by, and when it commits, is the business of the store. Statements are built once.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from gateway.records import (
    CaseRecord,
    Changes,
    Known,
    MessageState,
    Scope,
    Snapshot,
    WaitingRecord,
)
from gateway.stores import rows
from gateway.stores.schema import (
    CASE,
    EPOCH,
    INCIDENT,
    INTAKE,
    MESSAGE,
    PART,
    SEAL,
    TICKET,
    WAITING,
)

_MESSAGES = select(
    MESSAGE.c.sender, MESSAGE.c.id, MESSAGE.c.digest, MESSAGE.c.state, MESSAGE.c.receipt
).where(MESSAGE.c.id.in_(bindparam("ids", expanding=True)))
_CASES = select(CASE).where(CASE.c.id.in_(bindparam("ids", expanding=True)))
_NUMBERS = select(CASE).where(CASE.c.number.in_(bindparam("numbers", expanding=True)))
_INTAKES = select(INTAKE.c.key).where(INTAKE.c.key.in_(bindparam("keys", expanding=True)))
_WAITING = select(WAITING).where(WAITING.c.case_id.in_(bindparam("ids", expanding=True)))
_WAITING_COUNT = (
    select(func.count()).select_from(WAITING).where(WAITING.c.sender == bindparam("sender"))
)

_SETTLE = (
    update(MESSAGE)
    .where(MESSAGE.c.id == bindparam("message_id"), MESSAGE.c.direction == "out")
    .values(
        state=bindparam("new_state"),
        seal_id=bindparam("new_seal"),
        position=bindparam("new_position"),
        receipt=bindparam("new_receipt"),
        reason=bindparam("new_reason"),
        settled_at=bindparam("new_at"),
    )
)
_EXPIRE = (
    update(MESSAGE)
    .where(
        MESSAGE.c.id == bindparam("message_id"),
        MESSAGE.c.direction == "out",
        MESSAGE.c.state == MessageState.QUEUED.value,
    )
    .values(state=MessageState.EXPIRED.value)
)
_TICKET_DONE = delete(TICKET).where(TICKET.c.position == bindparam("done"))
_WAITING_OVER = delete(WAITING).where(
    WAITING.c.id == bindparam("message_id"), WAITING.c.sender == bindparam("message_sender")
)


class Transaction:
    """Reads snapshots and writes changes on a connection that somebody else commits."""

    def __init__(self, insert: Callable[[Table], Any]) -> None:
        """`insert`: the dialect's insert, for `on_conflict_do_nothing` and `…_do_update`."""
        upsert = insert(CASE)
        self._upsert_case = upsert.on_conflict_do_update(
            index_elements=["id"],
            set_={
                name: upsert.excluded[name]
                for name in (
                    "receiving", "handling", "state", "returns_to", "withdrawal_asked",
                    "evaluated", "sent", "taken", "number", "changed_at",
                )
            },
        )  # fmt: skip
        self._insert = {table: insert(table) for table in (MESSAGE, PART, TICKET)}
        self._insert_once = {
            table: insert(table).on_conflict_do_nothing()
            for table in (SEAL, EPOCH, INCIDENT, INTAKE, WAITING)
        }

    # --- look -------------------------------------------------------------------------------

    def look(self, connection: Connection, scope: Scope) -> Snapshot:
        """What the store holds within `scope`."""
        snapshot = Snapshot()
        if scope.messages:
            ids = [message_id for _, message_id in scope.messages]
            for row in connection.execute(_MESSAGES, {"ids": ids}):
                known = Known(row.digest, MessageState(row.state), row.receipt)
                snapshot.messages[row.sender, row.id] = known
        if scope.cases:
            for row in connection.execute(_CASES, {"ids": list(scope.cases)}):
                snapshot.cases[row.id] = rows.case_record(row)
        if scope.numbers:
            for row in connection.execute(_NUMBERS, {"numbers": list(scope.numbers)}):
                snapshot.numbers[row.number] = rows.case_record(row)
        if scope.intakes:
            found = connection.execute(_INTAKES, {"keys": list(scope.intakes)})
            snapshot.intakes = frozenset(found.scalars())
        for sender in scope.waiting_of:
            self._look_at_waiting(connection, sender, scope.cases, snapshot)
        return snapshot

    def _look_at_waiting(
        self, connection: Connection, sender: str, cases: Sequence[str], snapshot: Snapshot
    ) -> None:
        count = connection.execute(_WAITING_COUNT, {"sender": sender}).scalar_one()
        snapshot.waiting_count[sender] = count
        if not count or not cases:
            return
        for row in connection.execute(_WAITING, {"ids": list(cases)}):
            if row.sender == sender:
                room: list[WaitingRecord] = snapshot.waiting.setdefault(row.case_id, [])
                room.append(rows.waiting_record(row))

    # --- write ------------------------------------------------------------------------------

    def write(self, connection: Connection, changes: Changes, now: int) -> None:
        """Everything of `changes`, in an order that leaves no row without what it names."""
        self._many(
            connection, self._insert_once[SEAL], [rows.seal_values(s) for s in changes.seals]
        )
        self._epochs(connection, changes, now)
        self._cases(connection, list(changes.cases.values()))
        self._messages(connection, changes)
        self._tickets(connection, changes)
        self._many(
            connection,
            self._insert_once[WAITING],
            [rows.waiting_values(waiting) for waiting in changes.waiting],
        )
        self._many(
            connection,
            _WAITING_OVER,
            [{"message_id": i, "message_sender": s} for s, i in changes.waiting_over],
        )
        self._many(
            connection,
            self._insert_once[INCIDENT],
            [rows.incident_values(incident) for incident in changes.incidents],
        )

    def _epochs(self, connection: Connection, changes: Changes, now: int) -> None:
        self._many(
            connection,
            self._insert_once[EPOCH],
            [{"id": e.id, "key": e.key, "wrapped": e.wrapped} for e in changes.epochs],
        )
        self._many(
            connection,
            self._insert_once[INTAKE],
            [{"key": key, "at": now} for key in changes.intakes],
        )

    def _cases(self, connection: Connection, records: Sequence[CaseRecord]) -> None:
        values = [rows.case_values(record) for record in records]
        self._many(connection, self._upsert_case, values)

    def _messages(self, connection: Connection, changes: Changes) -> None:
        self._many(
            connection, self._insert[MESSAGE], [rows.message_values(m) for m in changes.messages]
        )
        parts = [values for m in changes.messages for values in rows.part_values(m)]
        self._many(connection, self._insert[PART], parts)
        self._many(
            connection,
            _SETTLE,
            [
                {
                    "message_id": s.message_id,
                    "new_state": s.state.value,
                    "new_seal": s.seal_id,
                    "new_position": s.position,
                    "new_receipt": s.receipt,
                    "new_reason": s.reason,
                    "new_at": s.at,
                }
                for s in changes.settlements
            ],
        )
        self._many(connection, _EXPIRE, [{"message_id": i} for i in changes.expired])

    def _tickets(self, connection: Connection, changes: Changes) -> None:
        self._many(
            connection, self._insert[TICKET], [rows.ticket_values(t) for t in changes.tickets]
        )
        self._many(connection, _TICKET_DONE, [{"done": p} for p in changes.tickets_done])

    def _many(self, connection: Connection, statement: Any, values: list[rows.Values]) -> None:
        if values:
            connection.execute(statement, values)
