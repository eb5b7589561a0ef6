"""What a store that outlives its process owes: it is still there, for this one and for others."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.ports import Store, Verdict
from gateway.records import Changes, EpochRecord, Scope, Snapshot
from tests.ports.gateway.records import (
    CASE_ID,
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


async def test_everything_is_there_when_the_store_is_opened_again(
    another: Callable[[], Store],
) -> None:
    first = another()
    await write(
        first,
        cases={CASE_ID: case()},
        messages=[message("m1"), received("m2")],
        seals=[seal("s1", b"x" * 32)],
        tickets=[ticket("m1")],
        waiting=[waiting("w1")],
        incidents=[incident("i1")],
        intakes=["k1"],
        epochs=[EpochRecord("e1", "key", b"wrapped")],
    )
    before = await first.tickets("city", 0, 10)
    await first.close()
    again = another()
    assert await again.case(CASE_ID) == case()
    assert await again.message(US, "m1") == message("m1")
    assert await again.message(THEM, "m2") == received("m2")
    assert await again.seal("s1") == seal("s1", b"x" * 32)
    assert await again.tickets("city", 0, 10) == before
    assert await again.epoch("e1") == EpochRecord("e1", "key", b"wrapped")
    assert len(await again.incidents(limit=10)) == 1
    scope = Scope(cases=[CASE_ID], intakes=["k1"], waiting_of=[THEM])
    seen = await again.apply(scope, lambda snapshot: Verdict(Changes(), snapshot))
    assert seen.intakes == {"k1"}
    assert seen.waiting == {(THEM, CASE_ID): [waiting("w1")]}
    await again.close()


async def test_two_processes_lose_no_step(another: Callable[[], Store]) -> None:
    stores = [another() for _ in range(2)]
    await write(stores[0], cases={CASE_ID: case(sent=0)})

    def count(snapshot: Snapshot) -> Verdict[int]:
        known = snapshot.cases[CASE_ID]
        changed = replace(known, sent=known.sent + 1)
        return Verdict(Changes(cases={CASE_ID: changed}, tickets=[ticket("m1")]), changed.sent)

    answers = await asyncio.gather(
        *(stores[n % 2].apply(Scope(cases=[CASE_ID]), count) for n in range(80))
    )
    assert sorted(answers) == list(range(1, 81))
    positions = [each.position for each in await stores[1].tickets("city", 0, 100)]
    assert len(set(positions)) == 80
    for store in stores:
        await store.close()


async def test_a_reader_who_has_seen_a_position_finds_no_smaller_one_later(
    another: Callable[[], Store],
) -> None:
    writers, reader = [another(), another()], another()
    seen: list[int] = []
    busy = True

    async def read() -> None:
        while busy:
            after = seen[-1] if seen else 0
            seen.extend(t.position for t in await reader.tickets("city", after, 1000))

    reading = asyncio.create_task(read())
    for number in range(20):
        await asyncio.gather(
            *(
                write(writer, tickets=[ticket(f"m{number}-{n}"), ticket(f"n{number}-{n}")])
                for n in range(5)
                for writer in writers
            )
        )
    busy = False
    await reading
    everything = [each.position for each in await reader.tickets("city", 0, 1000)]
    assert len(everything) == 400
    assert everything[: len(seen)] == seen
    for store in (*writers, reader):
        await store.close()


async def test_a_lease_of_one_process_binds_another(another: Callable[[], Store]) -> None:
    here, there = (another() for _ in range(2))
    assert await here.lease("city", "here", 0, 100)
    assert not await there.lease("city", "there", 50, 150)
    assert await there.lease("city", "there", 100, 200)
    for store in (here, there):
        await store.close()
