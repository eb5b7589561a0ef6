"""Who is let through, and that every use is in the log."""

import pytest

from contracts.errors import Wrong
from gateway.officers.chain import check
from gateway.officers.duties import COMMANDS, NOBODY, OFFICERS, Duty
from tests.unit.gateway.officers.office import NAMES, Town

WORK = {
    Duty.SYSTEM: "queue discard",
    Duty.SECURITY: "federation approve",
    Duty.AUDITOR: "evidence export",
}


@pytest.fixture
async def town() -> Town:
    made = Town()
    await made.settle()
    return made


async def turned_away(town: Town, secret: str | None, act: str) -> Wrong:
    with pytest.raises(Wrong) as caught:
        await town.guard.admit(secret, act, COMMANDS.get(act, NOBODY), "x")
    return caught.value


async def test_each_does_the_work_of_one_and_no_other(town: Town) -> None:
    for duty in OFFICERS:
        signed = await town.enter(NAMES[duty])
        for whose, act in WORK.items():
            if whose is duty:
                account = await town.guard.admit(signed.secret, act, COMMANDS[act], "x")
                assert account is not None
                assert account.name == NAMES[duty]
                continue
            error = await turned_away(town, signed.secret, act)
            assert error.code == "officer.duty"
            assert {"system": "系统管理员", "security": "安全管理员", "auditor": "审计员"}[
                whose.value
            ] in error.detail, "it names which officer may"


async def test_every_use_is_in_the_log_allowed_or_not(town: Town) -> None:
    signed = await town.enter(NAMES[Duty.AUDITOR])
    rule = COMMANDS["evidence export"]
    await town.guard.admit(signed.secret, "evidence export", rule, "case-1")
    await turned_away(town, signed.secret, "federation approve")
    await turned_away(town, None, "queue list")
    await turned_away(town, "forged", "queue list")
    assert (await town.log())[-4:] == [
        ("aud", "evidence export", "case-1", "allowed"),
        ("aud", "federation approve", "x", "refused"),
        ("?", "queue list", "x", "refused"),
        ("?", "queue list", "x", "refused"),
    ]
    check(await town.store.uses(0, 1000))


async def test_nobody_uses_a_command_without_a_duty(town: Town) -> None:
    for duty in OFFICERS:
        signed = await town.enter(NAMES[duty])
        assert (await turned_away(town, signed.secret, "keys burn")).code == "officer.duty"


async def test_without_officers_everybody_may() -> None:
    town = Town()
    assert await town.guard.admit(None, "queue list", COMMANDS["queue list"], "") is None
    assert await town.log() == []


async def test_a_locked_account_is_out_at_once(town: Town) -> None:
    signed = await town.enter(NAMES[Duty.AUDITOR])
    await town.accounts.lock(NAMES[Duty.AUDITOR], NAMES[Duty.SECURITY])
    error = await turned_away(town, signed.secret, "evidence export")
    assert error.code == "officer.session"
    with pytest.raises(Wrong):
        await town.enter(NAMES[Duty.AUDITOR])
    await town.accounts.unlock(NAMES[Duty.AUDITOR], NAMES[Duty.SECURITY])
    await town.enter(NAMES[Duty.AUDITOR])


async def test_being_turned_away_does_not_prolong_a_session(town: Town) -> None:
    signed = await town.enter(NAMES[Duty.AUDITOR])
    for _ in range(3):
        town.later(5 * 60)
        await turned_away(town, signed.secret, "queue list")
    assert await town.guard.who(signed.secret) is None
