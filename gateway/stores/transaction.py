"""One transaction of a store: look at what a scope names, write what a rule decided.

Synchronous, and the same for every database that SQLAlchemy speaks to; how a connection is
come by, and when it commits, is the business of the store. Statements are built once.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Table,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from gateway.records import (
    OPEN_STATES,
    Changes,
    Known,
    MessageState,
    Scope,
    Settlement,
    Snapshot,
)
from gateway.stores import operators, reading, rows
from gateway.stores.bulk import Bulk, Bulks
from gateway.stores.schema import (
    CASE,
    EPOCH,
    HOLD,
    INCIDENT,
    INTAKE,
    MESSAGE,
    NOTE,
    PART,
    SEAL,
    TICKET,
    WAITING,
)

_KNOWN = select(
    MESSAGE.c.sender, MESSAGE.c.id, MESSAGE.c.digest, MESSAGE.c.state, MESSAGE.c.receipt
)
_WAITING_SIZE = select(
    func.count(), func.coalesce(func.sum(func.length(WAITING.c.record)), 0)
).where(WAITING.c.sender == bindparam("sender"))

_CASE_CHANGES = tuple(
    name for name in rows.CASE_COLUMNS if name not in {"id", "partner", "opened_at", "bucket"}
)
_SETTLE_COLUMNS = {
    "message_id": MESSAGE.c.id,
    **{
        name: MESSAGE.c[name]
        for name in ("state", "seal_id", "position", "receipt", "reason", "settled_at")
    },
}
_GIVE_UP_COLUMNS = {
    "message_id": MESSAGE.c.id,
    "state": MESSAGE.c.state,
    "reason": MESSAGE.c.reason,
}


def _settle(given: FromClause) -> Any:
    """Our own messages take what their receipts say."""
    return (
        update(MESSAGE)
        .where(MESSAGE.c.id == given.c.message_id, MESSAGE.c.direction == _literal("out"))
        .values({name: given.c[name] for name in _SETTLE_COLUMNS if name != "message_id"})
    )


def _expire(given: FromClause) -> Any:
    """Our own messages that hold no receipt yet."""
    return (
        update(MESSAGE)
        .where(
            MESSAGE.c.id.in_(select(given.c.message_id)),
            MESSAGE.c.direction == _literal("out"),
            MESSAGE.c.state == _literal(MessageState.QUEUED.value),
        )
        .values(state=_literal(MessageState.EXPIRED.value))
    )


def _give_up(given: FromClause) -> Any:
    """Our own messages that hold no receipt yet."""
    return (
        update(MESSAGE)
        .where(
            MESSAGE.c.id == given.c.message_id,
            MESSAGE.c.direction == _literal("out"),
            MESSAGE.c.state.in_([_literal(state.value) for state in sorted(OPEN_STATES)]),
        )
        .values(state=given.c.state, reason=given.c.reason)
    )


def _holds_over(given: FromClause) -> Any:
    return delete(HOLD).where(
        exists().where(HOLD.c.case_id == given.c.case_id, HOLD.c.position == given.c.held_from)
    )


def _tickets_done(given: FromClause) -> Any:
    return delete(TICKET).where(TICKET.c.position.in_(select(given.c.done)))


def _waiting_over(given: FromClause) -> Any:
    return delete(WAITING).where(
        exists().where(WAITING.c.id == given.c.message_id, WAITING.c.sender == given.c.sender)
    )


def _or_change(insert: Any) -> Any:
    """A case that is there already takes the new values."""
    changing = {name: insert.excluded[name] for name in _CASE_CHANGES}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changing)


def _or_replace(insert: Any) -> Any:
    """A note under a known key replaces the one before."""
    changing = {name: insert.excluded[name] for name in ("at", "text")}
    return insert.on_conflict_do_update(index_elements=["key"], set_=changing)


def _literal(text: str) -> Any:
    return literal_column(f"'{text}'")


class Transaction:
    """Reads snapshots and writes changes on a connection that somebody else commits."""

    def __init__(self, bulks: Bulks) -> None:
        """`bulks`: how the database takes many rows."""

        def once(table: Table, columns: Sequence[str]) -> Bulk:
            return bulks.insert(table, columns, lambda insert: insert.on_conflict_do_nothing())

        self._messages = _KNOWN.where(bulks.among(MESSAGE.c.id, "ids"))
        self._cases = select(CASE).where(bulks.among(CASE.c.id, "ids"))
        self._numbers = select(CASE).where(bulks.among(CASE.c.number, "numbers"))
        self._intakes = select(INTAKE.c.key).where(bulks.among(INTAKE.c.key, "keys"))
        self._waiting = select(WAITING).where(bulks.among(WAITING.c.case_id, "ids"))
        self._lanes = operators.Lanes(bulks)
        self._upsert_cases = bulks.insert(CASE, rows.CASE_COLUMNS, _or_change)
        self._upsert_notes = bulks.insert(NOTE, rows.NOTE_COLUMNS, _or_replace)
        self._insert_messages = bulks.insert(MESSAGE, rows.MESSAGE_COLUMNS)
        self._insert_parts = bulks.insert(PART, rows.PART_COLUMNS)
        self._insert_tickets = bulks.insert(TICKET, rows.TICKET_COLUMNS)
        self._insert_holds = once(HOLD, rows.HOLD_COLUMNS)
        self._insert_seals = once(SEAL, rows.SEAL_COLUMNS)
        self._insert_epochs = once(EPOCH, ("id", "key", "wrapped"))
        self._insert_intakes = once(INTAKE, ("key", "at"))
        self._insert_waiting = once(WAITING, rows.WAITING_COLUMNS)
        self._insert_incidents = once(INCIDENT, rows.INCIDENT_COLUMNS)
        self._settle = bulks.over(_SETTLE_COLUMNS, _settle)
        self._expire = bulks.over({"message_id": MESSAGE.c.id}, _expire)
        self._give_up = bulks.over(_GIVE_UP_COLUMNS, _give_up)
        self._holds_over = bulks.over(
            {"case_id": HOLD.c.case_id, "held_from": HOLD.c.position}, _holds_over
        )
        self._tickets_done = bulks.over({"done": TICKET.c.position}, _tickets_done)
        self._waiting_over = bulks.over(
            {"sender": WAITING.c.sender, "message_id": WAITING.c.id}, _waiting_over
        )

    # --- look -------------------------------------------------------------------------------

    def look(self, connection: Connection, scope: Scope) -> Snapshot:
        """What the store holds within `scope`."""
        snapshot = Snapshot()
        if scope.messages:
            self._look_at_messages(connection, scope.messages, snapshot)
        if scope.cases:
            for row in connection.execute(self._cases, {"ids": list(scope.cases)}):
                snapshot.cases[row.id] = rows.case_record(row)
        if scope.numbers:
            for row in connection.execute(self._numbers, {"numbers": list(scope.numbers)}):
                snapshot.numbers[row.number] = rows.case_record(row)
        if scope.intakes:
            found = connection.execute(self._intakes, {"keys": list(scope.intakes)})
            snapshot.intakes = frozenset(found.scalars())
        for case_id in scope.history:
            snapshot.history[case_id] = reading.messages(connection, case_id)
        for sender in scope.waiting_of:
            self._look_at_waiting(connection, sender, scope.cases, snapshot)
        self._lanes.look(connection, scope, snapshot)
        return snapshot

    def _look_at_messages(
        self, connection: Connection, keys: Sequence[tuple[str, str]], snapshot: Snapshot
    ) -> None:
        """Two members may use the same id: only the sender that is asked for is shown."""
        wanted, ids = set(keys), [message_id for _, message_id in keys]
        for row in connection.execute(self._messages, {"ids": ids}):
            if (row.sender, row.id) in wanted:
                known = Known(row.digest, MessageState(row.state), row.receipt)
                snapshot.messages[row.sender, row.id] = known

    def _look_at_waiting(
        self, connection: Connection, sender: str, cases: Sequence[str], snapshot: Snapshot
    ) -> None:
        count, size = connection.execute(_WAITING_SIZE, {"sender": sender}).one()
        snapshot.waiting_count[sender] = count
        snapshot.waiting_bytes[sender] = size
        if not count or not cases:
            return
        keys: list[tuple[str, str]] = []
        for row in connection.execute(self._waiting, {"ids": list(cases)}):
            if row.sender == sender:
                waiting = rows.waiting_record(row)
                keys += waiting.names
                snapshot.waiting.setdefault((sender, row.case_id), []).append(waiting)
        if keys:
            self._look_at_messages(connection, keys, snapshot)

    # --- write ------------------------------------------------------------------------------

    def write(self, connection: Connection, changes: Changes, now: int) -> None:
        """Everything of `changes`, in an order that leaves no row without what it names."""
        self._holds_over.execute(connection, changes.holds_over)
        self._insert_holds.execute(connection, [rows.hold_values(hold) for hold in changes.holds])
        # Before new tickets come: what was there stands in front of them.
        operators.reissue(connection, changes.reissued)
        given_up = [(gone.message_id, gone.state.value, gone.reason) for gone in changes.given_up]
        notes = {note.key: rows.note_values(note) for note in changes.notes}
        for statement, given in (
            (self._insert_seals, [rows.seal_values(seal) for seal in changes.seals]),
            (self._insert_epochs, [(e.id, e.key, e.wrapped) for e in changes.epochs]),
            (self._insert_intakes, [(key, now) for key in changes.intakes]),
            (self._upsert_cases, [rows.case_values(case) for case in changes.cases.values()]),
            (self._insert_messages, [rows.message_values(m) for m in changes.messages]),
            (self._insert_parts, [row for m in changes.messages for row in rows.part_values(m)]),
            (self._settle, [_settlement(settled) for settled in changes.settlements]),
            (self._expire, [(message_id,) for message_id in changes.expired]),
            (self._give_up, given_up),
            (self._upsert_notes, list(notes.values())),
            (self._insert_tickets, [rows.ticket_values(ticket) for ticket in changes.tickets]),
            (self._tickets_done, [(position,) for position in changes.tickets_done]),
            (self._insert_waiting, [rows.waiting_values(room) for room in changes.waiting]),
            (self._waiting_over, changes.waiting_over),
            (self._insert_incidents, [rows.incident_values(i) for i in changes.incidents]),
        ):
            statement.execute(connection, given)


def _settlement(settled: Settlement) -> rows.Row:
    return (
        settled.message_id,
        settled.state.value,
        settled.seal_id,
        settled.position,
        settled.receipt,
        settled.reason,
        settled.at,
    )
