"""Depth: how many tickets wait in each lane, answered in milliseconds however many there are.

A database counts by looking at every row. So up to a bound tickets are counted, and beyond it
estimated, from windows spread evenly over the positions of the lane. What an operator asks of
a lane with more than some thousand tickets is how many about, and whether they grow fewer. A
counter kept beside the tickets would be exact, and one more hot row in every commit, which a
process of an earlier release would not keep.
"""

from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from gateway.ports import Backlog
from gateway.stores.schema import TICKET

COUNTED = 2_000
"""So many tickets of a lane are counted one by one."""

_WINDOWS = 8
_WIDTH = 400  # positions
_HEAD = 2_000  # positions among which the oldest is looked for

_LANE = TICKET.c.lane == bindparam("of_lane")


def _lanes() -> Select[Any]:
    """One look into the index for each lane."""
    lanes = select(func.min(TICKET.c.lane).label("lane")).cte("lanes", recursive=True)
    following = select(func.min(TICKET.c.lane)).where(TICKET.c.lane > lanes.c.lane)
    lanes = lanes.union_all(select(following.scalar_subquery()).where(lanes.c.lane.is_not(None)))
    return select(lanes.c.lane).where(lanes.c.lane.is_not(None))


_LANES = _lanes()
_counted = select(TICKET.c.position).where(_LANE).limit(COUNTED + 1).subquery()
_LOOK = select(
    select(func.count()).select_from(_counted).scalar_subquery(),
    select(func.min(TICKET.c.position)).where(_LANE).scalar_subquery(),
    select(func.max(TICKET.c.position)).where(_LANE).scalar_subquery(),
)
# Between two positions, where a limit would tempt the planner to look for the lane among all.
_OLDEST = select(func.min(TICKET.c.at)).where(
    _LANE,
    TICKET.c.position >= bindparam("first"),
    TICKET.c.position < bindparam("first_not"),
)
_IN_WINDOWS = select(
    _OLDEST.scalar_subquery(),
    *(
        select(func.count())
        .where(
            _LANE,
            TICKET.c.position >= bindparam(f"from_{window}"),
            TICKET.c.position < bindparam(f"to_{window}"),
        )
        .scalar_subquery()
        for window in range(_WINDOWS)
    ),
)


def backlog(connection: Connection) -> list[Backlog]:
    """As `Store.backlog`."""
    found = []
    for lane in connection.execute(_LANES).scalars().all():
        depth, first, last = connection.execute(_LOOK, {"of_lane": lane}).one()
        near = {"of_lane": lane, "first": first, "first_not": first + _HEAD}
        if depth > COUNTED:
            found.append(_about(connection, near, last))
        else:
            found.append(Backlog(lane, depth, connection.execute(_OLDEST, near).scalar_one()))
    return found


def _about(connection: Connection, near: dict[str, Any], last: int) -> Backlog:
    """An estimate, of a lane whose last ticket has position `last`."""
    first = near["first"]
    span = last + 1 - first
    width = min(_WIDTH, span // _WINDOWS)
    starts = [first + (span - width) * window // (_WINDOWS - 1) for window in range(_WINDOWS)]
    windows = {f"from_{window}": start for window, start in enumerate(starts)}
    windows |= {f"to_{window}": start + width for window, start in enumerate(starts)}
    oldest, *counts = connection.execute(_IN_WINDOWS, {**near, **windows}).one()
    depth = round(sum(counts) / (width * _WINDOWS) * span)
    return Backlog(near["of_lane"], max(COUNTED + 1, depth), oldest, about=True)
