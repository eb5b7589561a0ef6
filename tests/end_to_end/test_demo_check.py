"""The check that ends the demonstration: it sees whatever was changed in a store."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.adapter import Draft
from adapters.profiles.load import builtin_profile, load_adapter
from contracts.messages import Kind, ReceiveBody
from gateway import bootstrap, config
from gateway.demo.check import Audit, audit, read_ledger
from gateway.exchange.courier import Courier
from gateway.exchange.receive import Receive
from gateway.member_folder import NewMember, make_member_folder
from gateway.ports import Answer
from gateway.settings import ExchangeTable
from keys.trust.members_file import write_members

_FILING = Path(__file__).parents[1] / "vectors" / "up_pro" / "01-submit-with-materials.jsonl"
_CITIES = {"410100": "sm", "440100": "intl"}


class _Wire:
    """A `Link` straight into the other city's `receive`."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def post(self, path: str, body: bytes) -> Answer:
        _, reply = await self._receive(body)
        return Answer(200, reply)


@pytest.fixture
async def folders(tmp_path: Path) -> dict[str, Path]:
    """Two cities that exchanged a submission and its answer."""
    homes = {code: tmp_path / code for code in _CITIES}
    members = [make_member_folder(homes[code], NewMember(code, _CITIES[code])) for code in homes]
    for home in homes.values():
        write_members(home / "members.json", members)
    async with _open(homes["410100"]) as here, _open(homes["440100"]) as there:
        (filing,) = load_adapter(builtin_profile("410100")).read(_FILING.read_bytes())
        opened = await here.submit(filing)
        await _carry(here, there)
        body = ReceiveBody(case_number="GZ-1", received_at=datetime.now(UTC))
        await there.submit(Draft(opened.case_id, Kind.RECEIVE, body))
        await _carry(there, here)
    return homes


@contextlib.asynccontextmanager
async def _open(home: Path) -> AsyncIterator[bootstrap.Parts]:
    parts = bootstrap.parts(config.load(home))
    try:
        yield parts
    finally:
        await parts.store.close()


async def _carry(sender: bootstrap.Parts, receiver: bootstrap.Parts) -> None:
    """Everything that waits at the sender, by its own courier."""
    wire = _Wire(Receive(receiver.home, receiver.store, receiver.queue, to_city=False))
    pace = ExchangeTable().pace
    courier = Courier(
        *(sender.home, sender.store, sender.queue, wire, receiver.home.code),
        pace=pace,
        to_city=False,
    )
    running = asyncio.create_task(courier.run())
    while await sender.store.backlog():
        assert not running.done()
        await asyncio.sleep(0.01)
    courier.stop()
    await running


async def _audit(folders: dict[str, Path]) -> Audit:
    ledgers = []
    for code, home in folders.items():
        async with _open(home) as parts:
            ledgers.append(await read_ledger(code, parts.store, parts.home.trust))
    return audit(ledgers)


async def test_two_honest_stores_hold(folders: dict[str, Path]) -> None:
    result = await _audit(folders)
    assert result.faults == ()
    assert (result.cases, result.messages, result.receipts) == (1, 2, 2)
    assert (result.signatures, result.paths) == (8, 8)


@pytest.mark.parametrize(
    ("doctored", "seen"),
    [
        pytest.param(
            "UPDATE message SET envelope ="
            " CAST(replace(envelope, 'case.submit', 'case.remind') AS BLOB)"
            " WHERE kind = 'case.submit'",
            "path.invalid",
            id="envelope",
        ),
        pytest.param("DELETE FROM message WHERE kind = 'case.receive'", "缺少", id="message-gone"),
        pytest.param(
            "UPDATE message SET receipt = CAST(replace(receipt, 'taken', 'refused') AS BLOB)",
            "no seal covers its receipt",
            id="receipt",
        ),
        pytest.param("UPDATE message SET receipt = NULL", "两侧回执不同", id="receipt-gone"),
        pytest.param(
            "UPDATE seal SET token = substr(token, 1, length(token) - 8) || 'AAAAAAAA'",
            "seal.invalid",
            id="signature",
        ),
        pytest.param(
            "UPDATE seal SET leaves = CAST(leaves || leaves AS BLOB) WHERE \"of\" = 'batch'",
            "path.invalid",
            id="leaves",
        ),
        pytest.param("DELETE FROM seal WHERE \"of\" = 'batch'", "batch seal is gone", id="seal"),
        pytest.param("UPDATE message SET position = 7", "the kept leaves", id="position"),
        pytest.param("UPDATE case_record SET state = 'closed'", "两侧状态不同", id="state"),
        pytest.param("UPDATE case_record SET taken = taken + 1", "所发未全到", id="counter"),
        pytest.param("DELETE FROM case_record", "没有此件", id="case-gone"),
        pytest.param(
            'INSERT INTO incident (id, at, code, detail, "where")'
            " VALUES ('x', 0, 'message.conflict', 'other bytes', '{}')",
            "message.conflict",
            id="incident",
        ),
    ],
)
async def test_a_doctored_store_is_seen(folders: dict[str, Path], doctored: str, seen: str) -> None:
    with contextlib.closing(sqlite3.connect(folders["440100"] / "store.sqlite")) as database:
        assert database.execute(doctored).rowcount
        database.commit()
    result = await _audit(folders)
    assert any(seen in fault for fault in result.faults), result.faults
