"""Depth: how many tickets wait in each lane, answered in milliseconds however many there are.

A database counts by looking at every row. So up to a bound tickets are counted, and beyond it
estimated, from windows spread evenly over the positions of the lane. What an operator asks of
a lane with thousands of tickets is how many about, and whether they grow fewer. A counter
kept beside the tickets would be exact, and one more hot row in every commit, which a process
of an earlier release would not keep.
"""

from sqlalchemy import Connection, text

from gateway.ports import Backlog
from gateway.stores import operators

COUNTED = 2_000
"""So many tickets of a lane are counted one by one."""

_WINDOWS = 16
_WIDTH = COUNTED // _WINDOWS  # positions; all windows together fit into a lane that is longer
_HEAD = 2_000  # positions among which the oldest ticket is looked for

# One question, for each costs a turn of the network. Every step of it reads a bounded piece of
# the index by lane and position: `lanes` jumps from one to the next; ranges of positions have both
# ends, where a limit would tempt a planner to look for the lane among all tickets.
_BACKLOG = text(f"""
WITH RECURSIVE lanes (lane) AS (
    SELECT min(lane) FROM ticket
    UNION ALL
    SELECT (SELECT min(t.lane) FROM ticket t WHERE t.lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL
), ends (lane, head, tail) AS MATERIALIZED (
    SELECT lane, (SELECT min(t.position) FROM ticket t WHERE t.lane = lanes.lane),
        (SELECT max(t.position) FROM ticket t WHERE t.lane = lanes.lane)
    FROM lanes WHERE lane IS NOT NULL
), looked (lane, head, span, counted, oldest) AS MATERIALIZED (
    SELECT lane, head, tail + 1 - head,
        (SELECT count(*) FROM (
            SELECT 1 FROM ticket t WHERE t.lane = ends.lane LIMIT {COUNTED + 1}
        ) AS found),
        (SELECT min(t.at) FROM ticket t WHERE t.lane = ends.lane
            AND t.position >= ends.head AND t.position < ends.head + {_HEAD})
    FROM ends
), windows (number) AS (
    SELECT 0 UNION ALL SELECT number + 1 FROM windows WHERE number < {_WINDOWS - 1}
), places (lane, start) AS MATERIALIZED (
    SELECT lane, head + (span - {_WIDTH}) * number / {_WINDOWS - 1} FROM looked, windows
    WHERE counted > {COUNTED}
), seen (lane, counted) AS (
    SELECT lane, (SELECT count(*) FROM ticket t WHERE t.lane = places.lane
        AND t.position >= places.start AND t.position < places.start + {_WIDTH})
    FROM places
)
SELECT lane, counted, oldest, span,
    (SELECT sum(seen.counted) FROM seen WHERE seen.lane = looked.lane)
FROM looked
""")  # noqa: S608 - made of our own numbers


def backlog(connection: Connection) -> list[Backlog]:
    """As `Store.backlog`."""
    held = operators.held(connection)
    found = []
    for lane, counted, oldest, span, seen in connection.execute(_BACKLOG):
        depth = counted if seen is None else _estimate(int(seen), span)
        found.append(Backlog(lane, depth, oldest, held.get(lane, 0), about=seen is not None))
    return found


def _estimate(seen: int, span: int) -> int:
    """How many there are in `span` positions, when `seen` are in all windows."""
    return max(COUNTED + 1, round(seen * span / (_WIDTH * _WINDOWS)))
