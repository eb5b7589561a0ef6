"""The same bytes posted many times at the same instant: one effect, one receipt."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from tests.processes.answer import Answer
from tests.processes.city import City, beside
from tests.processes.ledger import count
from tests.processes.under_attack import UnderAttack, under_attack

TIMES = 8


def post_at_once(attack: UnderAttack, cities: Sequence[City], body: bytes) -> list[Answer]:
    """One request a thread, all let go together, spread over the processes of `cities`."""
    start = threading.Barrier(TIMES)

    def post(number: int) -> Answer:
        url = cities[number % len(cities)].url
        start.wait()
        return attack.forger.post(url, body)

    with ThreadPoolExecutor(TIMES) as threads:
        return [attack.checked(answer) for answer in threads.map(post, range(TIMES))]


@pytest.mark.parametrize("processes", [1, 4], ids=["one process", "four processes"])
def test_eight_posts_at_once_are_one_message(tmp_path: Path, processes: int) -> None:
    with under_attack(tmp_path) as attack, ExitStack() as others:
        gateways = [attack.city]
        for _ in range(processes - 1):
            another = beside(attack.city).start()
            others.callback(another.clear_away)
            gateways.append(another)
        for gateway in gateways:
            gateway.ready()
        for _ in range(5):
            letters = [attack.submit() for _ in range(3)]
            body = orjson.dumps(attack.forger.batch(attack.city.member, letters))
            answers = post_at_once(attack, gateways, body)
            for index, letter in enumerate(letters):
                outcomes = sorted(answer.outcomes[index] for answer in answers)
                assert outcomes == ["duplicate"] * (TIMES - 1) + ["taken"]
                assert len({answer.results[index]["receipt"] for answer in answers}) == 1
                assert attack.kept(letter) == 1
                assert count(attack.city.store, "case_record", "id = ?", letter.case_id) == 1
                message = letter.envelope["id"]
                assert count(attack.city.store, "part", "message_id = ?", message) == 1
        assert count(attack.city.store, "incident") == 0


def test_processes_that_start_together_on_a_fresh_folder_share_it(tmp_path: Path) -> None:
    with under_attack(tmp_path, started=False) as attack, ExitStack() as others:
        gateways = [attack.city, *(beside(attack.city) for _ in range(3))]
        for gateway in gateways:
            gateway.start()
        for another in gateways[1:]:
            others.callback(another.clear_away)
        for gateway in gateways:
            gateway.ready()
        body = orjson.dumps(attack.forger.batch(attack.city.member, [attack.submit()]))
        answers = post_at_once(attack, gateways, body)
        outcomes = sorted(answer.outcomes[0] for answer in answers)
        assert outcomes == ["duplicate"] * (TIMES - 1) + ["taken"]
        assert count(attack.city.store, "message") == 1
