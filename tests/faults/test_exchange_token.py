"""A city moves its keys into a token while messages flow; the token goes and comes back; no
message is lost or refused."""

import asyncio
from pathlib import Path

import pytest

from gateway.config import FILE_NAME
from tests.processes.city import City, cities
from tests.processes.keys import command, entry, kids_of_seals, kids_sealed_to, tell
from tests.processes.ledger import assert_same_story, count, incidents
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import LONG, until_then
from tests.processes.softhsm import LABEL, PIN, SoftHsm, token_in_use

CASES = 20
SETTLED = "sender = ? AND receipt IS NOT NULL"
LEAD = "10s"  # the commands are through by then, also on a busy machine


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_LANG", "en")


def set_token(city: City, hsm: SoftHsm) -> None:
    """From now on new keys are made in the token."""
    pin = city.folder / "keys" / "pin"
    pin.write_bytes(PIN)
    pin.chmod(0o600)
    table = f'[token]\nmodule = "{hsm.module}"\nlabel = "{LABEL}"\npin_file = "keys/pin"\n'
    settings = city.folder / FILE_NAME
    settings.write_text(f"{settings.read_text()}\n{table}opening = true\n")


def move_to_token(city: City, partner: City) -> None:
    """Both keys are followed by new ones, which are in the token."""
    for use in ("signing", "sealing"):
        command("keys", "rotate", "--use", use, "--in", LEAD, "--keep-old", "60s", home=city.folder)
    tell(city, partner)
    said = command("keys", "list", home=city.folder)
    assert (said.count("token"), said.count("begins later")) == (2, 2)


async def flow(here: Office, there: Office) -> int:
    """Both file cases until the new keys are seen in use; how many cases each."""
    city, partner = here.city, there.city
    signing, sealing = entry(city).signing_keys[-1].kid, entry(city).sealing_keys[-1].kid
    deadline = asyncio.get_running_loop().time() + LONG
    filed = 0
    while not (
        kids_of_seals(partner, city.code, "batch")[-1:] == [signing]
        and kids_of_seals(partner, city.code, "receipts")[-1:] == [signing]
        and kids_sealed_to(city, partner.code)[-1:] == [sealing]
    ):
        await here.file(f"A-{filed}", partner.code)
        await there.file(f"B-{filed}", city.code)
        filed += 1
        assert asyncio.get_running_loop().time() < deadline, "the new keys are not used"
        await asyncio.sleep(0.2)
    return filed


async def test_keys_move_into_a_token_which_goes_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "token"
    scratch.mkdir()
    with (
        token_in_use(SoftHsm(scratch), monkeypatch) as hsm,
        cities(tmp_path, {"410100": "intl", "440100": "sm"}) as (city, partner),
    ):
        set_token(city, hsm)
        for each in (city, partner):
            each.start()
        for each in (city, partner):
            each.ready()
        async with offices([city, partner]) as (here, there):
            await asyncio.to_thread(move_to_token, city, partner)
            filed = await flow(here, there)
            await all_settled(city, partner)

            away = hsm.tokens.rename(hsm.tokens.with_name("away"))
            for number in range(CASES):
                await here.file(f"C-{number}", partner.code)
                await there.file(f"D-{number}", city.code)
            await until_then(lambda: "key.token_gone" in city.log(), "the log tells of the token")
            await until_then(
                lambda: partner.metric("tongban_link_failures", partner=city.code) > 0,
                "the partner is told to come again",
            )
            for each in (city, partner):  # nothing that was sent since is settled, on either side
                assert count(each.store, "message", SETTLED, each.code) == filed
            assert city.health()[0] == 200  # what it has, it can still show

            away.rename(hsm.tokens)
            await all_settled(city, partner)
        for each in (city, partner):
            assert not incidents(each.store)
            assert each.metric("tongban_receipts_total", outcome="refused") == 0
        assert PIN.decode() not in city.log()
        assert city.stop() == 0
        members = city.folder / "members.json"
        assert assert_same_story(city.store, partner.store, members) == 2 * (filed + CASES)
