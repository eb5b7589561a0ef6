"""`tongban store`: a month of parts goes, and what was said can still be proven."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.command import Ended, tongban
from tests.processes.city import City, cities
from tests.processes.ledger import ask
from tests.processes.office import all_settled, offices
from tests.processes.postgres import Server

LONG_AGO = int(datetime(2025, 3, 9, tzinfo=UTC).timestamp()) * 1000


def said(city: City, *arguments: str | Path) -> Ended:
    return tongban(*arguments, "--home", city.folder, "--lang", "en")


def age(database: str) -> None:
    """As if all that is there had come long ago."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE TABLE part_2025_03 PARTITION OF part FOR VALUES FROM (1740787200000)"
            " TO (1743465600000)"
        )
        for table in ("message", "part"):
            connection.execute(f"UPDATE {table} SET recorded_at = {LONG_AGO}".encode())


@pytest.mark.slow
async def test_a_month_is_put_away_and_its_messages_still_prove_themselves(
    tmp_path: Path, postgres: Server
) -> None:
    database = postgres.database()
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}) as (city, partner):
        city.move_to(database)
        async with offices([city, partner]) as (office, _):
            case_id = await office.file("A-1", partner.code)
            age(database)
            ((message,),) = ask(database, "SELECT id FROM message")
            for each in (city, partner):
                each.start().ready()
            await all_settled(city, partner)
        age_of = ask(database, "SELECT recorded_at FROM message")
        assert age_of == [(LONG_AGO,)]
        assert said(city, "store", "detach", "2025-03").code == 0
        listed = said(city, "store", "months").out
        assert [line.split()[:2] + line.split()[3:] for line in listed.splitlines()
                if "2025" in line] == [["part_2025_03", "2", "no,", "detached"]]  # fmt: skip
        shown = said(city, "message", "show", message, "--open")
        assert "archived in part_2025_03" in shown.out
        assert "signature, path and root hold" in shown.out
        assert (shown.code, "store.archived" in shown.err) == (1, True)
        file = tmp_path / "evidence.json"
        assert said(city, "evidence", "export", case_id, "-o", file).code == 0
        assert tongban("verify", file, "--members", city.folder / "members.json").code == 0
        for each in (city, partner):
            assert each.stop() == 0
