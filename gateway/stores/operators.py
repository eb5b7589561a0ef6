"""What operators do to lanes, in SQL: tickets and holds looked at, tickets sent to the end.

On a connection of its caller, who commits. Couriers look here before each batch, so that what
is held, or was taken out of its lane, is not sent by a process that had it in memory.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    bindparam,
    delete,
    distinct,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from gateway.records import Hold, Note, Scope, Snapshot, Ticket
from gateway.stores import rows
from gateway.stores.bulk import Bulks
from gateway.stores.doubt import UNDER
from gateway.stores.schema import HOLD, NOTE, TICKET

_NAMED = (
    select(TICKET)
    .where(or_(TICKET.c.message_id == bindparam("name"), TICKET.c.case_id == bindparam("name")))
    .order_by(TICKET.c.position)
)
_HOLDS = (
    select(HOLD, TICKET.c.position.label("ticket"))
    .outerjoin(TICKET, TICKET.c.position == HOLD.c.position)
    .order_by(HOLD.c.at, HOLD.c.position)
)
_HELD = (
    select(TICKET.c.lane, func.count(distinct(TICKET.c.position)))
    .join(
        HOLD,
        (HOLD.c.case_id == TICKET.c.case_id)
        & HOLD.c.lane.in_(("", TICKET.c.lane))
        & (HOLD.c.position <= TICKET.c.position),
    )
    .group_by(TICKET.c.lane)
)


class Lanes:
    """Looks at tickets and holds. Every batch passes here: see `Bulk`."""

    def __init__(self, bulks: Bulks) -> None:
        def at(given: FromClause) -> Select[Any]:
            return select(TICKET.c.position).where(TICKET.c.position.in_(select(given.c.place)))

        self._tickets_at = bulks.over({"place": TICKET.c.position}, at)
        self._tickets_of = (
            select(TICKET).where(bulks.among(TICKET.c.case_id, "ids")).order_by(TICKET.c.position)
        )
        self._any_hold = str(select(HOLD.c.position).limit(literal_column("1")))
        self._holds_of = _HOLDS.where(bulks.among(HOLD.c.case_id, "ids"))

    def look(self, connection: Connection, scope: Scope, snapshot: Snapshot) -> None:
        """Tickets and holds of `scope` into the snapshot."""
        if scope.tickets:
            places = [(position,) for position in scope.tickets]
            found = self._tickets_at.fetch(connection, places)
            snapshot.standing = frozenset([row[0] for row in found])
        if scope.tickets_of:
            for row in connection.execute(self._tickets_of, {"ids": list(scope.tickets_of)}):
                snapshot.tickets[row.position] = rows.ticket_record(row)
        if scope.holds and self._holds_anything(connection):
            for row in connection.execute(self._holds_of, {"ids": list(scope.holds)}):
                snapshot.holds.setdefault(row.case_id, []).append(rows.hold_record(row))

    def _holds_anything(self, connection: Connection) -> bool:
        """Nearly always nothing is held, and nobody has to ask for each case."""
        return connection.exec_driver_sql(self._any_hold).first() is not None


def reissue(connection: Connection, positions: Sequence[int]) -> None:
    """Each ticket to the end of its lane, in this order, and its hold with it. A few: one by
    one. A consumer that forgot a ticket because it was held takes it again."""
    columns = [TICKET.c[name] for name in rows.TICKET_COLUMNS]
    for position in positions:
        same = select(*columns).where(TICKET.c.position == position)
        again = insert(TICKET).from_select(list(rows.TICKET_COLUMNS), same)
        new = connection.execute(again.returning(TICKET.c.position)).scalar_one_or_none()
        if new is None:
            continue  # done meanwhile
        connection.execute(update(HOLD).where(HOLD.c.position == position).values(position=new))
        connection.execute(delete(TICKET).where(TICKET.c.position == position))


def tickets_of(connection: Connection, name: str) -> list[Ticket]:
    return [rows.ticket_record(row) for row in connection.execute(_NAMED, {"name": name})]


def holds(connection: Connection) -> list[Hold]:
    return [rows.hold_record(row) for row in connection.execute(_HOLDS)]


def notes(connection: Connection, prefix: str) -> list[Note]:
    begins = NOTE.c.key.startswith(prefix, autoescape=True)
    ours = NOTE.c.key.startswith(UNDER, autoescape=True)  # the marks of `doubt`, no notes
    query = select(NOTE).where(begins, ~ours).order_by(NOTE.c.key)
    return [rows.note_record(row) for row in connection.execute(query)]


def held(connection: Connection) -> dict[str, int]:
    """How many tickets of each lane are held. Nearly always nothing is, and this is quick."""
    if connection.execute(select(HOLD.c.case_id).limit(1)).first() is None:
        return {}
    return {row[0]: row[1] for row in connection.execute(_HELD)}
