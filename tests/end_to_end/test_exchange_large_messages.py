"""Messages as large as they may be get through; larger ones are refused where they arise,
since a message that no gateway takes would be offered for ever, and others with it."""

from pathlib import Path

import pytest

from adapters.adapter import Draft, File
from contracts import limits
from contracts.errors import MessageRefused
from tests.processes.city import cities
from tests.processes.drafts import submission
from tests.processes.ledger import assert_same_story, count
from tests.processes.office import all_settled, offices

FULL = (limits.BATCH_BYTES - limits.MIB) * 3 // 4
"""Plain bytes of parts that fill a batch in base64, beside one envelope and its wrapping."""
SUITES = {"410100": "sm", "440100": "intl"}


def with_files(number: str, *sizes: int) -> Draft:
    plain = submission(number, *SUITES)
    files = {f"scan-{i}": File("image/jpeg", b"\xff" * size) for i, size in enumerate(sizes)}
    return Draft(number, plain.kind, plain.body, files)


async def test_the_largest_messages_get_through(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        here.start().ready()
        there.start().ready()
        room = FULL - 2 * limits.PART_BYTES - 2048
        async with offices([here]) as (office,):
            most = with_files("L-1", limits.PART_BYTES, limits.PART_BYTES, room)
            await office.parts.submit(most)
            await office.parts.submit(with_files("L-2", *[1] * (limits.MESSAGE_PARTS - 1)))
            await office.parts.submit(with_files("L-3", *[100] * 20))
            await all_settled(here)
        assert assert_same_story(here.store, there.store, here.folder / "members.json") == 3
        assert count(there.store, "message", "state = 'taken'") == 3


@pytest.mark.parametrize(
    "sizes",
    [
        (limits.PART_BYTES + 1,),
        (limits.PART_BYTES,) * 5,
        (limits.PART_BYTES, limits.PART_BYTES, FULL - 2 * limits.PART_BYTES),
        (1,) * limits.MESSAGE_PARTS,
    ],
    ids=["one part", "all parts", "all and the body", "their number"],
)
async def test_a_message_that_no_gateway_would_take_is_refused_where_it_arises(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    with cities(tmp_path, SUITES) as both:
        async with offices([both[0]]) as (office,):
            with pytest.raises(MessageRefused) as refused:
                await office.parts.submit(with_files("L-9", *sizes))
            assert refused.value.code == "envelope.too_complex"
            assert count(both[0].store, "message") == 0
