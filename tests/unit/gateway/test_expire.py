"""Expiring: what ran out of time is given back to the city, once, and nothing else is."""

from datetime import timedelta

from contracts.messages import Kind
from gateway.exchange.expire import Expire
from gateway.exchange.pack import pack
from gateway.ports import Verdict
from gateway.records import (
    Changes,
    MessageRecord,
    MessageState,
    Scope,
    Settlement,
    partner_lane,
)
from gateway.simulation.drafts import said
from tests.unit.gateway.stage import HERE, LIFE, THERE, City, to_the_city, two_cities


def expire(city: City, *, to_city: bool = True) -> Expire:
    return Expire(city.home, city.store, city.queue, to_city=to_city)


async def state(city: City) -> MessageState:
    (ticket,) = await city.store.tickets(partner_lane(THERE), 0, 10)
    message = await city.store.message(HERE, ticket.message_id)
    assert message is not None
    return message.state


async def test_a_message_in_time_is_left_alone() -> None:
    city = City(HERE)
    await city.opens("1")
    city.clock.advance(LIFE.total_seconds() - 1)
    assert await expire(city).once() == 0
    assert await state(city) is MessageState.QUEUED


async def test_a_message_whose_time_is_over_is_given_back_once_and_offered_on() -> None:
    city = City(HERE)
    await city.opens("1")
    city.clock.advance(LIFE.total_seconds())
    assert await expire(city).once() == 1
    assert await state(city) is MessageState.EXPIRED
    (ticket,) = await to_the_city(city.store)
    assert ticket.sender == HERE
    (incident,) = await city.store.incidents(limit=10)
    assert (incident.code, incident.partner) == ("envelope.expired", THERE)
    assert await expire(city).once() == 0
    assert len(await to_the_city(city.store)) == 1


async def test_a_city_without_a_connector_gets_no_ticket() -> None:
    city = City(HERE)
    await city.opens("1")
    city.clock.advance(LIFE.total_seconds())
    assert await expire(city, to_city=False).once() == 1
    assert await to_the_city(city.store) == []


async def test_a_message_that_is_settled_between_the_look_and_the_write_is_not_given_back() -> None:
    """Else the city would hear that a message which was simply taken had been lost and found."""
    city = City(HERE)
    await city.opens("1")
    city.clock.advance(LIFE.total_seconds())

    class Overtaken(type(city.store)):  # type: ignore[misc]
        async def expiring(self, now: int, limit: int) -> list[MessageRecord]:
            found: list[MessageRecord] = await super().expiring(now, limit)
            receipt = Settlement(found[0].id, MessageState.TAKEN, "s", 0, b"r", None, now)
            await self.apply(Scope(), lambda _: Verdict(Changes(settlements=[receipt]), None))
            return found

    city.store.__class__ = Overtaken
    await expire(city).once()
    assert await state(city) is MessageState.TAKEN
    assert await to_the_city(city.store) == []
    assert await city.store.incidents(limit=10) == []


async def test_what_waited_for_others_too_long_leaves_the_waiting_room() -> None:
    here, there = two_cities()
    await here.opens("1")
    await here.submit(said("1", Kind.REMIND, here.clock.now()))
    _, early = await here.store.tickets(partner_lane(THERE), 0, 10)
    packed = await pack(here.home, THERE, await here.store.outgoing([early.message_id]))
    await there.receive(packed.body)
    there.clock.advance((LIFE + timedelta(seconds=1)).total_seconds())
    assert await expire(there).once() == 1
    assert await there.store.waiting_expired(1 << 50, 10) == []
    (incident,) = await there.store.incidents(limit=10)
    assert (incident.code, incident.partner) == ("order.waiting", HERE)
