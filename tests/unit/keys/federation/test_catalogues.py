"""Catalogues of members: fetched, checked and kept like their files, and never in their way."""

import json
from pathlib import Path

import pytest

from keys.trust.federation import layout
from keys.trust.federation.copy import Copy
from keys.trust.federation.federation import Federation, finish
from keys.trust.federation.making import sign
from keys.trust.federation.standing import Standing
from tests.doubles.federation import DAY, NOW, Simulator, read_from

GOOD = b'{"matters": [{"base_code": "000714001000"}]}'
CODE = "411000"


@pytest.fixture
def world() -> Simulator:
    made = Simulator(codes=("410100", "440100", CODE), threshold=2)
    made.publish_member(CODE, catalogue=GOOD)
    made.publish()
    return made


def faults(standing: Standing) -> dict[str, str]:
    return {fault.member: fault.code for fault in standing.faults}


def test_a_catalogue_is_read_by_its_exact_bytes(world: Simulator) -> None:
    standing = world.walk()
    assert standing.catalogues == {CODE: GOOD}
    assert standing.faults == ()
    assert standing.files == {
        path: data for path, data in world.files.items() if path in standing.files
    }
    assert any(path.startswith("targets/catalogues/") for path in standing.files)


BAD = {
    "no object": b"[]",
    "no JSON": b"{",
    "a name twice": b'{"a": 1, "a": 2}',
    "too deep": b'{"a":' + b"[" * layout.CATALOGUE_DEPTH + b"]" * layout.CATALOGUE_DEPTH + b"}",
    "too many values": b'{"a":[' + b",".join([b"1"] * (layout.CATALOGUE_NODES + 2)) + b"]}",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_one_that_is_none_is_left_and_the_members_file_is_taken(
    world: Simulator, data: bytes
) -> None:
    known = world.walk()
    world.members[CODE] = world.cities[CODE].entry(address="https://moved.example")
    world.publish_member(CODE, catalogue=data)
    world.publish()
    after = world.walk(known)
    assert faults(after) == {CODE: "trust.malformed"}
    assert after.members[CODE].address == "https://moved.example"
    assert after.catalogues == {CODE: GOOD}  # the last good one stays
    assert world.walk().catalogues == {}  # who never saw one has none


def test_a_giant_one_is_not_asked_for(world: Simulator) -> None:
    big = json.dumps({"a": "x" * layout.CATALOGUE_BYTES}).encode()
    world.publish_member(CODE, catalogue=big)
    world.publish()
    asked = []

    def read(path: str, _limit: int) -> bytes | None:
        asked.append(path)
        return world.files.get(path)

    anchor = Federation(world.anchor, Copy(Path("/nonexistent")), lambda: NOW)
    standing = finish(anchor.new_walk(), read)
    assert faults(standing) == {CODE: "trust.oversized"}
    assert not any(path.startswith("targets/catalogues/") for path in asked)


def test_one_that_was_changed_on_the_way_is_the_mirrors_fault(world: Simulator) -> None:
    path = next(path for path in world.files if path.startswith("targets/catalogues/"))
    world.files[path] = GOOD.replace(b"000714001000", b"000714001001")
    with pytest.raises(Exception, match=r"trust\.mixed"):
        read_from(world.files, world.anchor, None, NOW)


def test_a_member_cannot_publish_that_of_another(world: Simulator) -> None:
    world.publish_member(CODE)
    role = world.roles[CODE]
    other = layout.catalogue_target("440100")
    role.targets[other] = next(iter(role.targets.values())).from_data(other, GOOD, ["sha256"])
    world.put(CODE, sign(role, world.cities[CODE].own))
    world.publish()
    assert world.walk().catalogues == {}


def test_it_is_kept_over_restarts_and_withdrawn_by_its_member(
    world: Simulator, tmp_path: Path
) -> None:
    copy = Copy(tmp_path)
    trust = Federation(world.anchor, copy, lambda: NOW)
    trust.accept(finish(trust.new_walk(), world.read))
    again = Federation(world.anchor, copy, lambda: NOW)
    again.load()
    assert again.standing is not None
    assert again.standing.catalogues == {CODE: GOOD}
    assert copy.catalogues() == {CODE: GOOD}
    world.publish_member(CODE)
    world.publish()
    again.accept(finish(again.new_walk(), world.read))
    assert copy.catalogues() == {}
    assert again.standing.catalogues == {}


def test_a_role_that_does_not_hold_takes_no_catalogue_away(world: Simulator) -> None:
    known = world.walk()
    world.publish_member(CODE, key=world.cities["440100"].own)  # not its own key
    world.now += DAY
    world.publish()
    after = world.walk(known)
    assert faults(after) == {CODE: "trust.threshold"}
    assert after.catalogues == {CODE: GOOD}
