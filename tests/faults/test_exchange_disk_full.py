"""A disk that is full: the files of the store cannot grow (RLIMIT_FSIZE on the process).

The gateway says so, takes nothing it cannot keep, keeps all it gave a receipt for, and goes
on by itself once there is room.
"""

import resource
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.messages import Kind
from tests.processes.answer import Answer
from tests.processes.city import City, cities
from tests.processes.filling import BODY, post_until_full
from tests.processes.forger import Letter, new_id
from tests.processes.ledger import ask, assert_proven, assert_same_story, count
from tests.processes.office import all_settled, offices
from tests.processes.patience import until, until_then
from tests.processes.under_attack import UnderAttack, under_attack

ROOM = 300_000
"""Bytes by which the files may still grow."""


def fill_the_disk(city: City) -> None:
    """From now on no file of the gateway grows beyond `ROOM` more than the largest has."""
    assert city.process is not None
    largest = max(path.stat().st_size for path in city.folder.iterdir() if path.is_file())
    _, hard = resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE, (largest + ROOM, hard))


def make_room(city: City) -> None:
    assert city.process is not None
    _, hard = resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[UnderAttack]:
    with under_attack(tmp_path) as attack:
        yield attack


def full(attack: UnderAttack) -> tuple[int, dict[str, object]]:
    """What /health/ready owes after a batch that there was no room for."""
    assert attack.send(attack.say(Kind.REMIND, BODY, new_id(), 1)).code == "store.full"
    return 503, {"ready": False, "member": attack.city.code, "faults": ["store.full"]}


def alive(city: City) -> bool:
    with urllib.request.urlopen(f"{city.url}/health/live", timeout=10) as answer:
        return bool(answer.status == 200 and answer.read() == b'{"live": true}')


def assert_still_receipted(attack: UnderAttack, receipted: list[tuple[Letter, Answer]]) -> None:
    """Each receipt that was given is in the store, and is given again byte for byte."""
    assert attack.kept(*(letter for letter, _ in receipted)) == len(receipted)
    for letter, answer in receipted:
        again = attack.send(letter)
        assert again.outcomes == ["duplicate"]
        assert again.results[0]["receipt"] == answer.results[0]["receipt"]
    assert ask(attack.city.store, "PRAGMA integrity_check") == [("ok",)]
    assert_proven(attack.city.store, attack.city.folder / "members.json")


def test_a_full_disk_refuses_work_and_keeps_what_it_receipted(attack: UnderAttack) -> None:
    fill_the_disk(attack.city)
    receipted = post_until_full(attack)
    assert receipted
    for _ in range(5):
        assert attack.send(attack.say(Kind.REMIND, BODY, new_id(), 1)).code == "store.full"
    assert attack.city.metric("tongban_rejected_total", code="store.full") >= 6
    attack.city.kill()
    attack.city.start().ready()
    assert_still_receipted(attack, receipted)
    assert attack.send(attack.submit()).outcomes == ["taken"]


def test_a_disk_with_room_again_is_used_again_without_a_restart(attack: UnderAttack) -> None:
    assert attack.city.health()[0] == 200
    for _ in range(3):
        fill_the_disk(attack.city)
        receipted = post_until_full(attack)
        until(lambda: full(attack) == attack.city.health(), "it says that its disk is full")
        assert alive(attack.city)
        make_room(attack.city)
        until(lambda: attack.city.health()[0] == 200, "it is ready again before anybody sends")
        until(lambda: attack.send(attack.submit()).status == 200, "it takes batches again")
        assert_still_receipted(attack, receipted)
    assert attack.city.health()[0] == 200
    assert attack.city.stop() == 0


def test_a_gateway_with_a_full_disk_can_be_stopped(attack: UnderAttack) -> None:
    fill_the_disk(attack.city)
    receipted = post_until_full(attack)
    assert attack.city.stop() == 0
    attack.city.start().ready()
    assert_still_receipted(attack, receipted)


async def test_a_sender_with_a_full_disk_sends_nothing_it_cannot_put_on_record(
    tmp_path: Path,
) -> None:
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}) as (here, there):
        here.start().ready()
        async with offices([here]) as (office,):
            for number in range(400):
                await office.file(f"D-{number}", there.code)
            _no_room_at_all(here)
            there.start().ready()
            await until_then(
                lambda: here.metric("tongban_rejected_total", code="store.full") > 0,
                "the courier finds the disk full",
            )
            assert count(here.store, "message", "state = 'taken'") < 400
            make_room(here)
            await all_settled(here)
        assert assert_same_story(here.store, there.store, here.folder / "members.json") == 400


def _no_room_at_all(city: City) -> None:
    """Not one page more: as the store's own log is written anew, all it writes is refused."""
    assert city.process is not None
    _, hard = resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(city.process.pid, resource.RLIMIT_FSIZE, (0, hard))
