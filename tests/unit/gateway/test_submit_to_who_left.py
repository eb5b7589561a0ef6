"""Nothing is taken for a city that has left, and the reason is told at once."""

from dataclasses import replace

import pytest

from contracts.errors import MessageRefused
from contracts.messages import Kind
from gateway.exchange.submit import Submit
from gateway.records import partner_lane
from keys.trust.key_judgement import ClosedReason
from keys.trust.member import MemberList
from keys.trust.parting import closed
from keys.trust.roll import Roll
from tests.processes.drafts import fact
from tests.unit.gateway.stage import HERE, KEYRINGS, LIFE, THERE, City, carry, two_cities


def after_leaving(city: City, who: str) -> Submit:
    """The city's use case, once its list says that `who` left now."""
    now = city.clock.now()
    entries = [keyring.entry() for keyring in KEYRINGS.values()]
    members = tuple(
        closed(each, now, ClosedReason.LEFT, "撤并") if each.code == who else each
        for each in entries
    )
    home = replace(city.home, trust=Roll(MemberList(members=members)))
    return Submit(home, city.store, city.queue, life=LIFE)


async def test_no_new_case_is_taken_for_it() -> None:
    city, _ = two_cities()
    city.submit = after_leaving(city, THERE)
    with pytest.raises(MessageRefused, match="撤并") as refused:
        await city.opens("N-1")
    assert refused.value.code == "member.closed"
    assert await city.store.tickets(partner_lane(THERE), 0, 10) == []


async def test_nor_a_word_on_an_old_one() -> None:
    sender, receiver = two_cities()
    case_id = await sender.opens("N-1")
    await carry(sender, receiver)
    submit = after_leaving(receiver, HERE)
    with pytest.raises(MessageRefused) as refused:
        await submit(fact(Kind.RECEIVE, case_id))
    assert refused.value.code == "member.closed"


async def test_others_are_not_concerned() -> None:
    city, _ = two_cities()
    city.submit = after_leaving(city, "430100")
    assert await city.opens("N-1")
