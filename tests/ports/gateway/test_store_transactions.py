"""What `apply` owes: all of it or nothing, one after another, tickets in the order of commits."""

import asyncio
from dataclasses import replace

import pytest

from contracts.errors import MessageRefused, StoreUnavailable
from gateway.ports import Store, Verdict
from gateway.records import Changes, MessageState, PartRecord, Scope, Snapshot
from tests.ports.gateway.records import (
    ANOTHER,
    CASE_ID,
    OTHERS,
    THEM,
    US,
    case,
    incident,
    message,
    received,
    seal,
    settlement,
    ticket,
    waiting,
    write,
)


async def test_the_answer_of_the_rule_is_what_apply_returns(store: Store) -> None:
    answer = await store.apply(Scope(), lambda _: Verdict(Changes(), ("any", "thing")))
    assert answer == ("any", "thing")


async def test_a_rule_that_raises_leaves_nothing_behind(store: Store) -> None:
    await write(store, cases={CASE_ID: case()})

    def rule(snapshot: Snapshot) -> Verdict[None]:
        assert CASE_ID in snapshot.cases
        raise MessageRefused("not like this", code="case.not_allowed")

    with pytest.raises(MessageRefused, match="not like this"):
        await store.apply(Scope(cases=[CASE_ID]), rule)
    assert await store.case(CASE_ID) == case()


async def test_a_write_that_fails_takes_its_whole_transaction_with_it(store: Store) -> None:
    await write(store, messages=[message("m1")])
    with pytest.raises(StoreUnavailable):
        await write(
            store,
            cases={CASE_ID: case()},
            tickets=[ticket("m2")],
            messages=[message("m2"), message("m1")],
        )
    assert await store.case(CASE_ID) is None
    assert await store.message(US, "m2") is None
    assert await store.tickets("city", 0, 10) == []


async def test_a_write_that_fails_takes_no_other_transaction_with_it(store: Store) -> None:
    await write(store, messages=[message("m1")])
    good = [write(store, messages=[message(f"good-{n}")]) for n in range(5)]
    bad = write(store, messages=[message("m1")])
    outcomes = await asyncio.gather(*good[:2], bad, *good[2:], return_exceptions=True)
    assert [type(each) for each in outcomes].count(StoreUnavailable) == 1
    for number in range(5):
        assert await store.message(US, f"good-{number}") is not None


async def test_what_no_database_can_hold_takes_no_other_transaction_with_it(store: Store) -> None:
    """Half a surrogate pair is text to Python and to nobody else."""
    bad = write(store, intakes=["\udcd6"])
    good = [write(store, messages=[message(f"good-{n}")]) for n in range(3)]
    outcomes = await asyncio.gather(bad, *good, return_exceptions=True)
    assert outcomes[1:] == [None, None, None]
    assert await store.message(US, "good-2") is not None


async def test_concurrent_transactions_on_one_case_lose_no_step(store: Store) -> None:
    await write(store, cases={CASE_ID: case(sent=0)})

    def count(snapshot: Snapshot) -> Verdict[int]:
        known = snapshot.cases[CASE_ID]
        changed = replace(known, sent=known.sent + 1)
        return Verdict(Changes(cases={CASE_ID: changed}), changed.sent)

    answers = await asyncio.gather(*(store.apply(Scope(cases=[CASE_ID]), count) for _ in range(60)))
    assert sorted(answers) == list(range(1, 61))
    record = await store.case(CASE_ID)
    assert record is not None
    assert record.sent == 60


async def test_a_rule_sees_what_its_scope_names_and_nothing_else(store: Store) -> None:
    other = case(ANOTHER, number="another number")
    await write(
        store,
        cases={CASE_ID: case(), ANOTHER: other},
        messages=[received("m1"), received("m2")],
        intakes=["k1", "k2"],
        waiting=[waiting("w1"), waiting("w2", sender=OTHERS), waiting("w3", case_id=ANOTHER)],
    )
    scope = Scope(
        messages=[(THEM, "m1"), (THEM, "nobody")],
        cases=[CASE_ID, "nobody"],
        numbers=["another number", "nobody"],
        intakes=["k2", "k3"],
        waiting_of=[THEM],
    )
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert list(seen.messages) == [(THEM, "m1")]
    known = seen.messages[THEM, "m1"]
    assert (known.state, known.receipt) == (MessageState.TAKEN, b"taken")
    assert known.digest == received("m1").digest
    assert seen.cases == {CASE_ID: case()}
    assert seen.numbers == {"another number": other}
    assert seen.intakes == {"k2"}
    assert [each.message.id for each in seen.waiting[THEM, CASE_ID]] == ["w1"]
    assert list(seen.waiting) == [(THEM, CASE_ID)]
    assert seen.waiting_count == {THEM: 2}
    assert list(seen.waiting_bytes) == [THEM]
    assert seen.waiting_bytes[THEM] >= 2 * len(waiting("w1").message.envelope)


async def test_a_history_is_all_messages_of_a_case_without_parts(store: Store) -> None:
    parts = (PartRecord("body", "application/json", b"sealed"),)
    sent = [received("m1", parts=parts), received("m2"), received("m3", case_id=ANOTHER)]
    await write(store, messages=sent)
    scope = Scope(history=[CASE_ID, "nobody"])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert [message.id for message in seen.history[CASE_ID]] == ["m1", "m2"]
    assert seen.history[CASE_ID][0] == replace(sent[0], parts=())
    assert seen.history["nobody"] == []


async def test_the_same_id_of_another_sender_is_not_seen(store: Store) -> None:
    await write(store, messages=[received("m1"), received("m1", sender=OTHERS)])
    scope = Scope(messages=[(THEM, "m1"), (THEM, "m2")])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert list(seen.messages) == [(THEM, "m1")]


async def test_two_partners_that_wait_under_one_case_are_kept_apart(store: Store) -> None:
    await write(store, waiting=[waiting("w1"), waiting("w2", sender=OTHERS)])
    scope = Scope(cases=[CASE_ID], waiting_of=[THEM, OTHERS])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    found = {key: [each.message.id for each in room] for key, room in seen.waiting.items()}
    assert found == {(THEM, CASE_ID): ["w1"], (OTHERS, CASE_ID): ["w2"]}


async def test_what_waits_and_was_set_aside_meanwhile_is_seen(store: Store) -> None:
    waits = waiting("w1")
    aside = received(waits.message.digest.hex(), case_id="")
    await write(store, waiting=[waits], messages=[aside])
    scope = Scope(cases=[CASE_ID], waiting_of=[THEM])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert list(seen.messages) == [(THEM, aside.id)]


async def test_what_is_known_under_an_id_that_waits_is_seen_with_it(store: Store) -> None:
    await write(store, waiting=[waiting("w1")], messages=[received("w1", case_id=ANOTHER)])
    scope = Scope(cases=[CASE_ID], waiting_of=[THEM])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert list(seen.messages) == [(THEM, "w1")]


async def test_tickets_have_the_order_of_commits_and_no_position_comes_twice(store: Store) -> None:
    for number in range(3):
        await write(store, tickets=[ticket(f"a{number}"), ticket(f"b{number}", lane="partner/1")])
    first = await store.tickets("city", 0, 10)
    assert [each.message_id for each in first] == ["a0", "a1", "a2"]
    assert [replace(each, position=0) for each in first[:1]] == [ticket("a0")]
    positions = [each.position for each in first]
    assert positions == sorted(set(positions))
    await write(store, tickets_done=positions)
    assert await store.tickets("city", 0, 10) == []
    await write(store, tickets=[ticket("a3")])
    (last,) = await store.tickets("city", 0, 10)
    assert last.position > max(positions)


async def test_tickets_are_read_on_from_a_position(store: Store) -> None:
    await write(store, tickets=[ticket(f"m{number}") for number in range(5)])
    first = await store.tickets("city", 0, 2)
    assert [each.message_id for each in first] == ["m0", "m1"]
    rest = await store.tickets("city", first[-1].position, 10)
    assert [each.message_id for each in rest] == ["m2", "m3", "m4"]


async def test_a_number_belongs_to_one_case(store: Store) -> None:
    await write(store, cases={CASE_ID: case(number="1")})
    with pytest.raises(StoreUnavailable):
        await write(store, cases={ANOTHER: case(ANOTHER, number="1")})
    assert await store.case(ANOTHER) is None


async def test_incidents_seals_epochs_and_intakes_are_kept_once(store: Store) -> None:
    for detail in ("first", "second"):
        await write(
            store,
            incidents=[incident("i1", detail=detail)],
            seals=[seal("s1", detail.encode().ljust(32))],
            intakes=["k1"],
        )
    assert [each.detail for each in await store.incidents(limit=10)] == ["first"]
    kept = await store.seal("s1")
    assert kept is not None
    assert kept.leaves.startswith(b"first")


async def test_a_closed_store_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await write(store, messages=[message("m1")])
    with pytest.raises(StoreUnavailable):
        await store.backlog()
    with pytest.raises(StoreUnavailable):
        await store.lease("city", "me", 0, 1)


async def test_a_settled_message_keeps_its_receipt(store: Store) -> None:
    await write(store, messages=[message("m1"), received("m1")])
    await write(store, settlements=[settlement("m1", MessageState.REFUSED, "case.not_allowed")])
    ours = await store.message(US, "m1")
    assert ours is not None
    assert (ours.state, ours.reason) == (MessageState.REFUSED, "case.not_allowed")
    assert (ours.seal_id, ours.position, ours.receipt) == ("batch-seal", 3, b"the receipt")
    assert await store.message(THEM, "m1") == received("m1"), "the same id of another sender"


async def test_only_what_is_queued_expires_and_a_late_receipt_still_settles_it(
    store: Store,
) -> None:
    await write(store, messages=[message("m1"), message("m2")])
    await write(store, settlements=[settlement("m2", MessageState.TAKEN)])
    await write(store, expired=["m1", "m2"])
    states = {m.id: m.state for m in await store.messages(CASE_ID)}
    assert states == {"m1": MessageState.EXPIRED, "m2": MessageState.TAKEN}
    await write(store, settlements=[settlement("m1", MessageState.TAKEN)])
    late = await store.message(US, "m1")
    assert late is not None
    assert late.state is MessageState.TAKEN


async def test_the_waiting_room_is_entered_once_and_left_once(store: Store) -> None:
    await write(store, waiting=[waiting("w1"), waiting("w2")])
    await write(store, waiting=[waiting("w1", sequence=99)], waiting_over=[(THEM, "w2")])
    scope = Scope(cases=[CASE_ID], waiting_of=[THEM])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert seen.waiting[THEM, CASE_ID] == [waiting("w1")]
    await write(store, waiting_over=[(THEM, "w1"), (THEM, "never came")])
    seen = await store.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert not seen.waiting.get((THEM, CASE_ID))
    assert seen.waiting_count == {THEM: 0}
