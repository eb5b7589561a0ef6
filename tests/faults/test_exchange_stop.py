"""A graceful stop: what is taken is finished and answered, and nothing is left half done."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.processes.answer import Answer
from tests.processes.city import cities
from tests.processes.forger import Letter
from tests.processes.ledger import assert_proven, assert_same_story, count
from tests.processes.office import all_settled, offices
from tests.processes.patience import until, until_then
from tests.processes.road import road
from tests.processes.under_attack import UnderAttack, under_attack

SENDERS = 6
STOPPING = {"ready": False, "member": "410100", "faults": ["gateway.stopping"]}
SUITES = {"410100": "sm", "440100": "intl"}


def post_until_gone(attack: UnderAttack, gone: threading.Event) -> list[tuple[Letter, Answer]]:
    """Batches one after another until nobody listens any more; those that were answered."""
    answered = []
    while not gone.is_set():
        letter = attack.submit()
        try:
            answer = attack.send(letter)
        except OSError:
            gone.set()
            break
        answered.append((letter, answer))
    return answered


def test_every_batch_that_was_taken_is_answered_before_the_end(tmp_path: Path) -> None:
    with under_attack(tmp_path) as attack, ThreadPoolExecutor(SENDERS) as threads:
        gone = threading.Event()
        senders = [threads.submit(post_until_gone, attack, gone) for _ in range(SENDERS)]
        until(lambda: count(attack.city.store, "message") > 100, "batches flow")
        attack.city.terminate()
        assert attack.city.ended() == 0
        gone.set()
        answered = [pair for sender in senders for pair in sender.result()]
        taken = [letter for letter, answer in answered if answer.status == 200]
        for _, answer in answered:
            if answer.status != 200:
                assert (answer.status, answer.code) == (503, "gateway.stopping")
                assert int(answer.headers["Retry-After"]) > 0
        assert attack.kept(*taken) == len(taken)
        assert count(attack.city.store, "message") == len(taken)
        assert_proven(attack.city.store, attack.city.folder / "members.json")
        assert "ended unforeseen" not in attack.city.log()


async def test_what_is_in_flight_to_a_partner_is_settled_before_the_end(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        async with road(here, there) as way, offices([here]) as (office,):
            way.delay = 3.0
            here.start().ready()
            there.start().ready()
            for number in range(20):
                await office.file(f"S-{number}", there.code)
            await until_then(lambda: way.passed, "a batch is in flight")
            here.terminate()
            await until_then(lambda: here.health()[0] != 200, "it says that it stops")
            assert here.health() == (503, STOPPING)
            assert await asyncio.to_thread(here.ended) == 0
            # Whatever the partner had answered is written down here.
            taken = count(there.store, "message")
            assert taken > 0
            assert count(here.store, "message", "state = 'taken'") == taken
            assert count(here.store, "ticket") == 20 - taken
            way.delay = 0.0
            here.start().ready()
            await all_settled(here)
        assert assert_same_story(here.store, there.store, here.folder / "members.json") == 20


async def test_a_partner_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        here.env["TONGBAN_GATEWAY__DRAIN_SECONDS"] = "2"
        async with road(here, there) as way, offices([here]) as (office,):
            way.delay = 600.0
            here.start().ready()
            there.start().ready()
            await office.file("S-1", there.code)
            await until_then(lambda: way.passed, "a batch is in flight")
            started = time.monotonic()
            assert here.stop() == 0
            assert time.monotonic() - started < 20  # the link's own limit is 30 seconds
            assert count(here.store, "ticket") == 1
            way.delay = 0.0
            await way.clear()
            here.start().ready()
            await all_settled(here)
        assert assert_same_story(here.store, there.store, here.folder / "members.json") == 1
