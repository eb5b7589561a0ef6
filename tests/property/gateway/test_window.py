"""The window: whatever lands, fails or is deferred, a case stays in order and nothing is lost."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.exchange.window import Window
from gateway.records import Ticket

CASES = ["a", "b", "c", "d"]
COUNT, BYTES, AGE = 4, 1000, 0.5


def ticket(position: int, case: str, size: int = 10) -> Ticket:
    return Ticket("partner/440100", f"m{position}", "410100", case, 0, size, position)


@dataclass
class Flight:
    batch: list[Ticket]
    cases: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.cases = {each.case_id for each in self.batch}


class AnyDayOfAWindow(RuleBasedStateMachine):
    """Tickets come, batches leave, land, fail in whole or in part, and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(batch_count=COUNT, batch_bytes=BYTES, batch_age=AGE)
        self.now = 0.0
        self.given = 0
        self.flights: list[Flight] = []
        self.waiting: list[Ticket] = []
        self.done: list[Ticket] = []
        self.deferred: dict[str, float] = {}

    @rule(cases=st.lists(st.sampled_from(CASES), min_size=1, max_size=6), size=st.integers(1, 600))
    def tickets_come(self, cases: list[str], size: int) -> None:
        new = [ticket(self.given + i + 1, case, size) for i, case in enumerate(cases)]
        self.given += len(new)
        self.waiting += new
        self.window.offer(new, self.now)

    @rule(seconds=st.floats(0.0, 1.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_batch_leaves(self) -> None:
        batch = self.window.next_batch(self.now)
        if not batch:
            self._nothing_could_leave()
            return
        positions = [each.position for each in batch]
        assert positions == sorted(positions)
        assert len(batch) <= COUNT
        assert len(batch) == 1 or sum(each.size for each in batch) <= BYTES
        flight = Flight(batch)
        for other in self.flights:
            assert flight.cases.isdisjoint(other.cases), "a case is in two batches at once"
        for case in flight.cases:
            assert self.deferred.get(case, 0.0) <= self.now, "a deferred case left too early"
            waiting = [each.position for each in self.waiting if each.case_id == case]
            leaving = [each.position for each in batch if each.case_id == case]
            assert leaving == sorted(waiting)[: len(leaving)], "a case overtook itself"
        self.waiting = [each for each in self.waiting if each not in batch]
        self.flights.append(flight)

    def _nothing_could_leave(self) -> None:
        """Why not? And then the window must not ask to be looked at again at once."""
        in_flight = {case for flight in self.flights for case in flight.cases}
        free = [
            each
            for each in self.waiting
            if each.case_id not in in_flight and self.deferred.get(each.case_id, 0) <= self.now
        ]
        assert not free or self.flights, "with nothing in flight, what may go goes at once"
        assert len(free) < COUNT, "a full batch waits for nothing"
        pause = self.window.next_change(self.now)
        assert pause is None or pause > 0, "a loop that asks again at once never rests"
        if free:
            assert pause is not None
            assert pause <= AGE + 1e-9, "a batch that is not full waits for its age and no longer"

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def a_batch_lands(self, data: st.DataObject) -> None:
        """All of it is settled, or all but the end of one case, or none of it."""
        flight = data.draw(st.sampled_from(self.flights))
        self.flights.remove(flight)
        settled = data.draw(st.integers(0, len(flight.batch)))
        again = flight.batch[settled:]
        for case in {each.case_id for each in again}:
            if data.draw(st.booleans()):
                self.deferred[case] = self.now + 1.0
                self.window.defer(case, self.now + 1.0)
        self.window.landed(flight.batch)
        self.window.offer(again, self.now)
        self.done += flight.batch[:settled]
        self.waiting += again

    @invariant()
    def nothing_is_lost(self) -> None:
        in_flight = [each for flight in self.flights for each in flight.batch]
        assert self.window.waiting == len(self.waiting)
        assert self.window.in_flight == len({each.case_id for each in in_flight})
        everything = [*self.waiting, *in_flight, *self.done]
        assert sorted(each.position for each in everything) == list(range(1, self.given + 1))

    @invariant()
    def each_case_is_done_in_order(self) -> None:
        for case in CASES:
            positions = [each.position for each in self.done if each.case_id == case]
            assert positions == sorted(positions)


TestAnyDayOfAWindow = AnyDayOfAWindow.TestCase


def test_a_case_whose_message_is_in_flight_does_not_make_the_window_spin() -> None:
    window = Window(batch_count=COUNT, batch_bytes=BYTES, batch_age=AGE)
    window.offer([ticket(1, "a")], now=0.0)
    assert window.next_batch(0.0) == [ticket(1, "a")]
    window.offer([ticket(2, "a")], now=0.0)
    assert window.next_batch(10.0) == []
    assert window.next_change(10.0) is None  # only the landing of the first can change that


def test_a_batch_that_is_not_full_waits_for_its_age_while_others_fly() -> None:
    window = Window(batch_count=COUNT, batch_bytes=BYTES, batch_age=AGE)
    window.offer([ticket(1, "a")], now=0.0)
    window.next_batch(0.0)
    window.offer([ticket(2, "b")], now=1.0)
    assert window.next_batch(1.0) == []
    assert window.next_change(1.0) == AGE
    assert window.next_batch(1.0 + AGE) == [ticket(2, "b")]


def test_one_ticket_larger_than_a_batch_still_goes() -> None:
    window = Window(batch_count=COUNT, batch_bytes=BYTES, batch_age=AGE)
    window.offer([ticket(1, "a", BYTES * 2), ticket(2, "b")], now=0.0)
    assert window.next_batch(0.0) == [ticket(1, "a", BYTES * 2)]
