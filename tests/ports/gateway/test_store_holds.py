"""What operators hold, what they give up, and the notes between processes and commands."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from contracts.errors import StoreUnavailable
from gateway.ports import Backlog, Store, Verdict
from gateway.records import Changes, GivenUp, Hold, MessageState, Note, Scope, Snapshot
from tests.ports.gateway.records import (
    ANOTHER,
    CASE_ID,
    US,
    message,
    settlement,
    ticket,
    write,
)

LANE = "partner/440100"


def hold(position: int, message_id: str = "", lane: str = LANE, **different: Any) -> Hold:
    values: dict[str, Any] = {"case_id": CASE_ID, "sender": US, "at": 5_000, "by": "王"}
    values |= {"reason": "证照有误 𠮷", "until": None}
    return Hold(lane=lane, position=position, message_id=message_id, **{**values, **different})


async def look(store: Store, scope: Scope) -> Snapshot:
    return await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))


async def places(store: Store, lane: str = LANE) -> dict[str, int]:
    return {t.message_id: t.position for t in await store.tickets(lane, 0, 100)}


async def test_a_hold_is_kept_as_it_was_first_said_until_it_is_over(store: Store) -> None:
    await write(store, tickets=[ticket("m1", LANE)])
    place = (await places(store))["m1"]
    first = hold(place, "m1", until=9_000)
    await write(store, holds=[first])
    await write(store, holds=[hold(place, "m1", reason="again")])
    assert await store.holds() == [first]
    assert first.key == (CASE_ID, place)
    await write(store, holds_over=[(ANOTHER, place), (CASE_ID, place + 1)])
    assert await store.holds() == [first]
    await write(store, holds_over=[first.key])
    assert await store.holds() == []


async def test_a_hold_that_is_over_may_be_said_anew_in_the_same_transaction(store: Store) -> None:
    await write(store, tickets=[ticket("m1", LANE)])
    place = (await places(store))["m1"]
    await write(store, holds=[hold(place, "m1")])
    await write(store, holds_over=[(CASE_ID, place)], holds=[hold(place, "m1", until=7)])
    assert [each.until for each in await store.holds()] == [7]


async def test_a_rule_sees_the_holds_and_tickets_it_names_and_no_others(store: Store) -> None:
    await write(
        store,
        tickets=[
            ticket("m1", LANE),
            ticket("m2", "city"),
            ticket("m3", LANE, case_id=ANOTHER),
            ticket("m4", LANE),
        ],
    )
    lane = await places(store)
    await write(store, holds=[hold(0, lane="", message_id="", sender=""), hold(lane["m4"], "m4")])
    await write(store, holds=[hold(lane["m3"], "m3", case_id=ANOTHER)])
    seen = await look(store, Scope(tickets=[lane["m3"], 999], tickets_of=[], holds=[CASE_ID]))
    assert (set(seen.standing), seen.tickets) == ({lane["m3"]}, {})
    assert [each.position for each in seen.holds[CASE_ID]] == [0, lane["m4"]]
    assert list(seen.holds) == [CASE_ID]
    seen = await look(store, Scope(tickets_of=[CASE_ID], holds=["nobody"]))
    assert [t.message_id for t in seen.tickets.values()] == ["m1", "m2", "m4"]
    assert all(place == each.position for place, each in seen.tickets.items())
    assert seen.holds == {}
    seen = await look(store, Scope())
    assert (seen.standing, seen.tickets, seen.holds) == (frozenset(), {}, {})


async def test_a_hold_knows_whether_its_ticket_still_waits(store: Store) -> None:
    await write(store, tickets=[ticket("m1", LANE)])
    place = (await places(store))["m1"]
    await write(store, holds=[hold(place, "m1"), hold(0, lane="", sender="")])
    assert [each.waits for each in await store.holds()] == [True, True]
    await write(store, tickets_done=[place])
    assert {each.position: each.waits for each in await store.holds()} == {0: True, place: False}
    seen = await look(store, Scope(holds=[CASE_ID]))
    assert {each.position: each.waits for each in seen.holds[CASE_ID]} == {0: True, place: False}


async def test_reissued_tickets_stand_at_the_end_in_their_order_and_before_new_ones(
    store: Store,
) -> None:
    await write(store, tickets=[ticket(name, LANE, at=n) for n, name in enumerate("abc")])
    before = await places(store)
    await write(store, holds=[hold(before["b"], "b")])
    await write(store, reissued=[before["a"], before["b"], 999], tickets=[ticket("new", LANE)])
    found = await store.tickets(LANE, 0, 10)
    assert [each.message_id for each in found] == ["c", "a", "b", "new"]
    assert [each.at for each in found[:3]] == [2, 0, 1]
    assert found[1].position > max(before.values())
    assert [each.message_id for each in await store.tickets(LANE, max(before.values()), 9)] == [
        "a", "b", "new",
    ]  # fmt: skip
    (moved,) = await store.holds()
    assert (moved.position, moved.waits) == ((await places(store))["b"], True)


async def test_a_hold_that_is_over_does_not_move_with_its_ticket(store: Store) -> None:
    await write(store, tickets=[ticket("a", LANE)])
    place = (await places(store))["a"]
    await write(store, holds=[hold(place, "a")])
    await write(store, holds_over=[(CASE_ID, place)], reissued=[place])
    assert await store.holds() == []


async def test_what_is_held_is_counted_once_a_lane(store: Store) -> None:
    await write(
        store,
        tickets=[
            ticket("m1", LANE, at=3),
            ticket("m2", LANE, at=4),
            ticket("m3", LANE, at=5),
            ticket("m4", "city", at=6),
            ticket("m5", LANE, case_id=ANOTHER, at=7),
        ],
    )
    assert {lane.lane: lane.held for lane in await store.backlog()} == {LANE: 0, "city": 0}
    place = (await places(store))["m2"]
    await write(store, holds=[hold(place, "m2")])
    backlog = sorted(await store.backlog(), key=lambda each: each.lane)
    assert backlog == [Backlog("city", 1, 6, 0), Backlog(LANE, 4, 3, 2)]
    await write(store, holds=[hold(0, lane="", sender="")])
    assert {lane.lane: lane.held for lane in await store.backlog()} == {LANE: 3, "city": 1}


async def test_where_something_waits_is_found_by_message_and_by_case(store: Store) -> None:
    await write(
        store,
        tickets=[ticket("m1", LANE), ticket("m2", "city", case_id=ANOTHER), ticket("m1", "city")],
    )
    assert [each.lane for each in await store.tickets_of("m1")] == [LANE, "city"]
    assert [each.message_id for each in await store.tickets_of(ANOTHER)] == ["m2"]
    assert len(await store.tickets_of(CASE_ID)) == 2
    assert await store.tickets_of("m%") == []


@pytest.mark.parametrize("state", [MessageState.RETURNED, MessageState.EXPIRED])
async def test_what_is_given_up_is_so_unless_a_receipt_came_first(
    store: Store, state: MessageState
) -> None:
    await write(store, messages=[message("m1"), message("m2", digest=b"2".ljust(32))])
    await store.outgoing(["m1"])
    await write(store, settlements=[settlement("m2", MessageState.TAKEN)])
    gone = [GivenUp(name, state, "operator.returned") for name in ("m1", "m2", "nobody")]
    await write(store, given_up=gone)
    found = {m.id: (m.state, m.reason) for m in await store.messages(CASE_ID)}
    assert found == {"m1": (state, "operator.returned"), "m2": (MessageState.TAKEN, None)}
    ((ours, _),) = await store.outgoing(["m1"])
    assert ours.state is state


async def test_the_last_word_under_a_key_stands(store: Store) -> None:
    await write(store, notes=[Note("link/440100", 1, "好"), Note("retry/city", 2)])
    await write(store, notes=[Note("link/440100", 3, "坏"), Note("link/440100", 4, "更坏")])
    await write(store, notes=[Note("link/430100", 5, "x"), Note("link%", 6)])
    found = await store.notes("link/")
    assert found == [Note("link/430100", 5, "x"), Note("link/440100", 4, "更坏")]
    assert len(await store.notes("")) == 4


async def test_holds_and_notes_outlive_the_process(another: Callable[[], Store]) -> None:
    one = another()
    await write(one, tickets=[ticket("m1", LANE)])
    held = hold((await places(one))["m1"], "m1", until=3)
    await write(one, holds=[held], notes=[Note("retry/city", 2)])
    await one.close()
    again = another()
    assert await again.holds() == [held]
    assert await again.notes("retry/") == [Note("retry/city", 2)]
    await again.close()


async def test_a_rule_and_what_it_judges_by_are_of_one_moment(store: Store) -> None:
    """A job that holds a case, and one that looks whether it is held, never share a look."""
    await write(store, tickets=[ticket("m1", LANE)])
    place = (await places(store))["m1"]
    scope = Scope(tickets=[place], holds=[CASE_ID])

    async def holding() -> None:
        changes = Changes(holds=[hold(place, "m1")])
        await store.apply(
            Scope(tickets_of=[CASE_ID], holds=[CASE_ID]), lambda _: Verdict(changes, None)
        )

    seen, _, later = await asyncio.gather(look(store, scope), holding(), look(store, scope))
    assert seen.holds == {}
    assert [each.position for each in later.holds[CASE_ID]] == [place]


async def test_a_closed_store_says_so(store: Store) -> None:
    await store.close()
    for call in (store.holds(), store.notes(""), store.tickets_of("m1")):
        with pytest.raises(StoreUnavailable):
            await call
