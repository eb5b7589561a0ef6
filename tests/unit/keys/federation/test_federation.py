"""The trust list of a federation: goes on with what it has while that holds, and no longer."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from contracts.errors import BatchRejected, TongbanError, TrustRefused, TrustUnavailable
from keys.trust.federation import layout
from keys.trust.federation.copy import OLD_SECONDS, Copy
from keys.trust.federation.federation import Federation, finish, read_anchor
from keys.trust.trust_list import TrustList
from tests.doubles.federation import DAY, NOW, Simulator


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def world() -> Simulator:
    return Simulator(codes=("410100", "440100", "411000"), threshold=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "trust")


@pytest.fixture
def trust(world: Simulator, copy: Copy, clock: Clock) -> Federation:
    return Federation(world.anchor, copy, clock)


def learn(trust: Federation, world: Simulator) -> bool:
    return trust.accept(finish(trust.new_walk(), world.read))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as error:
        call()
    return error.value.code


def test_before_anything_is_known(trust: Federation) -> None:
    trust.load()
    assert code_of(trust.members) == "trust.mirror_unreachable"
    assert trust.standing is None
    assert trust.seconds_left("root") < 0


def test_it_answers_as_every_trust_list_does(world: Simulator, trust: Federation) -> None:
    learn(trust, world)
    listed: TrustList = trust
    city = world.cities["440100"]
    assert [member.code for member in listed.members()] == list(world.members)
    assert listed.member("440100") == world.members["440100"]
    key = listed.verifying_key("440100", city.signing.kid, NOW)
    assert key.verify(city.signing.sign(b"x"), b"x")
    assert listed.sealing_key("440100", NOW).kid == city.opening.kid
    with pytest.raises(BatchRejected):
        listed.member("999999")


def test_a_restart_goes_on_with_the_copy(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    learn(trust, world)
    clock.now += layout.TIMESTAMP_LIFE - DAY
    again = Federation(world.anchor, copy, clock)
    again.load()
    assert again.members() == trust.members()
    assert again.seconds_left("timestamp") == DAY.total_seconds()


def test_it_freezes_when_the_timestamp_ends_and_thaws_with_the_next(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    learn(trust, world)
    clock.now += layout.TIMESTAMP_LIFE
    for call in (
        trust.members,
        lambda: trust.member("440100"),
        lambda: trust.verifying_key("440100", "k", NOW),
        lambda: trust.sealing_key("440100", NOW),
    ):
        with pytest.raises(TrustUnavailable) as frozen:
            call()
        assert frozen.value.code == "trust.frozen"
    again = Federation(world.anchor, copy, clock)
    again.load()
    assert code_of(again.members) == "trust.frozen"
    world.now = clock.now
    world.publish()
    assert learn(again, world)
    assert len(again.members()) == 3


def test_a_member_that_signs_nothing_for_years_freezes_alone(
    world: Simulator, trust: Federation, clock: Clock
) -> None:
    world.now = clock.now = NOW + layout.MEMBER_LIFE - DAY
    world.root.version, world.root.expires = 2, world.now + DAY * 100
    world.publish_root()
    world.new_targets()
    world.publish_targets()
    world.publish_member("440100")
    world.publish()
    learn(trust, world)
    assert trust.member("411000").code == "411000"
    clock.now += 2 * DAY
    assert code_of(lambda: trust.member("411000")) == "trust.frozen"
    assert trust.member("440100").code == "440100"


def test_going_back_is_refused_after_a_restart_and_a_long_absence(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    old = dict(world.files)
    world.publish_member("411000")
    world.publish()
    learn(trust, world)
    clock.now += layout.TIMESTAMP_LIFE - DAY  # the old timestamp would still hold
    again = Federation(world.anchor, copy, clock)
    assert code_of(lambda: finish(again.new_walk(), lambda p, _: old.get(p))) == "trust.rollback"
    clock.now += 2 * DAY  # nothing of it holds; what is known still protects
    again = Federation(world.anchor, copy, clock)
    assert code_of(lambda: finish(again.new_walk(), lambda p, _: old.get(p))) == "trust.rollback"


def test_a_key_stays_remembered_over_a_restart(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    learn(trust, world)
    world.members["411000"] = world.cities["411000"].entry(signing_keys=[])
    world.publish_member("411000")
    world.publish()
    learn(trust, world)
    again = Federation(world.anchor, copy, clock)
    again.load()
    assert again.standing is not None
    assert [fault.code for fault in again.standing.faults] == ["trust.key_removed"]
    assert again.member("411000").signing_keys
    stranger = Federation(world.anchor, Copy(copy.folder.with_name("other")), clock)
    learn(stranger, world)
    assert not stranger.member("411000").signing_keys  # it never saw the key


# --- the copy ------------------------------------------------------------------------------------


def test_the_copy_is_a_whole_mirror(world: Simulator, trust: Federation, copy: Copy) -> None:
    learn(trust, world)
    assert world.files == {path: copy.read(path, 1 << 22) for path in world.files}
    other = Federation(world.anchor, Copy(copy.folder.with_name("other")), lambda: NOW)
    assert other.accept(finish(other.new_walk(), copy.read))


@pytest.mark.parametrize(
    "path",
    [
        "../secret", "metadata/../../secret", "/etc/passwd", "root.json", ".lock", "", "metadata",
        "accepted/410100.json", "metadata/0.root.json", "metadata/1.root.json/",
        "metadata//1.root.json", "metadata/%2e%2e/secret", "metadata/timestamp.json\0",
        "targets/members/../x.410100.json", "metadata/1.ROOT.json", "metadata/１.root.json",
        "metadata/timestamp.json\n",
    ],
)  # fmt: skip
def test_no_other_file_is_read(world: Simulator, trust: Federation, copy: Copy, path: str) -> None:
    learn(trust, world)
    (copy.folder.parent / "secret").write_text("secret")
    assert copy.read(path, 1000) is None


def test_an_older_process_does_not_write_over_a_newer(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    slow = finish(Federation(world.anchor, copy, clock).new_walk(), world.read)
    world.publish()
    learn(trust, world)
    assert copy.keep(slow) is False
    assert copy.read(layout.TIMESTAMP, 10_000) == world.files[layout.TIMESTAMP]


def test_old_states_go_after_a_day_and_roots_never(
    world: Simulator, trust: Federation, copy: Copy
) -> None:
    learn(trust, world)
    world.root.version = 2
    world.publish_root()
    world.publish_member("411000")
    world.publish()
    learn(trust, world)
    assert copy.read("metadata/1.snapshot.json", 10_000)
    ago = time.time() - 2 * OLD_SECONDS
    for file in copy.folder.rglob("*.json"):
        os.utime(file, (ago, ago))
    world.publish()
    learn(trust, world)
    assert copy.read("metadata/1.snapshot.json", 10_000) is None
    assert copy.read("metadata/1.411000.json", 10_000) is None
    assert copy.read("metadata/1.root.json", 10_000) == world.anchor


def test_a_damaged_memory_is_told_and_not_passed_over(
    world: Simulator, trust: Federation, copy: Copy, clock: Clock
) -> None:
    learn(trust, world)
    (copy.folder / "accepted" / "411000.json").write_text("{")
    again = Federation(world.anchor, copy, clock)
    again.load()
    assert code_of(again.members) == "trust.unavailable"
    assert code_of(again.new_walk) == "trust.unavailable"


def test_a_root_file_that_is_none(tmp_path: Path, copy: Copy, clock: Clock) -> None:
    file = tmp_path / "root.json"
    for data in (b"", b"{}", b"x" * (layout.ROOT_BYTES + 1)):
        file.write_bytes(data)
        with pytest.raises(TrustRefused) as refusal:
            Federation(read_anchor(file), copy, clock)
        assert refusal.value.code == "trust.root_broken"
    assert code_of(lambda: read_anchor(tmp_path / "none.json")) == "trust.root_broken"


def test_the_folder_is_read_again_only_when_it_changed(
    world: Simulator, trust: Federation, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.keep(world.walk())
    trust.load_news()
    assert trust.standing is not None
    asked: list[str] = []
    monkeypatch.setattr(copy, "read", lambda path, _limit: asked.append(path))
    trust.load_news()
    assert asked == []
    monkeypatch.undo()
    world.publish()
    copy.keep(world.walk(trust.standing))
    trust.load_news()
    assert trust.standing.version == 2
