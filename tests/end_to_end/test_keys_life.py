"""Keys over years, in seconds: rotated under messages that flow, and closed against a thief."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from contracts.errors import Wrong
from keys.tls.public_key import pin_of
from keys.trust.federation.copy import Copy
from keys.trust.members_file import write_members
from tests.end_to_end.command import tongban
from tests.processes.answer import Answer
from tests.processes.city import City, beside, cities
from tests.processes.drafts import submission
from tests.processes.federation import found
from tests.processes.forger import LONG_AGO, Forger, Letter
from tests.processes.keys import (
    command,
    entry,
    key_store,
    kids_of_seals,
    kids_sealed_to,
    tell,
)
from tests.processes.ledger import ask, assert_same_story
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import LONG, until

SUITES = {"410100": "sm", "440100": "intl"}
LEAD = "15s"  # every command is through by then, also on a busy machine


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_LANG", "en")


async def test_keys_are_rotated_while_messages_flow_and_none_is_lost_or_refused(
    tmp_path: Path,
) -> None:
    with cities(tmp_path, SUITES, tls=True) as both, ExitStack() as cleared:
        one, other = both
        carrier = beside(one)  # of one city, one process receives and another sends
        cleared.callback(carrier.clear_away)
        one.env["TONGBAN_GATEWAY__ROLES"] = '["api"]'
        carrier.env["TONGBAN_GATEWAY__ROLES"] = '["courier", "adapter"]'
        processes = (one, carrier, other)
        for process in processes:
            process.start()
        for process in processes:
            process.ready()
        async with offices(both) as (zhengzhou, guangzhou):
            flow = asyncio.create_task(_flow(zhengzhou, guangzhou))
            await asyncio.sleep(0)  # it runs from here on
            old = {city.code: _newest(city) for city in both}
            await asyncio.to_thread(_rotate, both)
            new = {city.code: _newest(city) for city in both}
            assert {len({*old[code], *new[code]}) for code in new} == {6}
            filed = await flow
            await all_settled(*both)
        assert filed > 10
        told = assert_same_story(one.store, other.store, one.folder / "members.json")
        assert told == filed * 2
        for city, partner in ((one, other), (other, one)):
            for of in ("batch", "receipts"):
                _assert_changed(kids_of_seals(partner, city.code, of), old[city.code][0])
            _assert_changed(kids_sealed_to(city, partner.code), old[city.code][1])
            assert ask(city.store, "SELECT * FROM incident") == []
            assert _shown(city) == new[city.code][2]
        for process in processes:
            assert process.metric("tongban_rejected_total") == 0
            assert process.metric("tongban_receipts_total", outcome="refused") == 0
            assert process.metric("tongban_key_seconds_left", use="signing") == float("inf")
            assert process.log().count("signing with") == 2, "at the start, and at the change"
            assert process.stop() == 0


def test_a_thief_with_a_closed_key_gets_nothing_in_by_an_earlier_date(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as both:
        victim, receiver = both
        _long_in_use(victim, receiver)
        for city in both:
            city.start()
        for city in both:
            city.ready()
        stolen = _signing(victim)
        thief = _thief(victim, stolen)
        honest = asyncio.run(_file(victim, receiver))
        closed_at = datetime.now(UTC)
        said = command(
            "keys", "close", stolen, "--reason", "compromised", "--yes", home=victim.folder
        )
        assert "call every member now" in said
        assert _signing(victim) != stolen, "another took its place at once"
        letter, answer = _send(thief, receiver, closed_at)
        assert answer.outcomes == ["taken"], "the receiver's list has not heard of it yet"
        tell(victim, receiver)
        until(
            lambda: _refused(thief, receiver, closed_at - timedelta(seconds=30)),
            "the running gateway refuses the key",
        )
        for before in (timedelta(0), timedelta(seconds=1), timedelta(seconds=250)):
            assert _refused(thief, receiver, closed_at - before)
        # What was said before stays good, by the receipt of the other city; and life goes on.
        later = asyncio.run(_file(victim, receiver))
        for case_id, witness in ((honest, True), (later, False)):
            file = tmp_path / f"{case_id}.json"
            command("evidence", "export", case_id, "-o", file, home=victim.folder)
            members = receiver.folder / "members.json"
            verified = tongban("--lang", "en", "verify", file, "--members", members)
            assert verified.code == 0, verified.out
            assert ("witness: " in verified.out and "receipt" in verified.out) is witness
        # What the thief got in before the receiver heard of it is found, and proves nothing.
        assert f"batches or replies were taken under {stolen}" in command(
            "doctor", home=receiver.folder
        )
        got_in = tmp_path / "thief.json"
        command("evidence", "export", letter.case_id, "-o", got_in, home=receiver.folder)
        verified = tongban("verify", got_in, "--members", members, "--believe-records")
        assert (verified.code, "seal.key_closed" in verified.out) == (1, True)
        bundle = orjson.loads((tmp_path / f"{honest}.json").read_bytes())
        for evidence in bundle["messages"]:
            del evidence["receipt"], evidence["receipt_sealed"]
        alone = tmp_path / "alone.json"
        alone.write_bytes(orjson.dumps(bundle))
        verified = tongban("verify", alone, "--members", receiver.folder / "members.json")
        assert verified.code == 1
        assert "evidence.unwitnessed" in verified.out


async def test_in_a_federation_one_command_rotates_and_one_closes(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as both:
        found(both, 2)
        one, other = both
        for city in both:  # the first has published; the other gets its copy there
            city.start().ready()
        old = _signing(one)
        said = await asyncio.to_thread(
            command, "keys", "rotate", "--use", "signing", "--in", "6s", home=one.folder
        )
        new = _signing(one)
        assert new in said
        assert "version" in said, "it was published at once"
        async with offices([one]) as (desk,):
            number = 0
            while kids_of_seals(other, one.code, "batch")[-1:] != [new]:
                await desk.file(f"F-{number}", other.code)
                number += 1
                assert number < 200, "the new key is not used"
                await asyncio.sleep(0.2)
            await all_settled(one, other)
        _assert_changed(kids_of_seals(other, one.code, "batch"), old)
        assert other.metric("tongban_rejected_total") == 0
        await asyncio.to_thread(
            command, "keys", "close", old, "--reason", "compromised", "--yes", home=one.folder
        )
        assert _signing(one) == new, "another is good, so none was made"
        listed = until(
            lambda: Copy(other.folder / "trust").members()[one.code].signing_keys[0].closed_at,
            "the partner has heard of it",
        )
        assert listed == entry(one).signing_keys[0].closed_at


# --- rotating -------------------------------------------------------------------------------------


def _rotate(both: list[City]) -> None:
    for city in both:
        for use in ("signing", "sealing", "tls"):
            command(
                "keys", "rotate", "--use", use, "--in", LEAD, "--keep-old", "60s",
                home=city.folder,
            )  # fmt: skip
            with pytest.raises(Wrong, match="waits already"):
                command("keys", "rotate", "--use", use, home=city.folder)
    for city, partner in ((both[0], both[1]), (both[1], both[0])):
        tell(city, partner)
    first = min(key.valid_from for city in both for key in entry(city).signing_keys[1:])
    assert datetime.now(UTC) < first, "the lead was too short for this machine"


async def _flow(*desks: Office) -> int:
    """Both file cases until every new key is seen in what the other keeps; how many cases."""
    filed, deadline = 0, asyncio.get_running_loop().time() + LONG
    while not _all_changed([desk.city for desk in desks]):
        for desk, partner in ((desks[0], desks[1]), (desks[1], desks[0])):
            await desk.file(f"{desk.city.code}-{filed}", partner.city.code)
        filed += 1
        assert asyncio.get_running_loop().time() < deadline, "the new keys are not used"
        await asyncio.sleep(0.2)  # a city that files all the time, and a machine with other work
    return filed


def _all_changed(both: list[City]) -> bool:
    for city, partner in ((both[0], both[1]), (both[1], both[0])):
        told = entry(city)
        if len(told.signing_keys) < 2 or len(told.sealing_keys) < 2:
            return False
        seen = [
            kids_of_seals(partner, city.code, "batch")[-1:],
            kids_of_seals(partner, city.code, "receipts")[-1:],
        ]
        if any(last != [_signing(city)] for last in seen):
            return False
        if kids_sealed_to(city, partner.code)[-1:] != [_sealing(city)]:
            return False
    return True


def _newest(city: City) -> tuple[str, str, str]:
    """The keys that sign, open, and are shown, as the city's own file has them."""
    return _signing(city), _sealing(city), entry(city).tls_pins[-1].sha256


def _shown(city: City) -> str:
    """The pin of the certificate that the gateway shows now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", city.port), timeout=LONG) as connection,
        context.wrap_socket(connection, suppress_ragged_eofs=True) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
        assert shown is not None
        return pin_of(shown)


def _signing(city: City) -> str:
    return entry(city).signing_keys[-1].kid


def _sealing(city: City) -> str:
    return entry(city).sealing_keys[-1].kid


def _assert_changed(kids: Sequence[str], old: str) -> None:
    """From the old key to another: at the change, one batch may overtake another, no more."""
    assert kids[0] == old
    assert len(set(kids)) == 2
    changes = sum(one != other for one, other in pairwise(kids))
    assert changes in {1, 3}, kids


# --- stealing -------------------------------------------------------------------------------------


def _long_in_use(victim: City, receiver: City) -> None:
    """The victim's keys are years old: a date of a minute ago is one of theirs."""
    told = entry(victim)
    old = [
        key.model_copy(update={"valid_from": LONG_AGO})
        for key in (*told.signing_keys, *told.sealing_keys)
    ]
    told = told.model_copy(update={"signing_keys": (old[0],), "sealing_keys": (old[1],)})
    (victim.folder / "member.json").write_text(told.model_dump_json(exclude_none=True))
    for city in (victim, receiver):
        write_members(city.folder / "members.json", [told, entry(receiver)])


def _thief(victim: City, kid: str) -> Forger:
    """Somebody who speaks in the victim's name, with its own key."""
    thief = Forger(victim.code, suite=victim.member.suite)
    thief.signing[kid] = key_store(victim).signing_key(f"file:{kid}.pem")
    thief.kid = kid
    return thief


def _send(thief: Forger, receiver: City, dated: datetime) -> tuple[Letter, Answer]:
    """A case in the victim's name, sealed at a time of the thief's choice."""
    draft = submission("T-1", thief.code, receiver.code)
    letter = thief.letter(receiver.member, draft.kind, draft.body)
    answer = thief.send(receiver.url, receiver.member, letter, iat=int(dated.timestamp()))
    return letter, answer


def _refused(thief: Forger, receiver: City, dated: datetime) -> bool:
    _, answer = _send(thief, receiver, dated)
    if answer.status == 200:
        return False
    assert (answer.status, answer.code) == (401, "seal.key_closed")
    assert "the key is closed" in answer.detail
    return True


async def _file(victim: City, receiver: City) -> str:
    async with offices([victim]) as (desk,):
        case_id = await desk.file(f"H-{datetime.now(UTC):%S%f}", receiver.code)
        await all_settled(victim, receiver)
        return case_id
