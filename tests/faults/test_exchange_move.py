"""A partner that moves: its new address stands on the list, and nobody is started again."""

from pathlib import Path

from keys.trust.members_file import write_members
from tests.processes.city import cities
from tests.processes.ledger import assert_same_story, count
from tests.processes.office import all_settled, offices
from tests.processes.ports import free_port

CASES = 20


async def test_a_partner_that_moves_gets_its_messages_at_its_new_address(tmp_path: Path) -> None:
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}) as (here, there):
        here.start().ready()
        there.start().ready()
        async with offices([here]) as (office,):
            for number in range(CASES):
                await office.file(f"before-{number}", there.code)
            await all_settled(here)
            assert there.stop() == 0
            there.port = free_port()
            there.start().ready()
            for number in range(CASES):
                await office.file(f"after-{number}", there.code)
            moved = there.member.model_copy(update={"address": there.url})
            write_members(here.folder / "members.json", [here.member, moved])
            await all_settled(here)
        assert count(here.store, "message", "state = 'taken'") == 2 * CASES
        assert here.stop() == 0
        members = here.folder / "members.json"
        assert assert_same_story(here.store, there.store, members) == 2 * CASES
