"""Depth: how many tickets wait in each lane, answered in milliseconds however many there are.

A database counts by looking at every row. So up to a bound tickets are counted, and beyond it
estimated, from windows spread evenly over the positions of the lane. What an operator asks of
a lane with more than ten thousand tickets is how many about, and whether they grow fewer. A
counter kept beside the tickets would be exact, and one more hot row in every commit, which a
process of an earlier release would not keep.
"""

from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from gateway.ports import Backlog
from gateway.stores.schema import TICKET

COUNTED = 10_000
"""So many tickets of a lane are counted one by one."""

_WINDOWS = 16
_WIDTH = 1_000  # positions
_FIRST = 1_000  # tickets among which the oldest is looked for

_LANE = TICKET.c.lane == bindparam("of_lane")


def _lanes() -> Select[Any]:
    """One look into the index for each lane."""
    lanes = select(func.min(TICKET.c.lane).label("lane")).cte("lanes", recursive=True)
    following = select(func.min(TICKET.c.lane)).where(TICKET.c.lane > lanes.c.lane)
    lanes = lanes.union_all(select(following.scalar_subquery()).where(lanes.c.lane.is_not(None)))
    return select(lanes.c.lane).where(lanes.c.lane.is_not(None))


_LANES = _lanes()
_COUNT = select(func.count()).select_from(
    select(TICKET.c.position).where(_LANE).limit(COUNTED + 1).subquery()
)
_OLDEST = select(
    func.min(
        select(TICKET.c.at).where(_LANE).order_by(TICKET.c.position).limit(_FIRST).subquery().c.at
    )
)
_ENDS = select(
    select(func.min(TICKET.c.position)).where(_LANE).scalar_subquery(),
    select(func.max(TICKET.c.position)).where(_LANE).scalar_subquery(),
)
_IN_WINDOWS = select(
    *(
        select(func.count())
        .where(
            _LANE,
            TICKET.c.position >= bindparam(f"from_{window}"),
            TICKET.c.position < bindparam(f"to_{window}"),
        )
        .scalar_subquery()
        for window in range(_WINDOWS)
    )
)


def backlog(connection: Connection) -> list[Backlog]:
    """As `Store.backlog`."""
    found = []
    for lane in connection.execute(_LANES).scalars().all():
        of_lane = {"of_lane": lane}
        depth = connection.execute(_COUNT, of_lane).scalar_one()
        oldest = connection.execute(_OLDEST, of_lane).scalar_one()
        about = depth > COUNTED
        found.append(Backlog(lane, _about(connection, lane) if about else depth, oldest, about))
    return found


def _about(connection: Connection, lane: str) -> int:
    first, last = connection.execute(_ENDS, {"of_lane": lane}).one()
    span = last + 1 - first
    width = min(_WIDTH, span // _WINDOWS)
    starts = [first + (span - width) * window // (_WINDOWS - 1) for window in range(_WINDOWS)]
    windows = {f"from_{window}": start for window, start in enumerate(starts)}
    windows |= {f"to_{window}": start + width for window, start in enumerate(starts)}
    counted = sum(connection.execute(_IN_WINDOWS, {"of_lane": lane, **windows}).one())
    estimate: int = max(COUNTED + 1, round(counted / (width * _WINDOWS) * span))
    return estimate
