"""Giving up: what nobody heard was never said; what the partner may have, its receipt settles."""

import pytest

from contracts import limits
from contracts.case import State
from contracts.errors import Wrong
from contracts.messages import Kind
from gateway.exchange.expire import Expire
from gateway.exchange.give_up import GiveUp, Gone
from gateway.exchange.holding import Holding, Order
from gateway.exchange.pack import pack
from gateway.ports import always
from gateway.records import (
    Changes,
    Incident,
    MessageRecord,
    MessageState,
    Scope,
    Ticket,
    partner_lane,
)
from gateway.simulation.drafts import said
from tests.unit.gateway.stage import (
    HERE,
    LIFE,
    THERE,
    City,
    carry,
    to_the_city,
    two_cities,
)

LANE = partner_lane(THERE)
ORDER = Order("wang", "重复提交")


def give_up(city: City, *, to_city: bool = True) -> GiveUp:
    holding = Holding(city.home, city.store, city.queue)
    return GiveUp(city.home, city.store, city.queue, holding, to_city=to_city)


async def returned(city: City, name: str, **options: bool) -> Gone:
    subject = await Holding(city.home, city.store, city.queue).find(name)
    return await give_up(city, **options).return_(subject, ORDER)


async def discarded(city: City, name: str, *, in_doubt: bool = False) -> Gone:
    subject = await Holding(city.home, city.store, city.queue).find(name)
    return await give_up(city).discard(subject, ORDER, in_doubt=in_doubt)


async def lane(city: City) -> list[str]:
    return [ticket.message_id for ticket in await city.store.tickets(LANE, 0, 100)]


async def told(city: City) -> list[str]:
    """What waits for the city's own system."""
    return [ticket.message_id for ticket in await to_the_city(city.store)]


async def case_state(city: City, case_id: str) -> State | None:
    record = await city.store.case(case_id)
    assert record is not None
    return record.case.state if record.case else None


async def states(city: City, case_id: str) -> list[MessageState]:
    return [message.state for message in await city.store.messages(case_id)]


async def incidents(city: City) -> list[Incident]:
    found = [await city.store.incident(each.id) for each in await city.store.incidents(limit=9)]
    return [each for each in found if each is not None]


async def offered(city: City) -> None:
    """A courier sealed everything in the lane, and no answer came."""
    outgoing = await city.store.outgoing(await lane(city))
    packed = await pack(city.home, THERE, outgoing)
    await city.store.apply(Scope(), always(Changes(seals=[packed.tree.record])))


# --- what nobody heard ------------------------------------------------------------------------


async def test_what_was_never_sealed_is_taken_back_and_its_number_is_free_again() -> None:
    here, there = two_cities()
    case_id = await here.opens("1")
    await carry(here, there)
    await here.submit(said("1", Kind.REMIND, here.clock.now()))
    await here.submit(said("1", Kind.WITHDRAW, here.clock.now()))
    (reminded, withdrawn) = await lane(here)
    gone = await returned(here, reminded)
    assert gone == Gone((reminded, withdrawn))
    assert await lane(here) == []
    assert await told(here) == [reminded, withdrawn]
    record = await here.store.case(case_id)
    assert record is not None
    assert record.case is not None
    assert (record.sent, record.case.withdrawal_asked) == (1, False)
    assert (await states(here, case_id))[1:] == [MessageState.RETURNED] * 2
    assert await here.store.holds() == []
    await here.submit(said("1", Kind.WITHDRAW, here.clock.now()))
    await carry(here, there)
    theirs = await there.store.messages(case_id)
    assert [(m.sequence, m.state) for m in theirs] == [
        (1, MessageState.TAKEN), (2, MessageState.TAKEN),
    ]  # fmt: skip


async def test_a_submission_that_is_taken_back_opens_no_case() -> None:
    here, _ = two_cities()
    case_id = await here.opens("1")
    (submitted,) = await lane(here)
    await returned(here, submitted, to_city=False)
    assert await case_state(here, case_id) is None
    assert await told(here) == []


async def test_who_when_what_and_why_is_kept() -> None:
    here, _ = two_cities()
    await here.opens("1")
    (submitted,) = await lane(here)
    await discarded(here, submitted)
    assert await lane(here) == []
    assert await told(here) == []
    (incident,) = await incidents(here)
    assert (incident.code, incident.detail, incident.partner) == (
        "operator.discarded", "重复提交", THERE,
    )  # fmt: skip
    assert incident.where["by"] == "wang"
    assert incident.where["in_doubt"] == "no"
    message = await here.store.message(HERE, submitted)
    assert message is not None
    assert incident.content is not None
    assert message.envelope[:60].replace(b'"', b'\\"') in incident.content
    assert incident.content.count(b'"sealed"') == len(message.parts) > 0


# --- what the partner may have ----------------------------------------------------------------


async def test_what_was_sealed_is_told_to_the_city_and_offered_again_when_its_time_is_over() -> (
    None
):
    here, there = two_cities()
    case_id = await here.opens("1")
    await offered(here)
    (submitted,) = await lane(here)
    gone = await returned(here, submitted)
    message = await here.store.message(HERE, submitted)
    assert message is not None
    assert gone.in_doubt
    assert gone.asked_again_at == message.expires_at + limits.CLOCK_SKEW_S * 1000
    assert (message.state, message.reason) == (MessageState.EXPIRED, "operator.returned")
    assert await told(here) == [submitted]
    assert await case_state(here, case_id) is State.SUBMITTED
    (hold,) = await here.store.holds()
    assert hold.until == gone.asked_again_at
    with pytest.raises(Wrong) as error:
        await returned(here, submitted)
    assert error.value.code == "queue.not_waiting"
    holding = Holding(here.home, here.store, here.queue)
    here.clock.advance(LIFE.total_seconds() + limits.CLOCK_SKEW_S + 1)
    assert await Expire(here.home, here.store, here.queue, to_city=True).once() == 0
    assert await holding.sweep() == 1
    await carry(here, there)
    assert await states(here, case_id) == [MessageState.REFUSED]
    assert await case_state(here, case_id) is None


async def test_a_receipt_that_comes_after_it_was_given_back_is_believed() -> None:
    here, there = two_cities()
    case_id = await here.opens("1")
    await offered(here)
    (submitted,) = await lane(here)
    await returned(here, submitted)
    await carry(here, there)  # it was in flight
    assert await states(here, case_id) == [MessageState.TAKEN]
    assert await case_state(here, case_id) is State.SUBMITTED


async def test_what_may_be_with_the_partner_is_not_discarded_unless_that_is_said() -> None:
    here, _ = two_cities()
    case_id = await here.opens("1")
    await here.submit(said("1", Kind.REMIND, here.clock.now()))
    await offered(here)
    submitted, reminded = await lane(here)
    with pytest.raises(Wrong) as error:
        await discarded(here, submitted)
    assert error.value.code == "operator.in_doubt"
    assert await here.store.holds() == []
    assert await lane(here) == [submitted, reminded]
    assert (await discarded(here, submitted, in_doubt=True)).in_doubt
    assert await lane(here) == [reminded]
    assert await states(here, case_id) == [MessageState.EXPIRED, MessageState.QUEUED]
    assert await here.store.holds() == []


async def test_a_hold_that_stood_before_stands_after_a_failure() -> None:
    here, _ = two_cities()
    await here.opens("1")
    await offered(here)
    (submitted,) = await lane(here)
    holding = Holding(here.home, here.store, here.queue)
    (held,) = await holding.hold(await holding.find(submitted), Order("li", "first"))
    with pytest.raises(Wrong):
        await discarded(here, submitted)
    assert await here.store.holds() == [held]


async def test_what_somebody_lets_go_while_we_look_is_not_taken_back() -> None:
    """A courier may have sealed it since."""
    here, _ = two_cities()
    case_id = await here.opens("1")
    (submitted,) = await lane(here)
    holding = Holding(here.home, here.store, here.queue)
    subject = await holding.find(submitted)

    class Hasty(GiveUp):
        async def sealed(self, message: MessageRecord) -> bool:
            found = await super().sealed(message)
            await holding.release(subject)
            await offered(here)
            await holding.hold(subject, ORDER)
            return found

    giving = Hasty(here.home, here.store, here.queue, holding, to_city=True)
    with pytest.raises(Wrong, match="let it go meanwhile"):
        await giving.return_(subject, ORDER)
    assert await states(here, case_id) == [MessageState.QUEUED]


# --- the city's lane --------------------------------------------------------------------------


async def test_a_document_that_the_city_never_takes_is_dropped_and_the_next_goes_on() -> None:
    here, there = two_cities()
    case_id = await here.opens("1")
    await here.submit(said("1", Kind.REMIND, here.clock.now()))
    await carry(here, there)
    submitted, reminded = await told(there)
    await discarded(there, submitted)
    assert await told(there) == [reminded]
    assert await states(there, case_id) == [MessageState.TAKEN] * 2
    assert [(each.code, each.partner) for each in await incidents(there)] == [
        ("operator.discarded", HERE)
    ]
    with pytest.raises(Wrong) as error:
        await returned(there, reminded)
    assert error.value.code == "queue.not_waiting"
    assert await there.store.holds() == []


async def test_what_is_settled_in_between_is_not_given_up() -> None:
    here, there = two_cities()
    case_id = await here.opens("1")
    (submitted,) = await lane(here)
    subject = await Holding(here.home, here.store, here.queue).find(submitted)
    await carry(here, there)
    for deed in (give_up(here).return_, give_up(here).discard):
        with pytest.raises(Wrong) as error:
            await deed(subject, ORDER)
        assert error.value.code == "queue.not_waiting"
    assert await states(here, case_id) == [MessageState.TAKEN]
    assert await here.store.holds() == []


async def test_a_whole_case_is_not_given_up() -> None:
    here, _ = two_cities()
    await here.opens("1")
    with pytest.raises(Wrong) as error:
        await discarded(here, "1")
    assert error.value.code == "not_found"


async def test_a_message_that_waits_in_two_lanes_leaves_both() -> None:
    here, _ = two_cities()
    case_id = await here.opens("1")
    (submitted,) = await lane(here)
    notice = Ticket("city/410100", submitted, HERE, case_id, 1)
    await here.store.apply(Scope(), always(Changes(tickets=[notice])))
    await discarded(here, submitted)
    assert await here.store.tickets_of(case_id) == []
    await Holding(here.home, here.store, here.queue).sweep()
    assert await here.store.holds() == []
