"""What a city's store holds, read beside the gateway, and two stores compared."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from contracts.receipt import Receipt
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE
from contracts.tree import inclusion_paths
from gateway.clock import SystemClock
from keys.batch_seal import check_path, check_seal
from keys.suites import DIGESTS, SUITES
from keys.trust.members_file import MembersFile

Books = Path | str
"""Where a store is: an SQLite file, or the URL of a PostgreSQL database."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as one store has it."""

    id: str
    sender: str
    receiver: str
    case_id: str
    kind: str
    sequence: int
    state: str
    envelope: bytes
    digest: bytes
    seal_id: str | None
    position: int | None
    receipt: bytes | None
    reason: str | None


def ask(store: Books, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a query; the store may be in use by a gateway."""
    if isinstance(store, str):
        with psycopg.connect(store) as server:
            return server.execute(query.replace("?", "%s").encode(), values or None).fetchall()
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=60)) as connection:
        return connection.execute(query, values).fetchall()


def count(store: Books, table: str, where: str = "1 = 1", *values: object) -> int:
    return int(ask(store, f"SELECT count(*) FROM {table} WHERE {where}", *values)[0][0])


def entries(store: Books, where: str = "1 = 1", *values: object) -> list[Entry]:
    """Messages in the order they were recorded."""
    columns = ", ".join(Entry.__slots__)
    query = f"SELECT {columns} FROM message WHERE {where} ORDER BY recorded"
    return [Entry(*row) for row in ask(store, query, *values)]


def incidents(store: Books) -> list[str]:
    """The codes of all incidents, oldest first."""
    return [code for (code,) in ask(store, "SELECT code FROM incident ORDER BY at")]


def assert_same_story(one: Books, other: Books, members: Path, *strangers: str) -> int:
    """Both stores tell the same of what went between them, and can prove it.

    Every message that either has, the other has too: same bytes, same receipt, settled,
    once, without a gap in the sequences; every batch seal and every receipts seal holds
    and covers what it should. `strangers`: codes of members whose messages with these two
    are left aside. Returns the number of messages.
    """
    books = {}
    for store in (one, other):
        known = [e for e in entries(store) if not {e.sender, e.receiver} & set(strangers)]
        books[store] = {(e.sender, e.id): e for e in known}
        assert len(known) == len(books[store]), "a message stands twice"
    assert books[one].keys() == books[other].keys()
    for key, mine in books[one].items():
        theirs = books[other][key]
        assert mine.receipt is not None, f"{mine.kind} {mine.sequence} has no receipt"
        same = ("envelope", "digest", "receipt", "state", "case_id", "sequence", "reason")
        for name in same:
            assert getattr(mine, name) == getattr(theirs, name), (name, mine, theirs)
    for store in (one, other):
        _assert_in_order(list(books[store].values()))
        assert count(store, "ticket") == 0
        assert count(store, "waiting") == 0
        assert_proven(store, members)
    return len(books[one])


def _assert_in_order(recorded: Sequence[Entry]) -> None:
    """Within a case and sender: recorded in the order of the sequences, from 1, no gap."""
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in recorded:
        lines[entry.case_id, entry.sender].append(entry.sequence)
    for line, sequences in lines.items():
        assert sequences == list(range(1, len(sequences) + 1)), line


def assert_proven(store: Books, members: Path) -> None:
    """As an auditor would, offline: every message under a batch seal of its sender, every
    receipt under a receipts seal of the one who gave it."""
    trust = MembersFile(members, SystemClock().monotonic)
    seals = ask(store, "SELECT id, of, token, leaves, at FROM seal")
    leaves_of: dict[str, list[bytes]] = {}
    receipted: set[tuple[str, bytes]] = set()
    for seal_id, of, token, packed, at in seals:
        typ = BATCH_TYPE if of == "batch" else RECEIPTS_TYPE
        recorded = datetime.fromtimestamp(at / 1000, UTC)
        seal = check_seal(token, typ, trust=trust, us=None, now=None, witnessed_at=recorded)
        leaves = leaves_of[seal_id] = [packed[i : i + 32] for i in range(0, len(packed), 32)]
        _, paths = inclusion_paths(DIGESTS[seal.digest], leaves)
        assert len(leaves) == seal.size
        for index, leaf in enumerate(leaves):
            check_path(
                DIGESTS[seal.digest], seal, leaf, index, [step.hex() for step in paths[index]]
            )
        if of == "receipts":
            receipted.update((seal.iss, leaf) for leaf in leaves)
    digest_of = {m.code: _digest(trust, m.code) for m in trust.members()}
    for entry in entries(store):
        assert entry.seal_id is not None
        assert entry.position is not None
        assert leaves_of[entry.seal_id][entry.position] == entry.digest
        assert digest_of[entry.sender](b"\x00" + entry.envelope) == entry.digest
        if entry.receipt is not None:
            receipt = Receipt.model_validate_json(entry.receipt)
            assert receipt.digest == entry.digest.hex()
            leaf = digest_of[entry.receiver](b"\x00" + entry.receipt)
            assert (entry.receiver, leaf) in receipted, f"no seal over the receipt of {entry.id}"


def _digest(trust: MembersFile, code: str) -> Any:
    return SUITES[trust.member(code).suite].digest
