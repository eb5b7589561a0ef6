"""`tongban migrate`: a member that has lived moves to PostgreSQL, and nobody notices."""

import shutil
from pathlib import Path

import pytest

from contracts.messages import Kind
from tests.end_to_end.command import tongban
from tests.processes.city import City, cities
from tests.processes.drafts import FACTS, fact
from tests.processes.ledger import ask, assert_same_story, entries
from tests.processes.office import all_settled, offices
from tests.processes.postgres import Server

MOVING, PARTNER = "410100", "440100"


async def live(moving: City, partner: City) -> None:
    """Cases both ways, in every state that facts alone lead to, and all of it settled."""
    async with offices([moving, partner]) as (one, other):
        filed = [await one.file(f"M-{steps}", PARTNER) for steps in range(len(FACTS) + 1)]
        for number in range(3):
            await other.file(f"P-{number}", MOVING)
        await all_settled(moving, partner)
        for steps, case_id in enumerate(filed):
            for kind in FACTS[:steps]:
                await other.parts.submit(fact(kind, case_id))
        await all_settled(moving, partner)


async def queue_some(moving: City) -> list[str]:
    """Messages that wait, the partner being away: facts about its cases, and new cases."""
    async with offices([moving]) as (office,):
        for case_id, _ in office.cases(PARTNER):
            for kind in (Kind.RECEIVE, Kind.ACCEPT):
                await office.parts.submit(fact(kind, case_id))
        await office.file("M-late", PARTNER)
    return [message for (message,) in ask(
        moving.books, "SELECT message_id FROM ticket ORDER BY position"
    )]  # fmt: skip


def migrate(city: City, url: str, *options: str) -> tuple[int, str, str]:
    ended = tongban("migrate", "--home", city.folder, "--url", url, *options, "--lang", "en")
    return ended.code, ended.out, ended.err


@pytest.mark.slow
async def test_a_member_moves_with_all_it_had_and_goes_on(tmp_path: Path, postgres: Server) -> None:
    url = postgres.database()
    with cities(tmp_path, {MOVING: "sm", PARTNER: "intl"}) as (moving, partner):
        async with offices([partner]) as (office,):
            await office.file("P-first", MOVING)
        shutil.copy(partner.store, tmp_path / "old.sqlite")  # it has no receipt yet
        for city in (moving, partner):
            city.start().ready()
        await live(moving, partner)
        assert partner.stop() == 0
        waiting = await queue_some(moving)

        code, _, said = migrate(moving, url, "--switch")
        assert (code, "store.in_use" in said) == (1, True)
        assert moving.stop() == 0
        code, said, _ = migrate(moving, url, "--switch")
        assert (code, "every row the same" in said) == (0, True)
        assert not moving.store.exists()
        moving.database = url
        assert entries(url) == entries(moving.folder / "store.sqlite.moved")

        moving.start().ready()
        partner.start().ready()
        await all_settled(moving, partner)
        arrived = [e.id for e in entries(partner.store, "sender = ?", MOVING)]
        assert arrived[-len(waiting) :] == waiting
        members = moving.folder / "members.json"
        assert assert_same_story(url, partner.store, members) > len(waiting) + 15
        await repeats_the_first_receipt(moving, partner, tmp_path / "old.sqlite")
        proves_a_case(moving, tmp_path / "evidence.json")
        assert moving.stop() == 0


async def repeats_the_first_receipt(moving: City, partner: City, old: Path) -> None:
    """The partner, its store restored from before, sends again what was receipted long ago."""
    (first,) = ask(
        moving.books,
        "SELECT id, receipt FROM message WHERE sender = ? ORDER BY recorded LIMIT 1",
        PARTNER,
    )
    assert partner.stop() == 0
    shutil.copy(old, partner.store)
    assert ask(partner.store, "SELECT id, receipt FROM message") == [(first[0], None)]
    partner.start().ready()
    await all_settled(partner)
    assert [tuple(row) for row in ask(partner.store, "SELECT id, receipt FROM message")] == [first]
    assert partner.stop() == 0


def proves_a_case(city: City, file: Path) -> None:
    ((case_id,),) = ask(city.books, "SELECT id FROM case_record ORDER BY opened_at LIMIT 1")
    exported = tongban("evidence", "export", case_id, "-o", file, "--home", city.folder)
    assert exported.code == 0, exported.err
    verified = tongban("verify", file, "--members", city.folder / "members.json")
    assert verified.code == 0, verified.err


def test_what_cannot_be_done_is_refused_before_anything_is_touched(
    tmp_path: Path, database: str
) -> None:
    with cities(tmp_path, {MOVING: "intl"}) as (city,):
        code, _, said = migrate(city, "postgresql://u:geheim@h/d")
        assert (code, "geheim" in said) == (2, False)
        city.move_to(database)
        code, _, said = migrate(city, database)
        assert (code, "in PostgreSQL already" in said) == (2, True)


def test_where_nobody_can_tell_whether_there_are_officers_nothing_is_done(tmp_path: Path) -> None:
    with cities(tmp_path, {MOVING: "intl"}) as (city,):
        url = "postgresql://nobody@127.0.0.1:1/none"
        city.move_to(url)
        code, _, said = migrate(city, url)
        assert (code, "store.unavailable" in said) == (1, True)


def test_settings_in_the_environment_are_not_switched_by_a_file(tmp_path: Path) -> None:
    with cities(tmp_path, {MOVING: "intl"}) as (city,):
        ended = tongban(
            "migrate", "--home", city.folder, "--switch", "--url", "postgresql://h/d",
            variables={"TONGBAN_STORE__PATH": "store.sqlite"},
        )  # fmt: skip
        assert (ended.code, "TONGBAN_STORE__PATH" in ended.err) == (2, True)
