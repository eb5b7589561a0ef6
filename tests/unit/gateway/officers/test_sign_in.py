"""Signing in: what is needed, what is told, how long it lasts."""

import pytest

from contracts.errors import KeyUnusable, Wrong
from gateway.officers.duties import Duty
from gateway.officers.safe import Safe
from gateway.officers.waiting import FREE, wait_ms
from tests.unit.gateway.officers.office import NAMES, PHRASES, Town

SEC = NAMES[Duty.SECURITY]


async def refused(town: Town, name: str, password: str, code: str) -> Wrong:
    with pytest.raises(Wrong) as caught:
        await town.sign_in(name, password, code)
    assert caught.value.code == "officer.sign_in"
    return caught.value


@pytest.fixture
async def town() -> Town:
    made = Town()
    await made.settle(Duty.SECURITY)
    return made


async def test_a_password_and_a_code_make_a_session(town: Town) -> None:
    signed = await town.enter(SEC)
    assert signed.account.duty is Duty.SECURITY
    assert (await town.guard.who(signed.secret)) == signed.account
    office = await town.store.office()
    assert signed.secret not in repr(office), "the store knows its digest alone"
    assert signed.secret not in repr(signed)
    assert (SEC, "sign-in", "", "allowed") in await town.log()


async def test_whatever_was_wrong_the_answer_is_the_same(town: Town) -> None:
    right = PHRASES[Duty.SECURITY]
    said = {
        str(await refused(town, SEC, "wrong", town.code(SEC))),
        str(await refused(town, SEC, right, "000000")),
        str(await refused(town, "nobody", right, town.code(SEC))),
        str(await refused(town, "", "", "")),
    }
    assert len(said) == 1
    log = await town.log()
    assert (SEC, "sign-in", "", "refused") in log
    assert ("?", "sign-in", "", "refused") in log, "a name that is none may be a password"


async def test_a_code_signs_in_once(town: Town) -> None:
    town.later(30)
    code = town.code(SEC)
    await town.sign_in(SEC, PHRASES[Duty.SECURITY], code)
    await refused(town, SEC, PHRASES[Duty.SECURITY], code)


async def test_after_failures_the_right_password_waits_too(town: Town) -> None:
    for _ in range(FREE):
        await refused(town, SEC, "wrong", "000000")
    town.later(0.5)
    await refused(town, SEC, PHRASES[Duty.SECURITY], town.code(SEC))
    town.later(60)
    await town.enter(SEC)
    assert (await town.store.office()).accounts[SEC].failures == 0


def test_the_wait_grows_to_a_quarter_of_an_hour() -> None:
    waits = [wait_ms(failures) for failures in range(40)]
    assert waits[:FREE] == [0] * FREE
    assert waits == sorted(waits)
    assert waits[FREE] == 2_000
    assert waits[-1] == 15 * 60_000


async def test_what_comes_while_an_account_waits_does_not_prolong_it(town: Town) -> None:
    for _ in range(FREE):
        await refused(town, SEC, "wrong", "000000")
    until = (await town.store.office()).accounts[SEC].waits_until
    for _ in range(5):
        await refused(town, SEC, "wrong", "000000")
    assert (await town.store.office()).accounts[SEC].waits_until == until


async def test_a_first_password_signs_nobody_in(town: Town) -> None:
    name = NAMES[Duty.AUDITOR]
    with pytest.raises(Wrong) as caught:
        await town.sign_in(name, town.passwords[name], town.code(name))
    assert caught.value.code == "officer.must_change"
    await town.choose(name, PHRASES[Duty.AUDITOR])
    assert (await town.enter(name)).account.duty is Duty.AUDITOR


async def test_with_the_first_password_goes_the_first_secret() -> None:
    town = Town()
    await town.found()
    before = town.secrets[SEC]
    await town.choose(SEC, PHRASES[Duty.SECURITY])
    assert town.secrets[SEC] != before
    after = town.secrets[SEC]
    await town.choose(SEC, "another heron lantern 11")
    assert town.secrets[SEC] == after, "the second time the secret stays"


async def test_a_session_ends_when_nobody_uses_it(town: Town) -> None:
    signed = await town.enter(SEC)
    town.later(14 * 60)
    assert await town.guard.who(signed.secret)
    town.later(60)
    assert await town.guard.who(signed.secret) is None


async def test_a_session_ends_after_a_day_of_work_whatever_happens(town: Town) -> None:
    from gateway.officers.duties import COMMANDS

    signed, rule = await town.enter(SEC), COMMANDS["officer list"]
    for _ in range(47):
        town.later(10 * 60)
        await town.guard.admit(signed.secret, "officer list", rule, "")
    town.later(10 * 60)
    with pytest.raises(Wrong) as caught:
        await town.guard.admit(signed.secret, "officer list", rule, "")
    assert caught.value.code == "officer.session"


async def test_a_clock_set_back_keeps_no_session_alive(town: Town) -> None:
    signed = await town.enter(SEC)
    town.later(-3600)
    assert await town.guard.who(signed.secret) is None


async def test_sign_out_ends_a_session_once(town: Town) -> None:
    signed = await town.enter(SEC)
    assert await town.guard.sign_out(signed.secret)
    assert not await town.guard.sign_out(signed.secret)
    assert await town.guard.who(signed.secret) is None


async def test_sessions_that_ended_are_taken_out_at_the_next_sign_in(town: Town) -> None:
    await town.enter(SEC)
    town.later(24 * 3600)
    fresh = await town.enter(SEC)
    assert list((await town.store.office()).sessions) == [fresh.session.id]


def test_a_secret_opens_for_its_own_account_under_its_own_passphrase() -> None:
    safe = Safe(b"one")
    locked = safe.lock(b"secret", "sec")
    assert b"secret" not in locked
    assert safe.open(locked, "sec") == b"secret"
    for other, name in ((safe, "aud"), (Safe(b"two"), "sec")):
        with pytest.raises(KeyUnusable):
            other.open(locked, name)
    with pytest.raises(KeyUnusable):
        safe.open(b"", "sec")
