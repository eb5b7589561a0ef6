"""What a store answers: whole records, in the order that each question promises."""

from dataclasses import replace

import pytest

from gateway.ports import Backlog, Store
from gateway.records import EpochRecord, LeaseRecord, MessageState, PartRecord
from tests.ports.gateway.records import (
    CASE_ID,
    OTHERS,
    THEM,
    US,
    case,
    incident,
    message,
    received,
    seal,
    ticket,
    waiting,
    write,
)

MIB = 1 << 20


async def test_a_message_comes_back_as_it_was(store: Store) -> None:
    parts = (
        PartRecord("body", "application/json", bytes(range(256)) * 4096),
        PartRecord("照片".encode().hex(), "image/jpeg", b""),
    )
    whole = message("m1", parts=parts, kind="case.𠮷")
    assert len(parts[0].sealed) == MIB
    await write(store, messages=[whole])
    assert await store.message(US, "m1") == whole
    assert await store.message(None, "m1") == whole
    assert await store.message(THEM, "m1") is None
    assert await store.message(None, "nobody") is None


async def test_two_senders_may_use_the_same_id(store: Store) -> None:
    theirs = received("m1", parts=(PartRecord("body", "text/plain", b"theirs"),))
    await write(store, messages=[theirs, message("m1")])
    assert await store.message(THEM, "m1") == theirs
    assert await store.message(US, "m1") == message("m1")
    ((ours, parts),) = await store.outgoing(["m1"])
    assert ours.sender == US
    assert tuple(parts) == message("m1").parts


async def test_outgoing_keeps_the_order_it_was_asked_in(store: Store) -> None:
    await write(store, messages=[message("m1"), message("m2"), message("m3"), received("m4")])
    found = await store.outgoing(["m3", "nobody", "m1", "m4"])
    assert [each.id for each, _ in found] == ["m3", "m1"]
    assert [tuple(parts) for _, parts in found] == [message("m3").parts] * 2
    assert await store.outgoing([]) == []


async def test_the_messages_of_a_case_come_in_the_order_they_were_recorded(store: Store) -> None:
    for name in ("m3", "m1", "m2"):
        await write(store, messages=[message(name)])
    await write(store, messages=[message("elsewhere", case_id="another")])
    found = await store.messages(CASE_ID)
    assert [each.id for each in found] == ["m3", "m1", "m2"]
    assert found[0] == replace(message("m3"), parts=())


async def test_a_case_comes_back_as_it_was_last_written(store: Store) -> None:
    await write(store, cases={CASE_ID: case()})
    assert await store.case(CASE_ID) == case()
    refused = case(case=None, sent=4, taken=2, changed_at=3_000)
    await write(store, cases={CASE_ID: replace(refused, partner=OTHERS, opened_at=2_000)})
    assert await store.case(CASE_ID) == refused, "partner and opening never change"
    assert await store.case_by_number(str(refused.number)) == refused
    assert await store.case_by_number("nobody's") is None
    assert await store.case("nobody") is None


async def test_cases_are_paged_newest_first(store: Store) -> None:
    ids = [f"{CASE_ID[:-1]}{number}" for number in range(5)]
    # The last three share a millisecond, as the cases of one batch do.
    await write(store, cases={i: case(i, changed_at=min(n, 2)) for n, i in enumerate(ids)})
    first = await store.cases(before=None, limit=2)
    assert [each.id for each in first] == [ids[4], ids[3]]
    rest = await store.cases(before=first[-1], limit=10)
    assert [each.id for each in rest] == [ids[2], ids[1], ids[0]]


async def test_the_first_seal_over_a_leaf_is_found_by_whole_leaves_only(store: Store) -> None:
    a, b, c = (bytes([n]) * 16 + bytes(16) for n in (1, 2, 3))
    await write(
        store,
        seals=[
            seal("old", a, at=500),
            seal("second", b, a, at=2_000),
            seal("first", a, b, c, at=1_000),
            seal("ours", a, issuer=US, at=900),
        ],
    )
    found = await store.seal_over(a, THEM, 600)
    assert found == seal("first", a, b, c, at=1_000)
    assert await store.seal("second") == seal("second", b, a, at=2_000)
    assert await store.seal_over(c, THEM, 2_000) is None
    across = a[16:] + b[:16]  # stands in the bytes of "first", but is no leaf of it
    assert await store.seal_over(across, THEM, 0) is None


async def test_the_seals_of_a_city_from_a_time_on_oldest_first(store: Store) -> None:
    leaf = bytes(32)
    kept = [seal("a", leaf, at=500), seal("b", leaf, at=1_000), seal("c", leaf, at=700)]
    await write(store, seals=[*kept, seal("ours", leaf, issuer=US, at=900)])
    assert await store.seals_of(THEM, 600, 10) == [kept[2], kept[1]]
    assert await store.seals_of(THEM, 500, 2) == [kept[0], kept[2]]
    assert await store.seals_of(THEM, 1_001, 10) == []


async def test_an_epoch_is_found_by_its_text(store: Store) -> None:
    epoch = EpochRecord("c2VjcmV0" * 100, "key-1", b"\x00wrapped")
    await write(store, epochs=[epoch])
    assert await store.epoch(epoch.id) == epoch
    assert await store.epoch("another") is None


async def test_expiring_are_our_queued_messages_oldest_first(store: Store) -> None:
    await write(
        store,
        messages=[
            message("late", expires_at=2_000),
            message("later", expires_at=1_000),
            message("in time", expires_at=3_001),
            message("settled", expires_at=1_000, state=MessageState.TAKEN),
            received("theirs", expires_at=1_000),
        ],
    )
    found = await store.expiring(3_000, 10)
    assert [each.id for each in found] == ["later", "late"]
    assert found[0].parts == ()
    assert len(await store.expiring(3_000, 1)) == 1


async def test_those_who_waited_too_long_are_found_without_their_parts(store: Store) -> None:
    await write(store, waiting=[waiting("w1", expires_at=1_000), waiting("w2", expires_at=3_001)])
    found = await store.waiting_expired(3_000, 10)
    assert found == [replace(waiting("w1", expires_at=1_000).message, parts=())]


async def test_the_backlog_counts_each_lane_from_its_oldest_ticket(store: Store) -> None:
    assert await store.backlog() == []
    await write(
        store,
        tickets=[ticket("m1", at=5), ticket("m2", at=3), ticket("m3", lane="partner/1", at=9)],
    )
    found = sorted(await store.backlog(), key=lambda each: each.lane)
    assert found == [Backlog("city", 2, 3), Backlog("partner/1", 1, 9)]


async def test_incidents_come_newest_first_without_their_content(store: Store) -> None:
    await write(store, incidents=[incident(f"i{n}", at=n) for n in range(3)])
    found = await store.incidents(limit=2)
    assert found == [incident("i2", at=2, content=None), incident("i1", at=1, content=None)]


@pytest.mark.parametrize(
    "text", ["\0", "a\0b", "\x1a", "\x1a0", "\x1a1\0", "\\0", "\ufffd", "𠮷\x7f"]
)
async def test_every_character_comes_back_as_it_was(store: Store, text: str) -> None:
    whole = case(number=f"n{text}n")
    await write(store, cases={CASE_ID: whole}, incidents=[incident("i1", detail=text)])
    assert await store.case(CASE_ID) == whole
    assert await store.case_by_number(f"n{text}n") == whole
    assert await store.incident("i1") == incident("i1", detail=text)


async def test_one_incident_comes_with_its_content(store: Store) -> None:
    await write(store, incidents=[incident("i1", at=1), incident("i2", at=2)])
    assert await store.incident("i2") == incident("i2", at=2)
    assert await store.incident("i3") is None


async def test_incidents_are_counted_by_code(store: Store) -> None:
    assert await store.incident_counts() == {}
    several = [incident(f"i{n}", at=n, code=f"code.{n % 2}") for n in range(3)]
    await write(store, incidents=several)
    await write(store, incidents=several[:1])  # the same again is not counted again
    assert await store.incident_counts() == {"code.0": 2, "code.1": 1}


@pytest.mark.parametrize("owner", ["me", "me again"])
async def test_a_lease_is_exclusive_until_it_runs_out(store: Store, owner: str) -> None:
    assert await store.lease("city", owner, 0, 100)
    assert not await store.lease("city", "you", 50, 150)
    assert await store.lease("city", owner, 50, 200), "its holder may renew it"
    assert not await store.lease("city", "you", 150, 250)
    assert await store.lease("partner/1", "you", 150, 250), "another lane is another lease"
    assert await store.lease("city", "you", 200, 300), "it ran out"
    assert not await store.lease("city", owner, 250, 350)


async def test_a_lease_of_a_clock_that_was_set_back_keeps_nobody_out(store: Store) -> None:
    assert await store.lease("city", "me", 1000, 1100)
    assert not await store.lease("city", "you", 900, 1000), "some difference is no wonder"
    assert await store.lease("city", "you", 899, 999)
    assert not await store.lease("city", "me", 900, 1000), "now it is the other's"


async def test_a_lease_is_released_by_its_holder_alone(store: Store) -> None:
    assert await store.lease("city", "me", 0, 100)
    await store.release("city", "you")
    assert not await store.lease("city", "you", 50, 150)
    await store.release("city", "me")
    assert await store.lease("city", "you", 50, 150)
    await store.release("nothing", "me")


async def test_lanes_that_have_tickets_are_found_by_what_they_are_under(store: Store) -> None:
    assert await store.lanes("city") == []
    names = (
        "city",
        "city/0/440100",
        "city/0/430100",
        "city/7/440100",
        "partner/440100",
        "citywide",
    )
    await write(store, tickets=[ticket(f"{name}{n}", name) for name in names for n in range(3)])
    assert sorted(await store.lanes("city")) == sorted(names[:4])
    assert sorted(await store.lanes("city/0")) == sorted(names[1:3])
    assert await store.lanes("partner/440100") == ["partner/440100"]
    assert await store.lanes("partner/43") == []


async def test_leases_are_shown_also_when_they_ran_out(store: Store) -> None:
    assert await store.leases("here/city") == []
    for lane, owner in (("here/city/a", "me"), ("here/city/b", "you"), ("here/other/c", "me")):
        assert await store.lease(lane, owner, 0, 100)
    found = sorted(await store.leases("here/city"), key=lambda each: each.lane)
    assert found == [LeaseRecord("here/city/a", "me", 100), LeaseRecord("here/city/b", "you", 100)]
    await store.release("here/city/a", "me")
    assert [each.lane for each in await store.leases("here/city")] == ["here/city/b"]
    assert await store.leases("here/cit%") == []


async def test_a_partner_was_last_heard_when_its_last_seal_was_kept(store: Store) -> None:
    assert await store.last_heard(THEM) is None
    await write(store, seals=[seal("s1", issuer=THEM, at=5), seal("s2", issuer=THEM, at=9)])
    await write(store, seals=[seal("s3", issuer=US, at=20)])
    assert await store.last_heard(THEM) == 9


async def test_the_bucket_of_a_case_is_the_first_that_was_written(store: Store) -> None:
    await write(store, cases={CASE_ID: case(bucket=3)})
    await write(store, cases={CASE_ID: case(bucket=5, taken=9)})
    found = await store.case(CASE_ID)
    assert found is not None
    assert (found.bucket, found.taken) == (3, 9)
