"""The drill: years of a federation in a minute, while messages flow between all of its cities.

Founded by three of four, joined by a fifth; every kind of key is rotated, one is closed as
stolen, a founding key is replaced, one is lost. Five gateways over mutual TLS, every command as
an engineer types it. Not one message is lost or refused.
"""

import asyncio
import http.client
import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from tuf.api.metadata import Metadata, Targets

from contracts.errors import Wrong
from gateway.exchange.courier import BATCHES_PATH
from gateway.tls.identity import Identity
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.tls.folder import CertificateFolder
from keys.tls.public_key import pin_of
from keys.trust.federation import layout
from keys.trust.member import Member
from keys.trust.members_file import read_members, write_members
from tests.end_to_end.command import tongban
from tests.processes.city import City, cities
from tests.processes.drafts import submission
from tests.processes.forger import Forger
from tests.processes.keys import command, entry, key_store, kids_of_seals, kids_sealed_to
from tests.processes.ledger import assert_same_story, incidents
from tests.processes.load import Load, Way, under_load
from tests.processes.office import all_settled
from tests.processes.patience import until_then

FOUNDERS = {"410100": "sm", "440100": "intl", "430100": "sm", "410300": "intl"}
FIFTH = "411000"
ONE, TWO, THREE, FOUR = FOUNDERS
WAYS: Sequence[Way] = [(ONE, TWO), (TWO, THREE), (THREE, FOUR), (FOUR, FIFTH), (FIFTH, ONE)]
EVERY = 0.8
LEAD = timedelta(seconds=30)
"""Every command of a round is through by then, also on a busy machine."""


@dataclass
class Drill:
    """The cities, their papers, and the commands that their engineers type."""

    folder: Path
    cities: dict[str, City]

    def paper(self, name: str) -> Path:
        """Where a file lies that is handed from city to city."""
        return self.folder / f"{name}.json"

    async def type(self, code: str, *words: str | Path) -> str:
        """At that city."""
        return await asyncio.to_thread(command, *words, home=self.cities[code].folder)

    async def federation(self, code: str, *words: str | Path) -> str:
        return await self.type(code, "federation", *words)

    async def approved(self, name: str, *by: str) -> Path:
        """A proposal, signed by one founder after the other."""
        paper = self.paper(name)
        for code in by:
            following = self.paper(f"{name}-{code}")
            await self.federation(code, "approve", paper, "--yes", "-o", following)
            paper = following
        return paper

    async def published(self, code: str, *papers: str | Path) -> None:
        """By that founder; and taken up by every gateway that runs."""
        await self.federation(code, "publish", *papers)
        await self.everywhere(code)

    async def everywhere(self, source: str) -> None:
        newest = version(self.cities[source])
        running = [city for city in self.cities.values() if city.process is not None]
        await until_then(
            lambda: all(version(city) >= newest for city in running), "all have the newest"
        )

    def change(self, code: str, do: Callable[[Member], Member]) -> None:
        """Edit `member.json`, as `tongban` and engineers do."""
        city = self.cities[code]
        text = do(entry(city)).model_dump_json(indent=2, exclude_none=True)
        (city.folder / "member.json").write_text(text)


def version(city: City) -> int:
    file = city.folder / "trust" / layout.TIMESTAMP
    return int(json.loads(file.read_text())["signed"]["version"]) if file.exists() else 0


@pytest.fixture(autouse=True)
def _quick_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)
    monkeypatch.setenv("TONGBAN_LANG", "en")
    monkeypatch.chdir(tmp_path)


async def test_the_drill(tmp_path: Path) -> None:
    with cities(tmp_path, {**FOUNDERS, FIFTH: "sm"}, tls=True) as made:
        drill = Drill(tmp_path, {city.code: city for city in made})
        for city in made:
            city.env.update({"TONGBAN_TRUST__REFRESH_S": "2"})
        await found_with_three_of_four(drill)
        await join_a_fifth(drill)
        async with under_load(made, WAYS, every=EVERY) as load:
            await rotate_what_members_use(drill)
            await give_a_member_a_new_role_key(drill)
            await replace_the_keys_of_two_founders(drill)
            before = await close_one_as_stolen(drill, load)
            await lose_a_founders_keys_and_go_on(drill)
            assert all(load.filed[way] > 20 for way in WAYS)
        await all_settled(*made)
        await tell_the_same_story(drill, load, before)
        for city in made:
            assert city.stop() == 0


# --- found, join ----------------------------------------------------------------------------------


async def found_with_three_of_four(drill: Drill) -> None:
    for code in (TWO, THREE, FOUR):
        await drill.federation(code, "found", "-o", drill.paper(f"founder-{code}"))
    papers: list[str | Path] = []
    for code in (TWO, THREE, FOUR):
        papers += ["--with", drill.paper(f"founder-{code}")]
    proposal = drill.paper("founding")
    await drill.federation(
        ONE,
        "found",
        *papers,
        "--threshold",
        "3",
        "-o",
        proposal,
    )
    two_of_three = await drill.approved("founding", TWO)
    with pytest.raises(Wrong, match="2 founding cities have signed"):
        await drill.federation(ONE, "publish", two_of_three)
    signed = await drill.approved(f"founding-{TWO}", THREE)
    copy = drill.paper("federation")
    await drill.federation(ONE, "publish", signed, "--copy", copy)
    for code in (TWO, THREE):
        await drill.federation(code, "mirror", "--from", copy)
    invitation = drill.paper("invitation-four")  # it had not signed: it has no root file yet
    await drill.federation(ONE, "invite", FOUR, "-o", invitation)
    await drill.federation(FOUR, "join", invitation, "--yes", "-o", drill.paper("unused"))
    await drill.federation(FOUR, "mirror", "--from", copy)
    for code in FOUNDERS:
        drill.cities[code].start()
    for code in FOUNDERS:
        await asyncio.to_thread(drill.cities[code].ready)


async def join_a_fifth(drill: Drill) -> None:
    invitation, request = drill.paper("invitation"), drill.paper("join")
    await drill.federation(ONE, "invite", FIFTH, "-o", invitation)
    await drill.federation(FIFTH, "join", invitation, "--yes", "-o", request)
    await drill.published(TWO, await drill.approved("join", ONE, FOUR, TWO))
    await drill.federation(FIFTH, "mirror")  # over HTTPS, from the founders' gateways
    fifth = drill.cities[FIFTH].start()
    await asyncio.to_thread(fifth.ready)


# --- every kind of key ----------------------------------------------------------------------------


async def rotate_what_members_use(drill: Drill) -> None:
    """Signing, sealing and TLS of all five, under way at the same time."""
    begins = datetime.now(UTC).replace(microsecond=0) + LEAD
    for code in drill.cities:
        for use in ("signing", "sealing", "tls"):
            wait = f"{max(1, int((begins - datetime.now(UTC)).total_seconds()))}s"
            await drill.type(
                code, "keys", "rotate", "--use", use, "--in", wait, "--keep-old", "60s"
            )
    await drill.published(ONE, f"member-{FIFTH}.json")  # it has no publishing key
    assert datetime.now(UTC) < begins, "the lead was too short for this machine"
    assert all(each.signing_keys[1].valid_from <= begins + LEAD for each in drill_entries(drill))
    await until_then(lambda: all_changed(drill), "every new key is in use")


def drill_entries(drill: Drill) -> list[Member]:
    return [entry(city) for city in drill.cities.values()]


def all_changed(drill: Drill) -> bool:
    """Whether the last seals, sealings and certificates are those of the new keys."""
    for receiving, handling in WAYS:
        sender, receiver = drill.cities[receiving], drill.cities[handling]
        mine, theirs = entry(sender), entry(receiver)
        for of, member, keeper in (("batch", mine, receiver), ("receipts", theirs, sender)):
            if kids_of_seals(keeper, member.code, of)[-1:] != [member.signing_keys[-1].kid]:
                return False
        if kids_sealed_to(receiver, sender.code)[-1:] != [theirs.sealing_keys[-1].kid]:
            return False
        if certificate_of(receiver) != theirs.tls_pins[-1].sha256:
            return False
    return True


def certificate_of(city: City) -> str:
    """The pin of what its gateway shows."""
    text = ssl.get_server_certificate(("127.0.0.1", city.port), timeout=30)
    return pin_of(ssl.PEM_cert_to_DER_cert(text))


async def give_a_member_a_new_role_key(drill: Drill) -> None:
    """The key that signs its own file; k founders give it the seat."""
    before = role_keys(drill, FIFTH)
    await drill.federation(FIFTH, "join", "--new-key", "-o", drill.paper("rejoin"))
    await drill.published(THREE, await drill.approved("rejoin", ONE, TWO, THREE))
    assert role_keys(drill, FIFTH) != before
    drill.change(FIFTH, lambda member: member.model_copy(update={"names": {"en": "Xuchang"}}))
    await drill.federation(FIFTH, "publish", "-o", drill.paper("news"))  # by the new key
    await drill.published(ONE, drill.paper("news"))
    names = (drill.cities[FOUR].folder / "trust" / "accepted" / f"{FIFTH}.json").read_text()
    assert "Xuchang" in names


def role_keys(drill: Drill, code: str) -> list[str]:
    folder = drill.cities[ONE].folder / "trust" / "metadata"
    newest = max(folder.glob("*.targets.json"), key=lambda file: int(file.name.partition(".")[0]))
    delegations = Metadata[Targets].from_bytes(newest.read_bytes()).signed.delegations
    assert delegations is not None
    assert delegations.roles is not None
    return list(delegations.roles[code].keyids)


async def replace_the_keys_of_two_founders(drill: Drill) -> None:
    """Founding keys (root, targets) and publishing keys (snapshot, timestamp) alike."""
    papers: list[str | Path] = []
    for code in (ONE, TWO):
        paper = drill.paper(f"fresh-{code}")
        await drill.federation(code, "found", "--new-keys", "-o", paper)
        papers += ["--with", paper]
    before = signed_by(drill, "timestamp")
    await drill.federation(THREE, "found", *papers, "-o", drill.paper("root-2"))
    await drill.published(ONE, await drill.approved("root-2", ONE, TWO))
    assert not before & signed_by(drill, "timestamp")
    assert (drill.cities[FIFTH].folder / "trust" / "metadata" / "2.root.json").exists()
    await drill.published(TWO)  # and by the other new one


def signed_by(drill: Drill, role: str) -> set[str]:
    file = drill.cities[ONE].folder / "trust" / "metadata" / f"{role}.json"
    return {each["keyid"] for each in json.loads(file.read_text())["signatures"]}


async def lose_a_founders_keys_and_go_on(drill: Drill) -> None:
    """The disk of the fourth is gone with its founding keys: three of four replace them."""
    city = drill.cities[FOUR]
    lost = [*(city.folder / "keys").glob(f"{FOUR}-founding-*.pem")]
    lost += (city.folder / "keys").glob(f"{FOUR}-publishing-*.pem")
    assert len(lost) == 2
    for file in (*lost, city.folder / "federation" / "notes.json"):
        file.unlink()
    await drill.federation(FOUR, "found", "-o", drill.paper("found-again"))
    await drill.federation(
        ONE, "found", "--with", drill.paper("found-again"), "-o", drill.paper("root-3")
    )
    await drill.published(THREE, await drill.approved("root-3", TWO, THREE))
    await drill.published(FOUR)  # the new publishing key of the fourth counts
    assert (drill.cities[FIFTH].folder / "trust" / "metadata" / "3.root.json").exists()


# --- a stolen key ---------------------------------------------------------------------------------


async def close_one_as_stolen(drill: Drill, load: Load) -> str:
    """The second city's signing key, with everything else that lay on that disk; its kid."""
    victim, receiver = drill.cities[TWO], drill.cities[THREE]
    stolen = entry(victim).signing_keys[-1].kid
    thief = Forger(TWO, suite=victim.member.suite)
    thief.signing[stolen] = key_store(victim).signing_key(f"file:{stolen}.pem")
    thief.kid = stolen
    tried = datetime.now(UTC)
    said = await drill.type(TWO, "keys", "close", stolen, "--reason", "compromised", "--yes")
    assert "call every member now" in said or "closed" in said
    await drill.everywhere(TWO)
    filed = load.filed[TWO, THREE]
    for backdated in (timedelta(0), timedelta(seconds=30)):
        letter = thief.letter(entry(receiver), "case.submit", submission("T", TWO, THREE).body)
        batch = thief.batch(
            entry(receiver), [letter], None, iat=int((tried - backdated).timestamp())
        )
        status, code = await asyncio.to_thread(post_as, victim, receiver, orjson.dumps(batch))
        assert (status, code) == (401, "seal.key_closed")
    await until_then(lambda: load.filed[TWO, THREE] > filed + 2, "the city goes on filing")
    await until_then(
        lambda: kids_of_seals(receiver, TWO, "batch")[-1] != stolen, "under another key"
    )
    return stolen


def post_as(sender: City, receiver: City, body: bytes) -> tuple[int, str]:
    """Over mutual TLS, with the sender's own certificate: the thief has that too."""
    folder = CertificateFolder(sender.folder / "keys" / "tls", secret_of(sender))
    shown = entry(sender).tls_pins[-1].sha256
    (pair,) = (pair for pair in folder.pairs() if pair.sha256 == shown)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    Identity(folder, pair).load_into(context)
    address = urlsplit(receiver.url)
    connection = http.client.HTTPSConnection(
        address.hostname or "", address.port, timeout=60, context=context
    )
    try:
        connection.request("POST", BATCHES_PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, str(orjson.loads(answer.read()).get("code"))
    finally:
        connection.close()


def secret_of(city: City) -> bytes:
    return passphrase(city.folder / "keys" / "passphrase", None)


# --- the books ------------------------------------------------------------------------------------


async def tell_the_same_story(drill: Drill, load: Load, stolen: str) -> None:
    """Every message arrived once, in order, with a receipt on both sides; none was refused."""
    listed = drill.paper("members")
    await drill.federation(FIFTH, "show", "--members", listed)
    judged = drill.paper("members-of-the-day")  # as it was before anything was stolen
    write_members(judged, [as_before(member, stolen) for member in read_members(listed).members])
    for receiving, handling in WAYS:
        others = [code for code in drill.cities if code not in {receiving, handling}]
        one, other = drill.cities[receiving], drill.cities[handling]
        told = assert_same_story(one.books, other.books, judged, *others)
        answered = {case for case, _ in load.desks[handling].cases(receiving)} & load.answered
        assert told == load.filed[receiving, handling] + len(answered)
    for city in drill.cities.values():
        assert incidents(city.store) == []
        assert city.metric("tongban_receipts_total", outcome="refused") == 0
        assert city.metric("tongban_messages_received_total", result="refused") == 0
        wrong = city.metric("tongban_signature_failures_total")
        stolen_ones = city.metric("tongban_signature_failures_total", code="seal.key_closed")
        assert wrong == stolen_ones, "what was under way under the stolen key, and nothing else"
        assert version(city) == version(drill.cities[ONE])
    for way in ((TWO, THREE), (ONE, TWO)):  # under the stolen key, before and after the rotation
        bundle = drill.paper(f"bundle-{way[0]}")
        await drill.type(way[0], "evidence", "export", load.first[way], "-o", bundle)
        verified = await asyncio.to_thread(tongban, "verify", bundle, "--members", listed)
        assert verified.code == 0, verified.out


def as_before(member: Member, kid: str) -> Member:
    keys = tuple(
        key.model_copy(update={"closed_at": None, "closed_reason": None}) if key.kid == kid else key
        for key in member.signing_keys
    )
    return member.model_copy(update={"signing_keys": keys})
