"""Releases follow one another over one database, while cases flow all the time.

The first release that knew PostgreSQL runs; this one joins it, and brings the schema forward where
it is newer; one to come joins in turn, with a migration of its own. Each predecessor goes on
beside its successor, and is stopped in order.
"""

import asyncio
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.errors import REASONS
from gateway.stores.schema import REVISION
from keys.trust.members_file import write_members
from tests.processes.city import City, beside, cities
from tests.processes.ledger import ask, assert_same_story, count
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import LONG, until_then
from tests.processes.postgres import Server
from tests.processes.release import FIRST_REVISION, earlier, settings_of_the_earlier, to_come

ROLLING, PARTNER = "410100", "440100"
SOME = 5  # messages that make us believe that it goes on


@contextmanager
def filing(city: City, release: Path) -> Iterator[None]:
    """A desk of that release beside the city's gateways, that files cases all the time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.filer", str(city.folder), PARTNER],
        cwd=release,
        env={**os.environ, "PYTHONPATH": f"{release}:{Path(__file__).parents[2]}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == f"{release / 'gateway' / '__init__.py'}\n"
        yield
        said, _ = process.communicate("", timeout=LONG)
        assert process.returncode == 0
        filed = [int(line) for line in said.split()]
        assert filed == list(range(len(filed)))
    finally:
        process.kill()
        process.wait()


def revision(city: City) -> str:
    ((found,),) = ask(city.books, "SELECT version_num FROM alembic_version")
    return str(found)


async def flows_on(rolling: City, partner: City) -> None:
    """Messages of both cities go on being taken."""
    for sender in (ROLLING, PARTNER):
        for side in (rolling, partner):
            seen = taken(side, sender)
            await until_then(
                lambda s=side, n=seen, who=sender: taken(s, who) >= n + SOME,  # type: ignore[misc]
                f"messages of {sender} go on; {rolling.log()[-3000:]}",
            )


def taken(city: City, sender: str) -> int:
    return count(city.books, "message", "sender = ? AND state = 'taken'", sender)


def rejected(city: City) -> set[str]:
    """Why a gateway did not use a batch or reply."""
    with urllib.request.urlopen(f"{city.url}/metrics", timeout=60) as answer:
        return set(re.findall(r'tongban_rejected_total{code="([^"]+)"}', answer.read().decode()))


async def file_until(over: asyncio.Event, office: Office) -> None:
    number = 0
    while not over.is_set():
        await office.file(f"P-{number}", ROLLING)
        number += 1
        await asyncio.sleep(0.05)  # the pace of a busy office, not a wait for anything


def moves_to(successor: City, partner: City) -> None:
    """What a load balancer does for the members, their lists do here."""
    moved = successor.member.model_copy(update={"address": successor.url})
    write_members(partner.folder / "members.json", [moved, partner.member])


@pytest.mark.slow
async def test_releases_follow_one_another_and_nothing_is_lost(
    tmp_path: Path, postgres: Server
) -> None:
    old, new = earlier(tmp_path / "old"), to_come(tmp_path / "new")
    with cities(tmp_path, {ROLLING: "sm", PARTNER: "intl"}) as (first, partner):
        first.move_to(postgres.database())
        settings_of_the_earlier(first)
        first.release = old
        first.start().ready()
        partner.start().ready()
        assert revision(first) == FIRST_REVISION
        second, third = beside(first), beside(first)
        for later in (second, third):
            later.env["TONGBAN_TLS__MODE"] = "plain"
        third.release = new
        over = asyncio.Event()
        try:
            async with offices([partner]) as (office,):
                others = asyncio.create_task(file_until(over, office))
                with filing(first, old):
                    await flows_on(first, partner)
                    second.start().ready()
                    assert revision(first) == REVISION
                    await flows_on(first, partner)
                    moves_to(second, partner)
                    assert first.stop() == 0
                    await flows_on(second, partner)
                    third.start().ready()
                    assert revision(first) == "next"
                    await flows_on(second, partner)
                    again = beside(second).start()  # the older release still starts
                    again.ready()
                    assert again.stop() == 0
                    moves_to(third, partner)
                    assert second.stop() == 0
                    await flows_on(third, partner)
                over.set()
                await others
                await all_settled(first, partner)
            assert assert_same_story(first.books, partner.store, first.folder / "members.json")
            for city in (first, partner):
                assert ask(city.books, "SELECT DISTINCT state FROM message") == [("taken",)]
                assert ask(city.books, "SELECT code FROM incident") == []
            assert all(REASONS[code].retry for code in rejected(partner) | rejected(third))
            assert third.stop() == 0
            assert partner.stop() == 0
        finally:
            for city in (second, third):
                city.clear_away()
