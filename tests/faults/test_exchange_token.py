"""A gateway whose keys are in a token: the token goes and comes back, and no message is lost."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.config import FILE_NAME
from keys.stores.pkcs11 import Pkcs11KeyStore
from keys.suites import SUITES
from keys.trust.member import Member, MemberKey
from keys.trust.members_file import write_members
from tests.processes.city import City, cities
from tests.processes.ledger import assert_same_story, count, incidents
from tests.processes.office import all_settled, offices
from tests.processes.patience import until_then
from tests.processes.softhsm import LABEL, PIN, SoftHsm, token_in_use

CASES = 20
SETTLED = "sender = ? AND receipt IS NOT NULL"


def move_to_token(city: City, other: City, hsm: SoftHsm) -> None:
    """From now on all of the city's keys are in the token, and both cities know them."""
    store, suite = Pkcs11KeyStore(hsm.module, LABEL, PIN), SUITES["intl"]
    signing = store.new_signing_key(suite, "410100-sign-token")
    opening = store.new_opening_key(suite, "410100-open-token")
    halves = store.signing_key(signing).public(), store.opening_key(opening).public()
    signs, seals = (
        MemberKey(kid=key.kid, jwk=key.jwk(), valid_from=datetime(2026, 1, 1, tzinfo=UTC))
        for key in halves
    )
    store.close()
    keys = {"signing_keys": (signs,), "sealing_keys": (seals,)}
    members: list[Member] = [city.member.model_copy(update=keys), other.member]
    for folder in (city.folder, other.folder):
        write_members(folder / "members.json", members)
    settings = city.folder / FILE_NAME
    text = re.sub(r"(?m)^signing = .*$", f'signing = "{signing}"', settings.read_text())
    text = re.sub(r"(?m)^opening = .*$", f'opening = ["{opening}"]', text)
    pin = city.folder / "keys" / "pin"
    pin.write_bytes(PIN)
    pin.chmod(0o600)
    table = f'[token]\nmodule = "{hsm.module}"\nlabel = "{LABEL}"\npin_file = "keys/pin"\n'
    settings.write_text(f"{text}\n{table}")


async def test_a_token_goes_and_comes_back_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "token"
    scratch.mkdir()
    with (
        token_in_use(SoftHsm(scratch), monkeypatch) as hsm,
        cities(tmp_path, {"410100": "intl", "440100": "sm"}) as (here, there),
    ):
        move_to_token(here, there, hsm)
        here.start().ready()
        there.start().ready()
        async with offices([here, there]) as (office, other):
            for number in range(CASES):
                await office.file(f"A-{number}", there.code)
                await other.file(f"B-{number}", here.code)
            await all_settled(here, there)

            away = hsm.tokens.rename(hsm.tokens.with_name("away"))
            for number in range(CASES):
                await office.file(f"C-{number}", there.code)
                await other.file(f"D-{number}", here.code)
            await until_then(lambda: "key.token_gone" in here.log(), "the log tells of the token")
            await until_then(
                lambda: there.metric("tongban_link_failures", partner=here.code) > 0,
                "the partner is told to come again",
            )
            for city in (here, there):  # nothing that was sent since is settled, on either side
                assert count(city.store, "message", SETTLED, city.code) == CASES
            assert here.health()[0] == 200  # what it has, it can still show

            away.rename(hsm.tokens)
            await all_settled(here, there)
        assert PIN.decode() not in here.log()
        assert not incidents(here.store) + incidents(there.store)
        members = here.folder / "members.json"
        assert assert_same_story(here.store, there.store, members) == 4 * CASES
