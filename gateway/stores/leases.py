"""Leases: one consumer a lane, taken over when it no longer renews.

All leases are of one length. One that ends further ahead than two lengths was given while the
clock was wrong: whoever holds it may be dead, and would keep the others out until then.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select

from gateway.records import LeaseRecord
from gateway.stores.schema import LANE


def lease(
    connection: Connection,
    insert: Callable[[Table], Any],
    lane: str,
    owner: str,
    now: int,
    until: int,
) -> bool:
    """Whether `owner` holds `lane` until `until` (milliseconds) from now on."""
    row = insert(LANE).values(lane=lane, owner=owner, until=until)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["lane"],
            set_={"owner": owner, "until": until},
            where=or_(
                LANE.c.owner == owner, LANE.c.until <= now, LANE.c.until > until + (until - now)
            ),
        )
    )
    holder = connection.execute(select(LANE.c.owner).where(LANE.c.lane == lane)).scalar_one()
    return bool(holder == owner)


def release(connection: Connection, lane: str, owner: str) -> None:
    connection.execute(delete(LANE).where(LANE.c.lane == lane, LANE.c.owner == owner))


def below(connection: Connection, under: str) -> list[LeaseRecord]:
    query = select(LANE).where(LANE.c.lane.startswith(f"{under}/", autoescape=True))
    return [LeaseRecord(row.lane, row.owner, row.until) for row in connection.execute(query)]
