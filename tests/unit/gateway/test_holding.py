"""Holding: what is held stays, what stands behind it in its case waits, all else flows."""

import asyncio

import pytest

from contracts.errors import PartnerUnreachable, Wrong
from contracts.messages import Kind
from contracts.wire import Problem
from gateway.exchange.board import Board, ask_to_try
from gateway.exchange.courier import Courier
from gateway.exchange.holding import Holding, Order, Subject, going, may_go, scope_of
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.pace import Pace
from gateway.ports import Answer, Verdict, always
from gateway.records import Changes, Hold, MessageState, Scope, Ticket, partner_lane
from gateway.simulation.drafts import said
from gateway.simulation.loop import simulate
from tests.unit.gateway.stage import HERE, THERE, City, two_cities

LANE = partner_lane(THERE)
ORDER = Order("wang", "证照有误")


def holding(city: City) -> Holding:
    return Holding(city.home, city.store, city.queue)


async def waiting(city: City, lane: str = LANE) -> list[Ticket]:
    return await city.store.tickets(lane, 0, 100)


async def free(city: City) -> list[str]:
    """The message ids that may go now, in order."""
    tickets = await waiting(city)
    found = await city.store.apply(
        scope_of(tickets), lambda seen: Verdict(Changes(), going(tickets, seen))
    )
    assert found == [ticket for ticket in tickets if await may_go(city.store, ticket)]
    return [ticket.message_id for ticket in found]


async def busy() -> tuple[City, list[str]]:
    """Two cases: of the first a submission and two reminders wait, the second in between."""
    city = City(HERE)
    await city.opens("1")
    await city.submit(said("1", Kind.REMIND, city.clock.now()))
    await city.opens("2")
    await city.submit(said("1", Kind.REMIND, city.clock.now()))
    return city, [ticket.message_id for ticket in await waiting(city)]


async def test_what_stands_behind_in_its_case_waits_too_and_other_cases_flow() -> None:
    city, (submitted, reminded, other, again) = await busy()
    subject = await holding(city).find(reminded)
    (held,) = await holding(city).hold(subject, ORDER)
    assert (held.by, held.reason, held.message_id) == ("wang", "证照有误", reminded)
    assert await free(city) == [submitted, other]
    await city.submit(said("1", Kind.REMIND, city.clock.now()))
    assert await free(city) == [submitted, other]
    assert await holding(city).release(subject) == 3
    tickets = await waiting(city)
    assert [t.message_id for t in tickets][:4] == [submitted, other, reminded, again]
    assert await free(city) == [ticket.message_id for ticket in tickets]


async def test_a_held_case_waits_in_every_lane_also_with_what_comes_later() -> None:
    city, (_, _, other, _) = await busy()
    subject = await holding(city).find("1")
    assert subject.message_id == ""
    await holding(city).hold(subject, ORDER)
    assert await free(city) == [other]
    news = Ticket("city/x", "m", THERE, subject.case_id, 1)
    await city.store.apply(Scope(), always(Changes(tickets=[news])))
    (ticket,) = await waiting(city, "city/x")
    assert not await may_go(city.store, ticket)
    assert await holding(city).release(subject) == 4
    (ticket,) = await waiting(city, "city/x")
    assert await may_go(city.store, ticket)


async def test_the_end_of_one_hold_lets_nothing_overtake_what_another_keeps() -> None:
    city, (submitted, reminded, other, again) = await busy()
    first, second = [await holding(city).find(name) for name in (submitted, again)]
    await holding(city).hold(second, ORDER)
    await holding(city).hold(first, ORDER)
    assert await free(city) == [other]
    await holding(city).release(first)
    assert await free(city) == [other, submitted, reminded]
    assert [t.message_id for t in await waiting(city)] == [other, submitted, reminded, again]
    await holding(city).release(second)
    assert await free(city) == [other, submitted, reminded, again]


async def test_holding_twice_changes_nothing_and_says_who_was_first() -> None:
    city, (submitted, *_) = await busy()
    subject = await holding(city).find(submitted)
    await holding(city).hold(subject, ORDER)
    (held,) = await holding(city).hold(subject, Order("li", "another"))
    assert held.by == "wang"
    assert len(await city.store.holds()) == 1


async def test_what_nobody_holds_is_not_released_and_what_it_waits_behind_is_named() -> None:
    city, (submitted, reminded, *_) = await busy()
    subject = await holding(city).find(reminded)
    with pytest.raises(Wrong, match="nobody holds it") as error:
        await holding(city).release(subject)
    assert error.value.code == "queue.not_held"
    await holding(city).hold(await holding(city).find(submitted), ORDER)
    with pytest.raises(Wrong, match=f"behind what is held: {submitted}"):
        await holding(city).release(subject)


async def test_what_is_settled_while_it_is_held_frees_what_waited_behind_it() -> None:
    """It was in flight. Until the sweep nothing overtakes what was forgotten as held."""
    city, (submitted, reminded, other, again) = await busy()
    await holding(city).hold(await holding(city).find(submitted), ORDER)
    place = (await waiting(city))[0].position
    await city.store.apply(Scope(), always(Changes(tickets_done=[place])))
    assert await free(city) == [other]
    assert await holding(city).sweep() == 2
    assert await free(city) == [other, reminded, again]
    assert await city.store.holds() == []
    assert await holding(city).sweep() == 0


async def test_a_hold_with_an_end_ends_then_and_not_before() -> None:
    city, (submitted, reminded, other, again) = await busy()
    ticket = (await waiting(city))[0]
    until = city.home.now_ms() + 5_000
    hold = Hold(ticket.case_id, LANE, ticket.position, HERE, submitted, 1, "wang", "x", until)
    await city.store.apply(Scope(), always(Changes(holds=[hold])))
    subject = await holding(city).find(submitted)
    with pytest.raises(Wrong) as error:
        await holding(city).release(subject)
    assert error.value.code == "operator.in_doubt"
    city.clock.advance(4.9)
    assert await holding(city).sweep() == 0
    city.clock.advance(0.2)
    assert await holding(city).sweep() == 3
    assert await free(city) == [other, submitted, reminded, again]


async def test_what_has_no_place_in_a_lane_is_not_held() -> None:
    city, (submitted, *_) = await busy()
    with pytest.raises(Wrong) as error:
        await holding(city).find("nobody")
    assert error.value.code == "not_found"
    tickets = [ticket.position for ticket in await waiting(city)]
    await city.store.apply(Scope(), always(Changes(tickets_done=tickets)))
    with pytest.raises(Wrong) as error:
        await holding(city).find(submitted)
    assert error.value.code == "queue.not_waiting"
    with pytest.raises(Wrong):
        await holding(city).hold(Subject("case", HERE, submitted), ORDER)
    assert await city.store.holds() == []


async def test_two_senders_with_one_id_are_told_apart() -> None:
    city, (submitted, *_) = await busy()
    theirs = Ticket("city", submitted, THERE, "theirs", 1)
    await city.store.apply(Scope(), always(Changes(tickets=[theirs])))
    with pytest.raises(Wrong) as error:
        await holding(city).find(submitted)
    assert error.value.code == "queue.ambiguous"
    assert (await holding(city).find(f"{THERE}/{submitted}")).case_id == "theirs"


@pytest.mark.parametrize("reason", ["", " ", "长" * 501])
def test_a_reason_is_needed(reason: str) -> None:
    with pytest.raises(Wrong) as error:
        Order("wang", reason)
    assert error.value.code == "queue.reason"


# --- the courier ------------------------------------------------------------------------------


class Wire:
    """The other city's gateway; `away` counts the requests that find nobody."""

    def __init__(self, there: City, away: int = 0) -> None:
        self.there, self.away, self.asked = there, away, 0

    async def post(self, _path: str, body: bytes) -> Answer:
        self.asked += 1
        if self.away:
            self.away -= 1
            raise PartnerUnreachable("away", partner=THERE)
        _, reply = await self.there.receive(body)
        return Answer(200, reply)


def courier(city: City, wire: Wire, *, ceiling: float = 0.1) -> Courier:
    return Courier(
        city.home, city.store, city.queue, wire, THERE,
        pace=Pace(backoff_base=ceiling, backoff_ceiling=ceiling), to_city=True,
        uniform=city.chance,
    )  # fmt: skip


def test_a_courier_that_has_held_messages_in_memory_does_not_send_them() -> None:
    here, there = two_cities()
    wire = Wire(there, away=1)

    async def play() -> None:
        case_id = await here.opens("1")
        await here.submit(said("1", Kind.REMIND, here.clock.now()))
        await here.opens("2")
        carrying = courier(here, wire, ceiling=50.0)
        running = asyncio.create_task(carrying.run())
        while not wire.asked:  # all three are in its window, and it pauses
            await here.clock.sleep(0.05)
        subject = await holding(here).find("1")
        await holding(here).hold(subject, ORDER)
        carrying.wake()
        while len(await waiting(here)) > 2:
            await here.clock.sleep(0.05)
        assert await there.store.case(case_id) is None
        await here.clock.sleep(5)
        assert len(await waiting(here)) == 2
        await holding(here).release(subject)
        while await waiting(here):
            await here.clock.sleep(0.05)
        theirs = [message.sequence for message in await there.store.messages(case_id)]
        assert theirs == [1, 2]
        assert all(m.state is MessageState.TAKEN for m in await here.store.messages(case_id))
        carrying.stop()
        await running

    simulate(play, here.clock)


def test_a_message_that_is_held_in_flight_is_settled_by_its_receipt() -> None:
    here, there = two_cities()

    class Slow(Wire):
        async def post(self, path: str, body: bytes) -> Answer:
            answer = await super().post(path, body)
            await here.clock.sleep(3)
            return answer

    wire = Slow(there)

    async def play() -> None:
        case_id = await here.opens("1")
        running = asyncio.create_task(courier(here, wire).run())
        while not wire.asked:
            await here.clock.sleep(0.01)
        await here.submit(said("1", Kind.REMIND, here.clock.now()))
        (submitted, *_) = await waiting(here)
        subject = await holding(here).find(submitted.message_id)
        await holding(here).hold(subject, ORDER)
        await here.clock.sleep(4)
        states = [message.state for message in await here.store.messages(case_id)]
        assert states == [MessageState.TAKEN, MessageState.QUEUED]
        await holding(here).sweep()
        while await waiting(here):
            await here.clock.sleep(0.05)
        assert await here.store.holds() == []
        assert len(await there.store.messages(case_id)) == 2
        running.cancel()

    simulate(play, here.clock)


def test_what_left_its_lane_in_another_process_is_not_sent() -> None:
    """The courier still has the message, as it was, in the cache of its own process."""
    here, there = two_cities()
    wire = Wire(there, away=1)

    async def play() -> None:
        await here.opens("1")
        carrying = courier(here, wire, ceiling=5.0)
        running = asyncio.create_task(carrying.run())
        while not wire.asked:
            await here.clock.sleep(0.05)
        (ticket,) = await waiting(here)
        await here.store.apply(Scope(), always(Changes(tickets_done=[ticket.position])))
        await here.clock.sleep(30)
        assert wire.asked == 1
        running.cancel()

    simulate(play, here.clock)


def test_the_trace_of_a_partner_is_kept_to_be_quoted() -> None:
    here, there = two_cities()
    said_by = Problem(
        title="t", status=401, detail="\x1b[31mred", code="seal.clock", side="partner", retry=True,
        remedy="r", trace="trace-7\x1b",
    )  # fmt: skip

    class Angry(Wire):
        async def post(self, _path: str, _body: bytes) -> Answer:
            self.asked += 1
            return Answer(401, said_by.to_json())

    wire = Angry(there)

    async def play() -> None:
        await here.opens("1")
        carrying = courier(here, wire)
        running = asyncio.create_task(carrying.run())
        while not carrying.status.failures:
            await here.clock.sleep(0.05)
        assert carrying.status.last_code == "seal.clock"
        assert carrying.status.trace == "trace-7\ufffd"
        assert "\x1b" not in (carrying.status.last_detail or "")
        running.cancel()

    simulate(play, here.clock)


# --- the board --------------------------------------------------------------------------------


async def test_a_lane_that_somebody_wants_tried_is_woken_once_and_nothing_old_is() -> None:
    city, woken = City(HERE), list[str]()
    await ask_to_try(city.store, [LANE], 1)
    board = Board(city.home, city.store, links=list, wake=woken.append)
    await board.once()
    assert woken == []
    await ask_to_try(city.store, [LANE, "city/1"], 2)
    await board.once()
    await board.once()
    assert sorted(woken) == ["city/1", LANE]


async def test_a_link_is_written_down_when_it_changes_and_now_and_then() -> None:
    city, link = City(HERE), LinkStatus(THERE, carrying=True)
    board = Board(city.home, city.store, links=lambda: [link, LinkStatus("430100")], wake=print)

    async def written() -> int:
        await board.once()
        (note,) = await city.store.notes("link/")
        assert note.key == f"link/{THERE}"
        return note.at

    first = await written()
    link.failed(PartnerUnreachable("no", answer="seal.clock", trace="t-1"), city.clock.now())
    city.clock.advance(1)
    assert await written() == first
    city.clock.advance(1.1)
    second = await written()
    assert second > first
    city.clock.advance(9)
    assert await written() == second
    city.clock.advance(2)
    assert await written() > second
    (note,) = await city.store.notes("link/")
    read = LinkStatus.from_text(note.text)
    assert read == link
    assert (read.last_code, read.trace) == ("seal.clock", "t-1")


def test_what_a_partner_writes_cannot_play_with_a_terminal() -> None:
    link = LinkStatus(THERE)
    for number in range(100):
        link.put_off(f"m{number}", "order.waiting", "\x1b[2J" + "x" * 1000)
    assert link.last_detail is not None
    assert link.last_detail.isprintable()
    assert len(link.last_detail) == 600
    assert list(link.later)[-1] == "m99"
    assert len(link.later) == 64
