"""A partner that is gone for a while: its backlog waits for it, and nobody else waits."""

from pathlib import Path

from contracts.case import State
from tests.processes.city import cities
from tests.processes.ledger import ask, assert_same_story, count, entries
from tests.processes.office import all_settled, offices
from tests.processes.patience import until_then

CASES, REST = 120, 30


async def test_a_dead_partner_delays_nobody_and_gets_its_backlog_in_order(
    tmp_path: Path,
) -> None:
    suites = {"410100": "sm", "440100": "intl", "410300": "intl"}
    with cities(tmp_path, suites) as (here, gone, there):
        here.start().ready()
        there.start().ready()
        async with offices([here, there]) as (office, other):
            for number in range(CASES):
                await office.file(f"A-{number}", gone.code)
                if number < REST:
                    await office.file(f"B-{number}", there.code)
            # The exchange with the third runs to the end while the second is still gone.
            await other.answer_all(here.code, REST)
            await until_then(
                lambda: not count(here.store, "ticket", "lane != ?", f"partner/{gone.code}"),
                "nothing waits for the third partner",
            )
            assert count(here.store, "ticket") == CASES
            assert here.metric("tongban_queue_depth", lane=f"partner/{gone.code}") == CASES
            assert here.metric("tongban_link_failures", partner=gone.code) > 0
            assert here.metric("tongban_link_failures", partner=there.code) == 0
            assert here.health()[0] == 200
            gone.start().ready()
            await all_settled(here, there, gone)
        arrived = [entry.id for entry in entries(gone.store)]
        assert arrived == [entry.id for entry in entries(here.store, "receiver = ?", gone.code)]
        assert here.metric("tongban_link_failures", partner=gone.code) == 0
        states = ask(gone.store, "SELECT state, count(*) FROM case_record GROUP BY state")
        assert states == [(State.SUBMITTED.value, CASES)]


async def test_a_partner_that_comes_and_goes_misses_nothing(tmp_path: Path) -> None:
    with cities(tmp_path, {"410100": "intl", "440100": "sm"}) as (here, fickle):
        here.start().ready()
        async with offices([here]) as (office,):
            for absence in range(4):
                for number in range(20):
                    await office.file(f"{absence}-{number}", fickle.code)
                fickle.start().ready()
                await all_settled(here)
                assert count(here.store, "message", "state = 'taken'") == 20 * (absence + 1)
                assert fickle.stop() == 0
        members = here.folder / "members.json"
        assert assert_same_story(here.store, fickle.store, members) == 80
