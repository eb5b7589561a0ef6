"""Turns: from which lane the city gets its next documents. Pure; `hand_over` does the I/O.

Partners take turns, whatever each of them has waiting, and within a partner its lanes do. So a
partner that sends ten thousand documents delays another's one by a turn, and a district that
floods one of its city's lanes delays the other lanes of that city by a turn of theirs.
"""

from collections.abc import Collection

from gateway.lanes import partner_of


class Turns:
    """Remembers who was served last."""

    def __init__(self) -> None:
        self._partner = ""
        self._lanes: dict[str, str] = {}  # partner -> its lane that was served last

    def next(self, lanes: Collection[str]) -> str:
        """The lane whose turn it is, of those that have tickets; there must be one."""
        by_partner: dict[str, list[str]] = {}
        for lane in lanes:
            by_partner.setdefault(partner_of(lane), []).append(lane)
        self._partner = _after(self._partner, by_partner)
        lane = _after(self._lanes.get(self._partner, ""), by_partner[self._partner])
        self._lanes[self._partner] = lane
        return lane


def _after(last: str, names: Collection[str]) -> str:
    """The first of `names` after `last`, in a circle."""
    return min((name for name in names if name > last), default=min(names))
