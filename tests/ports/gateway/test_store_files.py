"""What a store in a file owes beyond: it is still there, for this process and for others."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import StoreUnavailable
from gateway.clock import SystemClock
from gateway.ports import Verdict
from gateway.records import Changes, EpochRecord, Scope, Snapshot
from gateway.stores.sqlite import open_sqlite
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

CLOCK = SystemClock()


async def test_everything_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    first = open_sqlite(tmp_path / "s.sqlite", CLOCK)
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
    again = open_sqlite(tmp_path / "s.sqlite", CLOCK)
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
    assert seen.waiting == {CASE_ID: [waiting("w1")]}
    await again.close()


async def test_two_processes_on_one_file_lose_no_step(tmp_path: Path) -> None:
    stores = [open_sqlite(tmp_path / "s.sqlite", CLOCK) for _ in range(2)]
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


async def test_a_lease_of_one_process_binds_another(tmp_path: Path) -> None:
    here, there = (open_sqlite(tmp_path / "s.sqlite", CLOCK) for _ in range(2))
    assert await here.lease("city", "here", 0, 100)
    assert not await there.lease("city", "there", 50, 150)
    assert await there.lease("city", "there", 100, 200)
    for store in (here, there):
        await store.close()


@pytest.mark.parametrize(
    "content", [b"this is no database at all, whatever its name may say\n" * 9]
)
async def test_a_file_that_is_no_database_is_said_to_be_none(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "s.sqlite").write_bytes(content)
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "s.sqlite", CLOCK)
    assert (tmp_path / "s.sqlite").read_bytes() == content


async def test_a_folder_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "nowhere" / "s.sqlite", CLOCK)
