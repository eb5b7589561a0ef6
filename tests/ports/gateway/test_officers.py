"""What every `OfficerStore` owes: one transaction, a chain without forks, values as they were."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.errors import Wrong
from gateway.clock import SystemClock
from gateway.officers.chain import Deed, Head, check
from gateway.officers.duties import Duty
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Account, Session, Token
from gateway.simulation.officers import MemoryOfficers
from gateway.stores.postgres import open_postgres
from gateway.stores.sqlite import open_sqlite

ACCOUNT = Account(
    "sec",
    Duty.SECURITY,
    made_at=1_790_000_000_000,
    password="$argon2id$…",
    code_secret=bytes(range(256)),
    code_used=59_666_666,
    failures=4,
    waits_until=1_790_000_002_000,
    locked_at=7,
    must_change=True,
    subject="https://id.example 王小明 𠮷",
)
SESSION = Session("f" * 64, "sec", Duty.SECURITY, 1, 2, 1_790_000_000_000)
TOKEN = Token("ab12", "gov-desk", bytes(32), ("case.read", "case.submit"), 1, "sec", 9, 5, 6)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def officers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OfficerStore]:
    if request.param == "memory":
        yield MemoryOfficers(lambda: int(time.time() * 1000))
        return
    if request.param == "sqlite":
        made = open_sqlite(tmp_path / "store.sqlite", SystemClock())
    else:
        made = open_postgres(request.getfixturevalue("database"), None, SystemClock())
    yield made.officers
    await made.close()


async def put(officers: OfficerStore, entries: Entries) -> None:
    await officers.decide(lambda _office: Ruling(entries, None))


def deed(act: str = "queue list", outcome: str = "allowed") -> Deed:
    return Deed("sys", "system", act, "440100", outcome)


async def test_a_new_store_has_no_officers(officers: OfficerStore) -> None:
    assert await officers.office() == Office()
    assert await officers.uses(0, 10) == []
    assert await officers.sign_ins() == {}


async def test_records_come_back_as_they_were(officers: OfficerStore) -> None:
    await put(officers, Entries(accounts=[ACCOUNT], sessions=[SESSION], tokens=[TOKEN]))
    office = await officers.office()
    assert office.accounts == {"sec": ACCOUNT}
    assert office.sessions == {SESSION.id: SESSION}
    assert office.tokens == {TOKEN.id: TOKEN}
    assert office.account_of(ACCOUNT.subject or "") == ACCOUNT
    assert office.account_of("somebody") is None


async def test_a_record_is_written_over_by_its_key(officers: OfficerStore) -> None:
    await put(officers, Entries(accounts=[ACCOUNT]))
    bare = Account("sec", Duty.AUDITOR, 5)
    await put(officers, Entries(accounts=[bare]))
    assert (await officers.office()).accounts == {"sec": bare}


async def test_what_is_gone_is_gone(officers: OfficerStore) -> None:
    await put(officers, Entries(accounts=[ACCOUNT], sessions=[SESSION]))
    await put(officers, Entries(gone_accounts=["sec", "other"], gone_sessions=[SESSION.id, "x"]))
    assert await officers.office() == Office()


async def test_the_log_is_a_chain(officers: OfficerStore) -> None:
    await put(officers, Entries(deeds=[deed("a"), deed("b", "refused")]))
    await put(officers, Entries(deeds=[deed("c")]))
    uses = await officers.uses(0, 10)
    assert [(use.number, use.act, use.outcome) for use in uses] == [
        (1, "a", "allowed"),
        (2, "b", "refused"),
        (3, "c", "allowed"),
    ]
    head = check(uses)
    assert (await officers.office()).head == head == Head(3, uses[-1].digest)
    assert abs(uses[0].at / 1000 - time.time()) < 60
    assert [use.at for use in uses] == sorted(use.at for use in uses)


async def test_the_log_is_read_by_pages(officers: OfficerStore) -> None:
    await put(officers, Entries(deeds=[deed(str(number)) for number in range(5)]))
    assert [use.number for use in await officers.uses(0, 2)] == [1, 2]
    assert [use.number for use in await officers.uses(2, 2)] == [3, 4]
    assert await officers.uses(5, 2) == []


async def test_sign_ins_are_counted_by_outcome(officers: OfficerStore) -> None:
    deeds = [deed("sign-in"), deed("sign-in"), deed("sign-in", "refused"), deed("sign-out")]
    await put(officers, Entries(deeds=deeds))
    assert await officers.sign_ins() == {"allowed": 2, "refused": 1}


async def test_what_a_rule_raises_passes_and_nothing_is_kept(officers: OfficerStore) -> None:
    def rule(_office: Office) -> Ruling[None]:
        raise Wrong("no", code="officer.own")

    with pytest.raises(Wrong):
        await officers.decide(rule)
    assert await officers.office() == Office()


async def test_rules_at_once_see_each_other(officers: OfficerStore) -> None:
    def one_more(office: Office) -> Ruling[int]:
        account = office.accounts.get("sec", Account("sec", Duty.SECURITY, 0))
        more = account.with_(failures=account.failures + 1)
        return Ruling(Entries(accounts=[more], deeds=[deed()]), more.failures)

    counts = await asyncio.gather(*(officers.decide(one_more) for _ in range(20)))
    assert sorted(counts) == list(range(1, 21))
    assert check(await officers.uses(0, 100)).number == 20
