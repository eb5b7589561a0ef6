"""Lanes: where a ticket waits, and under which lease it is worked on.

``partner/<code>`` leads to a partner and is worked on under its own name. What goes to the
city's own system waits in ``city/<bucket>/<partner>``: the partner is the other city of the
case, the bucket is given to a case when it is opened and never changes, so a case is in one
lane for life. All lanes of a bucket are worked on under one lease, ``city/<bucket>``.

``city`` alone is the lane of versions before 0.2; what they write there is still served.
"""

import hashlib
from collections.abc import Iterable

from contracts.case import Application
from gateway.ports import Backlog
from gateway.records import CITY_LANE, CaseRecord

CITY_BUCKETS = 8
CITY_LEASES = (CITY_LANE, *(f"{CITY_LANE}/{bucket}" for bucket in range(CITY_BUCKETS)))
"""Everything that a process may be the one to hand over from."""


def bucket_of(application: Application) -> int:
    """The bucket of a case: the district that received it and the matter choose it, so a
    flood of one matter from one district stays in one of a partner's lanes."""
    return _bucket(f"{application.receiving.region}\n{application.matter.base_code}")


def city_lane(partner: str, case_id: str, record: CaseRecord | None) -> str:
    """The lane to the city of a case. One that was opened by an older version, or was never
    opened, has no bucket: its id chooses one, the same every time."""
    bucket = record.bucket if record else None
    return f"{CITY_LANE}/{_bucket(case_id) if bucket is None else bucket}/{partner}"


def to_the_city(lane: str) -> bool:
    return lane == CITY_LANE or lane.startswith(f"{CITY_LANE}/")


def lease_of(lane: str) -> str:
    """Under which name a lane is consumed, leased and announced."""
    return lane.rpartition("/")[0] if lane.count("/") > 1 else lane


def partner_of(lane: str) -> str:
    """The partner whose messages wait there; empty for the lane of older versions."""
    return lane.rpartition("/")[2] if "/" in lane else ""


def shown(lane: str) -> str:
    """As operators see it: buckets are no business of theirs."""
    return f"{CITY_LANE}/{partner_of(lane)}" if lane.count("/") > 1 else lane


def leases_of(lanes: Iterable[str]) -> set[str]:
    return {lease_of(lane) for lane in lanes}


def merged(backlog: Iterable[Backlog]) -> list[Backlog]:
    """As operators see it: one lane to the city for each partner, whatever its buckets."""
    lanes: dict[str, Backlog] = {}
    for each in backlog:
        name = shown(each.lane)
        known = lanes.get(name, Backlog(name, 0, None))
        depth, held = known.depth + each.depth, known.held + each.held
        times = [at for at in (known.oldest_at, each.oldest_at) if at is not None]
        lanes[name] = Backlog(name, depth, min(times, default=None), held)
    return list(lanes.values())


def _bucket(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % CITY_BUCKETS
