"""A database whose disk is full: no table can grow (RLIMIT_FSIZE on the server's processes).

The limit ends in the middle of a page, so PostgreSQL writes a part of it and says what it
says of a full disk (53100). This needs no right to mount anything, and holds for root as
for others. Not covered: a disk without room for the server's own log; then PostgreSQL ends
itself, which is a server that stops (test_exchange_production).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.messages import Kind
from tests.processes.filling import BODY, post_until_full
from tests.processes.forger import new_id
from tests.processes.ledger import ask, assert_proven, count
from tests.processes.patience import until
from tests.processes.postgres import PrivateServer, private_server
from tests.processes.under_attack import under_attack

LOG_MB = 1
"""The server's log is in files of this size, which must be free to be written."""
PAGE, ROOM = 8192, 300_000


def fill_the_disk(server: PrivateServer, database: str) -> None:
    """From now on no file of the server grows beyond some room."""
    name = database.rpartition("/")[2]
    ((number,),) = server.execute("SELECT oid FROM pg_database WHERE datname = %s", name)
    files = (server.node.data / "base" / str(number)).iterdir()
    largest = max(LOG_MB << 20, *(file.stat().st_size for file in files))
    server.limit_files((largest + ROOM) // PAGE * PAGE + PAGE // 2)


@pytest.fixture
def server() -> Iterator[PrivateServer]:
    with private_server(f"--wal-segsize={LOG_MB}") as made:
        yield made


@pytest.mark.slow
def test_a_database_with_a_full_disk_takes_nothing_and_loses_nothing(
    tmp_path: Path, server: PrivateServer
) -> None:
    with under_attack(tmp_path, started=False) as attack:
        attack.city.move_to(server.database())
        books = attack.city.books
        attack.city.start().ready()
        for _ in range(2):
            fill_the_disk(server, str(books))
            receipted = post_until_full(attack)
            assert receipted
            until(lambda: attack.city.health()[1].get("faults") == ["store.full"], "it says so")
            assert attack.send(attack.say(Kind.REMIND, BODY, new_id(), 1)).code == "store.full"
            attack.city.kill()
            attack.city.start()
            server.limit_files(None)
            attack.city.ready()
            for letter, answer in receipted:
                again = attack.send(letter)
                assert again.outcomes == ["duplicate"]
                assert again.results[0]["receipt"] == answer.results[0]["receipt"]
            assert attack.send(attack.submit()).outcomes == ["taken"]
        kept = ask(books, "SELECT digest FROM message")
        assert len(kept) == len(set(kept)) == count(books, "message")
        assert_proven(books, attack.city.folder / "members.json")
        assert attack.city.stop() == 0
