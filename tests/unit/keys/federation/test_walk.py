"""Attacks on a client of the federation, one by one, each stopped under its own code."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contracts.errors import TongbanError, TrustUnavailable
from keys.suites import SUITES
from keys.suites.p256 import P256SigningKey
from keys.trust.federation import layout
from keys.trust.federation.federation import finish
from keys.trust.federation.making import admit, make_root, sign
from keys.trust.federation.standing import Standing
from keys.trust.federation.tuf_keys import tuf_key
from keys.trust.federation.walk import Known, walk
from tests.doubles.federation import DAY, NOW, City, Simulator, changed, read_from, text_of


@pytest.fixture
def world() -> Simulator:
    return Simulator()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as refusal:
        call()
    assert refusal.value.reason.code == refusal.value.code
    return refusal.value.code


def faults(standing: Standing) -> dict[str, str]:
    return {fault.member: fault.code for fault in standing.faults}


# --- what holds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["sm", "intl"])
def test_a_federation_of_either_suite_is_read(suite: str) -> None:
    world = Simulator(suite)
    standing = world.walk()
    assert dict(standing.members) == world.members
    assert standing.faults == ()
    assert standing.files == world.files
    assert standing.first_end() == ("timestamp", NOW + layout.TIMESTAMP_LIFE)
    document = world.files["metadata/1.snapshot.json"].decode()
    assert ('"sm3"' in document, '"sha256"' in document) == (suite == "sm", suite == "intl")


def test_news_is_taken_and_nothing_known_is_asked_for_again(world: Simulator) -> None:
    before = world.walk()
    world.members["411000"] = world.cities["411000"].entry(address="https://moved.example")
    world.publish_member("411000")
    world.publish()
    asked = []

    def read(path: str, _limit: int) -> bytes | None:
        asked.append(path)
        return world.files.get(path)

    after = finish(walk(world.anchor, Known(before.files, before.members), NOW), read)
    assert after.members["411000"].address == "https://moved.example"
    assert after.version == before.version + 1
    assert asked[:4] == [
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/2.snapshot.json",
        "metadata/2.411000.json",
    ]
    assert len(asked) == 5


def test_a_founder_is_replaced_by_k_of_the_old_and_k_of_the_new(world: Simulator) -> None:
    before = world.walk()
    lost = world.cities["410100"]
    new = City("410100", "intl")
    founders = (new.founder, *world.charter.founders[1:])
    charter = type(world.charter)("测试联盟", "intl", 3, founders)
    world.root = make_root(charter, 2, NOW)
    others = [city.founding for city in world.cities.values()][1:]
    world.publish_root(*others)  # without the lost one: three of four
    world.new_targets()
    world.publish_targets(*others)
    world.publish(world.cities["440100"].publishing)
    assert world.walk(before).versions["root"] == 2
    world.publish(lost.publishing)
    assert code_of(lambda: world.walk(before)) == "trust.threshold"


# --- rollback ---------------------------------------------------------------------------------


def test_rollback_of_the_timestamp(world: Simulator) -> None:
    old = dict(world.files)
    world.publish()
    known = world.walk()
    assert code_of(lambda: read_from(old, world.anchor, known, NOW)) == "trust.rollback"


def test_rollback_of_a_role_by_whoever_publishes(world: Simulator) -> None:
    old_role = world._role_bytes["411000"]
    world.publish_member("411000")
    world.publish()
    known = world.walk()
    world._role_bytes["411000"] = old_role
    world.publish()
    assert code_of(lambda: world.walk(known)) == "trust.rollback"


def test_a_member_dropped_from_the_snapshot(world: Simulator) -> None:
    known = world.walk()
    assert world.snapshot is not None
    del world.snapshot.meta["411000.json"]
    del world._role_bytes["411000"]
    world.publish()
    assert code_of(lambda: world.walk(known)) == "trust.rollback"


def test_rollback_to_an_old_root(world: Simulator) -> None:
    world.root = make_root(world.charter, 2, NOW)
    world.publish_root()
    world.files["metadata/3.root.json"] = world.files["metadata/2.root.json"]
    assert code_of(world.walk) == "trust.rollback"


# --- freeze -----------------------------------------------------------------------------------


def test_a_frozen_mirror_is_refused_when_the_timestamp_ends(world: Simulator) -> None:
    known = world.walk()
    later = NOW + layout.TIMESTAMP_LIFE + DAY
    with pytest.raises(TrustUnavailable) as refusal:
        world.walk(known, at=later)
    assert refusal.value.code == "trust.frozen"
    assert refusal.value.reason.retry
    assert code_of(lambda: world.walk(at=later)) == "trust.frozen"


def test_a_root_that_ended(world: Simulator) -> None:
    world.now += layout.ROOT_LIFE + DAY
    world.publish()
    assert code_of(world.walk) == "trust.frozen"


def test_a_member_that_ended_harms_no_other(world: Simulator) -> None:
    world.now += layout.MEMBER_LIFE - DAY
    world.root = make_root(world.charter, 2, world.now)
    world.publish_root()
    world.new_targets()
    world.publish_targets()
    world.publish_member("440100")
    world.now += 2 * DAY
    world.publish()
    standing = world.walk()
    assert standing.faults == ()
    assert standing.expires["411000"] < world.now < standing.expires["440100"]


# --- mix and match ------------------------------------------------------------------------------


def test_a_snapshot_of_another_time(world: Simulator) -> None:
    old = world.files["metadata/1.snapshot.json"]
    world.publish()
    world.files["metadata/2.snapshot.json"] = old
    assert code_of(world.walk) == "trust.mixed"


@pytest.mark.parametrize("name", ["targets", "411000"])
def test_a_role_of_another_time(world: Simulator, name: str) -> None:
    old = world.files[f"metadata/1.{name}.json"]
    world.new_targets()
    world.publish_targets()
    world.publish_member("411000")
    world.publish()
    world.files[f"metadata/2.{name}.json"] = old
    assert code_of(world.walk) == "trust.mixed"


def test_a_members_file_that_was_changed(world: Simulator) -> None:
    path = next(path for path in world.files if path.startswith("targets/") and "411000" in path)
    world.files[path] = world.files[path].replace(b"411000.example", b"evil00.example")
    assert code_of(world.walk) == "trust.mixed"


# --- threshold ----------------------------------------------------------------------------------


@pytest.mark.parametrize("signatures", [0, 1, 2])
def test_targets_by_too_few_founders(world: Simulator, signatures: int) -> None:
    stranger = SUITES["intl"].new_signing_key("stranger")
    world.new_targets()
    world.publish_targets(stranger, *world.founding_keys(signatures))
    world.publish()
    assert code_of(world.walk) == "trust.threshold"


@pytest.mark.parametrize("old", [False, True])
def test_a_root_by_too_few(world: Simulator, old: bool) -> None:
    """Few of the old founders, or few of the new ones: both must agree."""
    new = [City(code, "intl") for code in world.cities]
    charter = type(world.charter)("测试联盟", "intl", 3, tuple(city.founder for city in new))
    world.root = make_root(charter, 2, NOW)
    side = world.founding_keys(3) if old else [city.founding for city in new]
    world.publish_root(*side)
    assert code_of(world.walk) == "trust.threshold"


def test_one_founder_does_not_count_twice(world: Simulator) -> None:
    """The same key under two names would be two of k in plain TUF."""
    world.root = make_root(world.charter, 2, NOW)
    key = tuf_key(world.cities["410100"].founding.public())
    twin = type(key)("twin", key.keytype, key.scheme, key.keyval)
    world.root.keys["twin"] = twin
    world.root.roles["root"].keyids.append("twin")
    world.publish_root()
    assert code_of(world.walk) == "trust.root_broken"


@pytest.mark.parametrize("kind", ["intl", "es256"])
def test_one_founder_does_not_count_twice_by_another_spelling(world: Simulator, kind: str) -> None:
    """Hex in capitals, or PEM in other lines, is the same key."""
    world.root = make_root(world.charter, 2, NOW)
    maker = P256SigningKey.generate if kind == "es256" else SUITES["intl"].new_signing_key
    key = tuf_key(maker("another").public())
    public = key.keyval["public"]
    other = public.upper() if kind == "intl" else public.replace("\n", "\r\n")
    for name, spelt in (("one", public), ("two", other)):
        world.root.keys[name] = type(key)(name, key.keytype, key.scheme, {"public": spelt})
        world.root.roles["root"].keyids.append(name)
    world.publish_root()
    assert code_of(world.walk) == "trust.root_broken"


@pytest.mark.parametrize("name", ["timestamp", "snapshot"])
def test_published_by_somebody_else(world: Simulator, name: str) -> None:
    stranger = SUITES["intl"].new_signing_key("stranger")
    world.publish()
    assert world.timestamp is not None
    assert world.snapshot is not None
    if name == "timestamp":
        world.put("timestamp", sign(world.timestamp, stranger))
    else:
        world.publish(stranger)
        world.put("timestamp", sign(world.timestamp, world.cities["410100"].publishing))
    assert code_of(world.walk) == "trust.threshold"


def test_a_text_under_a_signature_for_another(world: Simulator) -> None:
    world.files[layout.TIMESTAMP] = changed(world.files[layout.TIMESTAMP], version=9)
    assert code_of(world.walk) == "trust.threshold"


# --- endless data, nonsense, nothing -------------------------------------------------------------


def test_more_than_was_asked_for(world: Simulator) -> None:
    for path, data in list(world.files.items()):
        longer = {**world.files, path: data + b" " * layout.TARGETS_BYTES}
        if path != "metadata/1.root.json":
            assert code_of(lambda: read_from(longer, world.anchor, None, NOW)) == "trust.oversized"  # noqa: B023


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 10_000, b"\xff", b'{"signed":{"_type":"root"}}']
)
def test_what_is_no_metadata(world: Simulator, data: bytes) -> None:
    world.files[layout.TIMESTAMP] = data
    assert code_of(world.walk) == "trust.malformed"


@pytest.mark.parametrize("data", [b"", b"{}", b"null"])
def test_a_broken_root_file(world: Simulator, data: bytes) -> None:
    assert code_of(lambda: walk(data, Known(), NOW)) == "trust.root_broken"
    changed_root = changed(world.anchor, version=2)
    assert code_of(lambda: walk(changed_root, Known(), NOW)) == "trust.root_broken"


def test_a_mirror_that_lacks_a_file(world: Simulator) -> None:
    for path in world.files:
        less = {name: data for name, data in world.files.items() if name != path}
        if path != "metadata/1.root.json":
            found = code_of(lambda: read_from(less, world.anchor, None, NOW))  # noqa: B023
            assert found == "trust.mirror_unreachable"


# --- what a member does wrong --------------------------------------------------------------------


def test_a_member_that_is_signed_by_somebody_else(world: Simulator) -> None:
    known = world.walk()
    stranger = SUITES["intl"].new_signing_key("stranger")
    forged = text_of(world.cities["411000"].entry(address="https://evil.example"))
    world.publish_member("411000", forged, stranger)
    world.publish()
    after = world.walk(known)
    assert faults(after) == {"411000": "trust.threshold"}
    assert after.members == known.members
    assert "411000" not in world.walk().members  # who never saw a good file has none


def test_a_key_that_disappears(world: Simulator) -> None:
    known = world.walk()
    world.members["411000"] = world.cities["411000"].entry(signing_keys=[])
    world.publish_member("411000")
    world.publish()
    after = world.walk(known)
    assert faults(after) == {"411000": "trust.key_removed"}
    assert after.members == known.members
    assert faults(world.walk(after)) == {"411000": "trust.key_removed"}


@pytest.mark.parametrize(
    ("claimed", "given", "holds"),
    [
        (["411000", "411002", "411081"], ["411000"], True),
        (["440100"], ["411000"], False),
        (["411002"], ["411002"], True),
        (["411000"], ["411002"], False),
        (["411002104000"], ["411002"], True),
    ],
)
def test_a_member_speaks_for_what_it_was_given(
    world: Simulator, claimed: list[str], given: list[str], holds: bool
) -> None:
    city = world.cities["411000"]
    admit(world.new_targets(), "411000", tuf_key(city.own.public()), given)
    world.publish_targets()
    world.members["411000"] = city.entry(jurisdictions=claimed)
    world.publish_member("411000")
    world.publish()
    assert faults(world.walk()) == ({} if holds else {"411000": "trust.jurisdiction"})


@pytest.mark.parametrize("data", [b"", b"{}", b'{"code":"411000"}', b'{"a":1,"a":2}'])
def test_a_file_that_is_none(world: Simulator, data: bytes) -> None:
    world.publish_member("411000", data)
    world.publish()
    assert faults(world.walk()) == {"411000": "trust.malformed"}


def test_a_file_of_another_member(world: Simulator) -> None:
    world.publish_member("411000", text_of(world.members["440100"]))
    world.publish()
    assert faults(world.walk()) == {"411000": "trust.malformed"}


def test_a_member_cannot_speak_of_another(world: Simulator) -> None:
    """Its role names another's file; nobody looks for that file there."""
    data = text_of(world.cities["440100"].entry(address="https://evil.example"))
    world.publish_member("411000")
    role = world.roles["411000"]
    role.targets["members/440100.json"] = type(role.targets["members/411000.json"]).from_data(
        "members/440100.json", data, ["sha256"]
    )
    world.put("411000", sign(role, world.cities["411000"].own))
    world.publish()
    assert world.walk().members == world.members


def test_a_giant_file_is_not_asked_for(world: Simulator) -> None:
    world.publish_member("411000")
    role = world.roles["411000"]
    role.targets["members/411000.json"].length = layout.MEMBER_BYTES + 1
    world.put("411000", sign(role, world.cities["411000"].own))
    world.publish()
    assert faults(world.walk()) == {"411000": "trust.oversized"}


def test_a_digest_that_not_every_client_knows(world: Simulator) -> None:
    """It would be the mirror's fault, and so stop the whole walk, where it is not known."""
    world.publish_member("411000")
    role = world.roles["411000"]
    role.targets["members/411000.json"].hashes["md5"] = "0" * 32
    world.put("411000", sign(role, world.cities["411000"].own))
    world.publish()
    assert faults(world.walk()) == {"411000": "trust.malformed"}


def test_time_is_given_not_taken(world: Simulator) -> None:
    """An auditor may ask what held on a day long ago."""
    assert world.walk(at=NOW + timedelta(days=13)).members == world.members
