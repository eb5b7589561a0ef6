"""Handing over: the city gets every message in order, or an operator hears why not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from adapters.adapter import Loss
from contracts.errors import DocumentRejected
from contracts.messages import Kind
from gateway.exchange.hand_over import HandOver
from gateway.exchange.holding import Holding, Order, Subject
from gateway.exchange.pack import pack
from gateway.ports import Verdict
from gateway.queues.embedded import EmbeddedQueue
from gateway.records import (
    CITY_LANE,
    Changes,
    MessageState,
    Scope,
    Settlement,
    Ticket,
    partner_lane,
)
from gateway.simulation.drafts import said, submission
from gateway.simulation.front_end import MemoryConnector, ToldAdapter
from gateway.simulation.loop import simulate
from tests.unit.gateway.stage import (
    ELSEWHERE,
    HERE,
    THERE,
    City,
    keep_lease,
    to_the_city,
    two_cities,
)


class Counter:
    """The handling city, to which messages come, and its own system."""

    def __init__(self) -> None:
        self.here, self.there = two_cities()
        self.adapter = ToldAdapter(THERE)
        self.connector = MemoryConnector()

    async def comes(self, *kinds: Kind) -> str:
        """A case with these further messages of the receiving city arrives."""
        case_id = await self.here.opens("1")
        for kind in kinds:
            await self.here.submit(said("1", kind, self.here.clock.now()))
        tickets = await self.here.store.tickets(partner_lane(THERE), 0, 10)
        ids = [ticket.message_id for ticket in tickets]
        packed = await pack(self.here.home, THERE, await self.here.store.outgoing(ids))
        await self.there.receive(packed.body)
        return case_id

    def runs(self, *scenes: Callable[[], Awaitable[object]], city: City | None = None) -> None:
        """`HandOver` for two minutes of simulated time, after the first scene."""
        at = city or self.there
        hand_over = HandOver(at.home, at.store, at.queue, self.adapter, self.connector)

        async def play() -> None:
            first, *others = scenes
            await first()
            running = asyncio.create_task(hand_over.run())
            for scene in others:
                await scene()
            await at.clock.sleep(120.0)
            assert not running.done(), running
            hand_over.stop()
            await running

        simulate(play, at.clock)

    def left(self, city: City | None = None) -> Sequence[Ticket]:
        return asyncio.run(to_the_city((city or self.there).store))

    def incidents(self) -> list[str]:
        return [each.code for each in asyncio.run(self.there.store.incidents(limit=10))]


def test_messages_reach_the_city_in_order_with_what_was_applied_for() -> None:
    counter = Counter()
    counter.runs(lambda: counter.comes(Kind.REMIND, Kind.WITHDRAW))
    kinds = [draft.kind for draft in counter.adapter.written]
    assert kinds == [Kind.SUBMIT, Kind.REMIND, Kind.WITHDRAW]
    first, *others = counter.adapter.written
    assert first.application is None, "it is the application"
    assert all(each.application is not None for each in others)
    assert len(counter.connector.handed_over) == 3
    assert counter.left() == []
    assert counter.incidents() == []


def test_the_city_knows_the_case_by_the_number_it_was_handed_over_under() -> None:
    counter = Counter()
    numbers: list[str] = []

    async def scene() -> None:
        numbers.append(await counter.comes())

    counter.runs(scene)
    assert [draft.number for draft in counter.adapter.written] == numbers


def test_what_the_format_cannot_say_is_handed_over_and_told_to_the_operator() -> None:
    counter = Counter()
    counter.adapter.losses = [Loss("application.remark", "no place for it")]
    counter.runs(counter.comes)
    assert len(counter.connector.handed_over) == 1
    assert counter.incidents() == ["document.not_carried"]


def test_a_message_that_cannot_be_written_does_not_hold_up_the_rest() -> None:
    counter = Counter()
    counter.adapter.cannot_write = DocumentRejected("名称过长", code="document.invalid")
    counter.runs(lambda: counter.comes(Kind.REMIND))
    assert counter.connector.handed_over == {}
    assert counter.incidents() == ["document.invalid"] * 2
    assert counter.left() == []


def test_a_fault_of_our_own_is_told_to_the_operator_and_stops_nothing() -> None:
    counter = Counter()

    def write(_draft: object) -> object:
        raise ZeroDivisionError

    counter.adapter = type("Faulty", (), {"city": THERE, "write": staticmethod(write)})()
    counter.runs(counter.comes)
    assert counter.incidents() == ["internal"]
    assert counter.left() == []


def test_while_the_share_is_gone_messages_wait_in_order() -> None:
    counter = Counter()
    counter.connector.broken = True

    async def mend_it() -> None:
        await counter.there.clock.sleep(20.0)
        assert len(await to_the_city(counter.there.store)) == 2
        counter.connector.broken = False

    counter.runs(lambda: counter.comes(Kind.REMIND), mend_it)
    assert len(counter.connector.handed_over) == 2
    assert counter.left() == []


def test_what_is_held_is_passed_by_however_much_it_is_until_somebody_lets_it_go() -> None:
    counter = Counter()
    holding = Holding(counter.there.home, counter.there.store, counter.there.queue)
    cases: list[str] = []

    async def scene() -> None:
        cases.extend([await counter.here.opens(str(number)) for number in range(7)])
        tickets = await counter.here.store.tickets(partner_lane(THERE), 0, 10)
        outgoing = await counter.here.store.outgoing([ticket.message_id for ticket in tickets])
        await counter.there.receive((await pack(counter.here.home, THERE, outgoing)).body)
        for case_id in cases[:-1]:
            await holding.hold(Subject(case_id), Order("wang", "先核对"))

    async def let_go() -> None:
        await counter.there.clock.sleep(20.0)
        assert [draft.number for draft in counter.adapter.written] == [cases[-1]]
        for case_id in cases[:-1]:
            await holding.release(Subject(case_id))

    counter.runs(scene, let_go)
    assert [draft.number for draft in counter.adapter.written] == [cases[-1], *cases[:-1]]
    assert counter.left() == []


async def settled(city: City, state: MessageState, reason: str | None) -> str:
    """A message of the city came to an end that it must hear of."""
    await city.opens("7")
    (ticket,) = await city.store.tickets(partner_lane(THERE), 0, 10)
    receipt = Settlement(ticket.message_id, state, "seal", 0, b"receipt", reason, 1)
    told = Ticket(CITY_LANE, ticket.message_id, HERE, ticket.case_id, 1)
    changes = Changes(settlements=[receipt], tickets=[told])
    await city.store.apply(Scope(), lambda _: Verdict(changes, None))
    return ticket.message_id


def test_the_city_hears_that_its_message_was_refused_and_why() -> None:
    counter, city = Counter(), City(HERE)
    counter.runs(lambda: settled(city, MessageState.REFUSED, "matter.unknown"), city=city)
    (notice,) = counter.connector.notices
    assert (notice.code, notice.number, notice.kind) == ("matter.unknown", "7", "case.submit")
    assert notice.remedy_zh
    assert counter.left(city) == []


def test_the_city_hears_that_a_message_was_taken_after_it_had_been_given_back() -> None:
    counter, city = Counter(), City(HERE)
    counter.runs(lambda: settled(city, MessageState.TAKEN, None), city=city)
    (notice,) = counter.connector.notices
    assert notice.code == "delivered.late"


def test_a_reason_that_only_a_newer_partner_knows_is_told_all_the_same() -> None:
    counter, city = Counter(), City(HERE)
    counter.runs(lambda: settled(city, MessageState.REFUSED, "future.code"), city=city)
    (notice,) = counter.connector.notices
    assert notice.code == "future.code"
    assert notice.zh


# --- fair shares, and lanes of older versions ---------------------------------------------------


async def arrives(counter: Counter, sender: City, count: int) -> list[str]:
    """So many cases of `sender` come to the handling city; their messages, in order."""
    for number in range(count):
        await sender.opens(f"{sender.code}-{number}")
    tickets = await sender.store.tickets(partner_lane(THERE), 0, count)
    ids = [ticket.message_id for ticket in tickets]
    for start in range(0, count, 100):
        outgoing = await sender.store.outgoing(ids[start : start + 100])
        packed = await pack(sender.home, THERE, outgoing)
        await counter.there.receive(packed.body)
    return ids


def test_a_flood_of_one_partner_does_not_keep_another_waiting() -> None:
    counter = Counter()
    one: list[str] = []

    async def scene() -> None:
        await arrives(counter, counter.here, 500)
        one.extend(await arrives(counter, City(ELSEWHERE, counter.here.clock), 1))

    counter.runs(scene)
    handed_over = list(counter.connector.handed_over)
    assert len(handed_over) == 501
    assert handed_over.index(one[0]) < 10


def test_a_case_stays_in_its_lane_whatever_is_said_about_it() -> None:
    counter = Counter()
    asyncio.run(counter.comes(Kind.REMIND, Kind.WITHDRAW))
    assert len({ticket.lane for ticket in counter.left()}) == 1


async def in_the_old_lane(city: City, tickets: Sequence[Ticket]) -> None:
    """As if an older version had written these tickets, after those that are there."""
    moved = [replace(ticket, lane=CITY_LANE) for ticket in tickets]
    done = [ticket.position for ticket in tickets]
    changes = Changes(tickets=moved, tickets_done=done)
    await city.store.apply(Scope(), lambda _: Verdict(changes, None))


def test_what_an_older_version_wrote_is_handed_over_in_its_place() -> None:
    """Of three messages of a case an older version took the second and the third, or only the
    third, while newer ones took the rest."""
    for of_older_ones in (slice(1, 3), slice(2, 3), slice(0, 3)):
        counter = Counter()

        async def scene(counter: Counter = counter, which: slice = of_older_ones) -> None:
            await counter.comes(Kind.REMIND, Kind.WITHDRAW)
            tickets = await to_the_city(counter.there.store)
            await in_the_old_lane(counter.there, tickets[which])

        counter.runs(scene)
        kinds = [draft.kind for draft in counter.adapter.written]
        assert kinds == [Kind.SUBMIT, Kind.REMIND, Kind.WITHDRAW], of_older_ones
        assert counter.left() == []


def test_what_came_after_an_older_version_wrote_waits_for_that() -> None:
    counter = Counter()
    older: list[asyncio.Task[None]] = []

    async def scene() -> None:
        await counter.comes(Kind.REMIND)
        first, second = await to_the_city(counter.there.store)
        # The first one by an older version, then the second by a newer one.
        again = [replace(first, lane=CITY_LANE), second]
        changes = Changes(tickets=again, tickets_done=[first.position, second.position])
        await counter.there.store.apply(Scope(), lambda _: Verdict(changes, None))
        # While another process has the lane of older versions, and is slow.
        older.append(asyncio.create_task(keep_lease(counter.there, CITY_LANE, "older")))
        await counter.there.clock.sleep(0)

    async def nothing_goes() -> None:
        await counter.there.clock.sleep(20.0)
        assert counter.adapter.written == []
        older[0].cancel()

    counter.runs(scene, nothing_goes)
    assert [draft.kind for draft in counter.adapter.written] == [Kind.SUBMIT, Kind.REMIND]


def test_two_processes_share_the_lanes_and_hand_over_each_document_once_and_in_order() -> None:
    counter = Counter()
    clock = counter.there.clock
    connectors = [MemoryConnector(), MemoryConnector()]
    processes = [
        HandOver(
            counter.there.home,
            counter.there.store,
            EmbeddedQueue(counter.there.store, clock, owner=f"p{number}"),
            counter.adapter,
            connector,
        )
        for number, connector in enumerate(connectors)
    ]
    ids: list[str] = []

    async def play() -> None:
        running = [asyncio.create_task(process.run()) for process in processes]
        await clock.sleep(20.0)
        leases = [each for each in await counter.there.store.leases(CITY_LANE) if each.until]
        held = [each.owner for each in leases]
        assert min(held.count(owner) for owner in ("p0", "p1")) >= 3, held
        for name in ("410101", "410102", "410103", "410104", "410105", "410106"):
            await counter.here.submit(
                submission(name, receiving=name, handling=THERE, at=clock.now())
            )
            await counter.here.submit(said(name, Kind.REMIND, clock.now()))
        tickets = await counter.here.store.tickets(partner_lane(THERE), 0, 100)
        ids.extend(ticket.message_id for ticket in tickets)
        packed = await pack(counter.here.home, THERE, await counter.here.store.outgoing(ids))
        await counter.there.receive(packed.body)
        await clock.sleep(20.0)
        for process in processes:
            process.stop()
        await asyncio.gather(*running)

    simulate(play, clock)
    one, other = (list(connector.handed_over) for connector in connectors)
    assert sorted(one + other) == sorted(ids)
    assert one, "both had work"
    assert other
    for first, second in zip(ids[::2], ids[1::2], strict=True):
        where = one if first in one else other
        assert where.index(first) < where.index(second), "a case is in one lane, in order"
