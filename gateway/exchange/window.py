"""Window: which tickets go into the next batch. Pure; the courier does the I/O.

Several batches are in flight at once, but a case is in one of them at most: so messages of
a case arrive in order whatever the network does, and no case waits for another.
"""

from bisect import insort
from collections.abc import Sequence

from gateway.records import Ticket


class Window:
    """Tickets that were taken from the lane and are not done yet.

    Times are seconds of one monotonic clock.
    """

    def __init__(self, *, batch_count: int, batch_bytes: int, batch_age: float) -> None:
        """A batch closes at `batch_count` messages, at `batch_bytes` bytes, or when its
        first ticket has been here for `batch_age` seconds, whichever is first."""
        self.batch_count = batch_count
        self._batch_bytes = batch_bytes
        self._batch_age = batch_age
        self._ready: list[Ticket] = []  # in order of position
        self._in_flight: dict[str, int] = {}  # case id -> tickets of it in flight
        self._deferred: dict[str, float] = {}  # case id -> not before
        self._open_since: float | None = None

    def offer(self, tickets: Sequence[Ticket], now: float) -> None:
        """Tickets fresh from the lane, or back from a batch that failed."""
        if self._open_since is None:
            self._open_since = now
        for ticket in tickets:
            insort(self._ready, ticket, key=_position)

    @property
    def waiting(self) -> int:
        """Tickets that are in no batch."""
        return len(self._ready)

    @property
    def in_flight(self) -> int:
        """Cases that are in a batch now."""
        return len(self._in_flight)

    def defer(self, case_id: str, until: float) -> None:
        """The partner would not take this case's next message yet."""
        self._deferred[case_id] = until

    def next_batch(self, now: float, most: int | None = None) -> list[Ticket]:
        """The next batch, of at most `most` messages, which is in flight from now on; empty
        when nothing may go.

        While others are in flight, a batch that is not full waits for its age.
        """
        batch, held, full = self._choose(now, min(most or self.batch_count, self.batch_count))
        if not batch:
            return []
        if not full and self._in_flight and now < self._ripe_at:
            return []
        self._ready = held
        self._open_since = now if held else None
        for ticket in batch:
            self._in_flight[ticket.case_id] = self._in_flight.get(ticket.case_id, 0) + 1
        return batch

    def next_change(self, now: float) -> float | None:
        """Seconds until `next_batch` may say more than now without a new event."""
        if not self._ready:
            return None
        moments = [*self._deferred.values(), *([self._ripe_at] if self._in_flight else [])]
        return min((moment - now for moment in moments if moment > now), default=None)

    def landed(self, batch: Sequence[Ticket]) -> None:
        """The batch is no longer in flight; what is to go again is offered again."""
        for ticket in batch:
            left = self._in_flight[ticket.case_id] - 1
            if left:
                self._in_flight[ticket.case_id] = left
            else:
                del self._in_flight[ticket.case_id]

    @property
    def _ripe_at(self) -> float:
        """When the first ticket of the next batch has been here for `batch_age`."""
        return (self._open_since or 0.0) + self._batch_age

    def _choose(self, now: float, most: int) -> tuple[list[Ticket], list[Ticket], bool]:
        self._deferred = {case: until for case, until in self._deferred.items() if until > now}
        batch: list[Ticket] = []
        held: list[Ticket] = []
        size = 0
        for index, ticket in enumerate(self._ready):
            if batch and (len(batch) >= most or size + ticket.size > self._batch_bytes):
                return batch, held + self._ready[index:], True
            if ticket.case_id in self._in_flight or ticket.case_id in self._deferred:
                held.append(ticket)
                continue
            batch.append(ticket)
            size += ticket.size
        return batch, held, len(batch) >= most


def _position(ticket: Ticket) -> int:
    return ticket.position
