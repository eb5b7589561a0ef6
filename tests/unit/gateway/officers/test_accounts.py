"""Accounts: the three at once, then others, and nobody on his own."""

import pytest

from contracts.errors import Wrong
from gateway.officers.duties import Duty
from tests.unit.gateway.officers.office import NAMES, PHRASES, Town

SEC, AUD, SYS = NAMES[Duty.SECURITY], NAMES[Duty.AUDITOR], NAMES[Duty.SYSTEM]


@pytest.fixture
async def town() -> Town:
    made = Town()
    await made.settle(Duty.SECURITY)
    return made


async def test_the_three_are_founded_once(town: Town) -> None:
    accounts = (await town.store.office()).accounts
    assert {a.name: a.duty for a in accounts.values() if a.duty is not Duty.RECOVERY} == {
        name: duty for duty, name in NAMES.items()
    }
    with pytest.raises(Wrong) as caught:
        await town.found()
    assert caught.value.code == "officer.founded"


@pytest.mark.parametrize(
    "names",
    [("a1", "a1", "b1"), ("Sys", "sec", "aud"), ("recovery", "sec", "aud"), ("x", "y", "z")],
)
async def test_no_account_holds_two_duties_and_names_are_plain(names: tuple[str, ...]) -> None:
    with pytest.raises(Wrong) as caught:
        await Town().accounts.found(dict(zip(NAMES, names, strict=True)))
    assert caught.value.code == "officer.name"


async def test_nothing_secret_is_kept_or_shown(town: Town) -> None:
    founded = await Town().found()
    shown = repr(founded) + repr(await town.store.office())
    for enrolment in founded.officers:
        assert enrolment.password not in shown
    assert founded.recovery not in shown
    kept = (await town.store.office()).accounts[SEC]
    assert kept.code_secret is not None
    assert town.secrets[SEC] not in kept.code_secret


async def test_an_account_of_that_name_stays_as_it_is(town: Town) -> None:
    with pytest.raises(Wrong) as caught:
        await town.accounts.add(AUD, Duty.SECURITY)
    assert caught.value.code == "officer.name"
    assert (await town.store.office()).accounts[AUD].duty is Duty.AUDITOR


async def test_nobody_changes_his_own_account(town: Town) -> None:
    for change in (
        town.accounts.lock,
        town.accounts.unlock,
        town.accounts.reset,
        town.accounts.remove,
    ):
        with pytest.raises(Wrong) as caught:
            await change(SEC, SEC)
        assert caught.value.code == "officer.own"


async def test_the_envelope_is_no_account_to_act_upon(town: Town) -> None:
    for name in ("recovery", "nobody"):
        with pytest.raises(Wrong) as caught:
            await town.accounts.reset(name, SEC)
        assert caught.value.code == "not_found"


async def test_a_reset_ends_sessions_and_keeps_the_duty(town: Town) -> None:
    await town.choose(AUD, PHRASES[Duty.AUDITOR])
    signed = await town.enter(AUD)
    town.keep(await town.accounts.reset(AUD, SEC))
    assert await town.guard.who(signed.secret) is None
    account = (await town.store.office()).accounts[AUD]
    assert (account.duty, account.must_change) == (Duty.AUDITOR, True)
    await town.choose(AUD, "another heron lantern 11")
    await town.enter(AUD)


async def test_a_removed_account_is_gone_and_its_log_stays(town: Town) -> None:
    await town.choose(AUD, PHRASES[Duty.AUDITOR])
    signed = await town.enter(AUD)
    await town.accounts.remove(AUD, SEC)
    assert await town.guard.who(signed.secret) is None
    assert (AUD, "sign-in", "", "allowed") in await town.log()


async def test_the_code_in_the_safe_resets_an_account_once() -> None:
    town = Town()
    founded = await town.found()
    enrolment, fresh = await town.accounts.recover(SEC, f" {founded.recovery.lower()} ")
    town.keep(enrolment)
    await town.choose(SEC, PHRASES[Duty.SECURITY])
    await town.enter(SEC)
    for spent in (founded.recovery, "", "AAAA-BBBB"):
        with pytest.raises(Wrong) as caught:
            await town.accounts.recover(SEC, spent)
        assert caught.value.code == "officer.sign_in"
    again, _ = await town.accounts.recover(SYS, fresh)
    assert again.duty is Duty.SYSTEM
    log = await town.log()
    assert ("recovery", "officer recover", SEC, "allowed") in log
    assert ("?", "officer recover", SEC, "refused") in log
    with pytest.raises(Wrong):
        await town.accounts.recover("recovery", fresh)


async def test_a_weak_password_is_not_taken(town: Town) -> None:
    with pytest.raises(Wrong) as caught:
        await town.choose(AUD, "passwordpassword")
    assert caught.value.code == "officer.password"
    assert (await town.store.office()).accounts[AUD].must_change
