"""The members file: judged by the day, read again when it changes, never lost."""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contracts.errors import BatchRejected, KeyUnusable, TrustUnavailable
from keys.suites import SUITES
from keys.trust import members_file
from keys.trust.member import KeyState, Member, MemberKey
from keys.trust.members_file import MembersFile, read_members, write_members
from keys.trust.trust_list import TrustList, key_state

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = START + 100 * DAY
SIGN = {name: suite.new_signing_key("sign-1").public() for name, suite in SUITES.items()}
SEAL = {name: suite.new_opening_key("seal-1").public() for name, suite in SUITES.items()}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def next_look(self) -> None:
        self.now += members_file.CHECK_INTERVAL


def signing_key(kid: str, **more: object) -> MemberKey:
    return MemberKey.model_validate(
        {"kid": kid, "jwk": SIGN["sm"].jwk(), "valid_from": START, **more}
    )


def sealing_key(kid: str, valid_from: datetime, **more: object) -> MemberKey:
    return MemberKey.model_validate(
        {"kid": kid, "jwk": SEAL["sm"].jwk(), "valid_from": valid_from, **more}
    )


def member(code: str = "410100", **more: object) -> Member:
    entry = {
        "code": code, "name": "郑州市", "suite": "sm", "jurisdictions": ["410100", "410102"],
        "address": "https://gateway.example/", "signing_keys": [signing_key("sign-1")],
    }  # fmt: skip
    return Member.model_validate({**entry, **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "members.json"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trust(path: Path, clock: Clock) -> MembersFile:
    return MembersFile(path, clock)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(BatchRejected) as rejection:
        call()
    return rejection.value.code


def test_look_up(path: Path, trust: MembersFile) -> None:
    as_protocol: TrustList = trust
    write_members(path, [member(), member("440100", suite="intl")])
    assert [m.code for m in as_protocol.members()] == ["410100", "440100"]
    assert as_protocol.member("440100").suite == "intl"
    key = as_protocol.verifying_key("410100", "sign-1", NOW)
    assert (key.kid, key.alg, key.jwk()) == ("sign-1", "SM2", SIGN["sm"].jwk())
    assert as_protocol.verifying_key("410100", "sign-1", NOW) is key


def test_unknown(path: Path, trust: MembersFile) -> None:
    write_members(path, [member()])
    assert code_of(lambda: trust.member("440100")) == "member.unknown"
    assert code_of(lambda: trust.verifying_key("440100", "sign-1", NOW)) == "member.unknown"
    assert code_of(lambda: trust.verifying_key("410100", "sign-2", NOW)) == "seal.key_unknown"
    assert code_of(lambda: trust.sealing_key("440100", NOW)) == "member.unknown"


@pytest.mark.parametrize(
    ("more", "at", "state"),
    [
        ({}, START, KeyState.VALID),
        ({}, START - timedelta(microseconds=1), KeyState.NOT_YET_VALID),
        ({"valid_to": NOW}, NOW - timedelta(microseconds=1), KeyState.VALID),
        ({"valid_to": NOW}, NOW, KeyState.EXPIRED),
        ({"closed_at": NOW, "closed_reason": "superseded"}, NOW - DAY, KeyState.VALID),
        ({"closed_at": NOW}, NOW, KeyState.CLOSED),
        ({"closed_at": NOW, "valid_to": NOW}, NOW + DAY, KeyState.CLOSED),
        ({"closed_at": START - DAY}, START - 2 * DAY, KeyState.NOT_YET_VALID),
        ({"closed_at": START - DAY}, START, KeyState.CLOSED),
    ],
)
def test_a_key_is_judged_by_the_day(
    path: Path, trust: MembersFile, more: dict[str, object], at: datetime, state: KeyState
) -> None:
    key = signing_key("sign-1", **more)
    assert key_state(key, at) is state
    write_members(path, [member(signing_keys=[key])])
    if state is KeyState.VALID:
        assert trust.verifying_key("410100", "sign-1", at).kid == "sign-1"
    else:
        assert code_of(lambda: trust.verifying_key("410100", "sign-1", at)) == "seal.key_closed"


def test_a_key_is_judged_in_any_time_zone(path: Path, trust: MembersFile) -> None:
    write_members(path, [member(signing_keys=[signing_key("sign-1", valid_to=NOW)])])
    local = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    assert code_of(lambda: trust.verifying_key("410100", "sign-1", local)) == "seal.key_closed"
    with pytest.raises(TypeError):
        trust.verifying_key("410100", "sign-1", NOW.replace(tzinfo=None))


def test_the_newest_valid_sealing_key(path: Path, trust: MembersFile) -> None:
    keys = [
        sealing_key("seal-2", START + DAY),
        sealing_key("seal-1", START),
        sealing_key("seal-3", START + 2 * DAY, closed_at=START + 3 * DAY),
        sealing_key("seal-4", NOW + DAY),
    ]
    write_members(path, [member(sealing_keys=keys)])
    by_day = [(0, "seal-1"), (1, "seal-2"), (2, "seal-3"), (3, "seal-2"), (99, "seal-2")]
    for days, kid in [*by_day, *reversed(by_day)]:
        assert trust.sealing_key("410100", START + days * DAY).kid == kid
    with pytest.raises(KeyUnusable, match="no valid sealing key"):
        trust.sealing_key("410100", START - DAY)


def test_a_key_that_cannot_be_used_harms_no_other(path: Path, trust: MembersFile) -> None:
    broken = signing_key("sign-2", jwk={"kty": "EC", "crv": "SM2", "x": "AA", "y": "AA"})
    write_members(path, [member(signing_keys=[signing_key("sign-1"), broken])])
    assert trust.verifying_key("410100", "sign-1", NOW)
    assert code_of(lambda: trust.verifying_key("410100", "sign-2", NOW)) == "seal.key_unknown"


def test_unknown_fields_are_kept(path: Path) -> None:
    key = signing_key("sign-1", hsm="yes")
    write_members(path, [member(signing_keys=[key], telephone={"duty": "0371"})])
    (again,) = read_members(path).members
    assert again.model_extra == {"telephone": {"duty": "0371"}}
    assert again.signing_keys[0].model_extra == {"hsm": "yes"}


def test_a_changed_file_is_read_again(path: Path, trust: MembersFile, clock: Clock) -> None:
    write_members(path, [member()])
    assert trust.member("410100")
    write_members(path, [member("440100")])
    assert trust.member("410100"), "the file is looked at once a second"
    clock.next_look()
    assert trust.member("440100")
    assert code_of(lambda: trust.member("410100")) == "member.unknown"


def test_a_closed_key_stays_closed_after_a_reload(
    path: Path, trust: MembersFile, clock: Clock
) -> None:
    write_members(path, [member()])
    assert trust.verifying_key("410100", "sign-1", NOW)
    write_members(path, [member(signing_keys=[signing_key("sign-1", closed_at=NOW)])])
    clock.next_look()
    assert code_of(lambda: trust.verifying_key("410100", "sign-1", NOW)) == "seal.key_closed"
    before = NOW - DAY
    assert trust.verifying_key("410100", "sign-1", before, before)
    assert code_of(lambda: trust.verifying_key("410100", "sign-1", before, NOW)) == (
        "seal.key_closed"
    )
    assert (
        code_of(lambda: trust.verifying_key("410100", "sign-1", before)) == "evidence.unwitnessed"
    )


BAD = {
    "cut": b'{"members": [',
    "no object": b"[]",
    "no members": b"{}",
    "another version": b'{"version": 2, "members": []}',
    "repeated name": b'{"members": [], "members": []}',
    "no UTF-8": b'{"members": "\xff"}',
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_version_changes_nothing(
    path: Path, trust: MembersFile, clock: Clock, bad: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    write_members(path, [member()])
    assert trust.member("410100")
    path.write_bytes(bad)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            clock.next_look()
            assert trust.member("410100")
    assert len(caplog.records) == 1
    assert "the last good one stays" in caplog.text
    write_members(path, [member("440100")])
    clock.next_look()
    assert trust.member("440100")


def test_a_file_that_went_away(path: Path, trust: MembersFile, clock: Clock) -> None:
    write_members(path, [member()])
    assert trust.member("410100")
    path.unlink()
    clock.next_look()
    assert trust.member("410100")


def test_a_list_that_could_never_be_read(path: Path, trust: MembersFile, clock: Clock) -> None:
    for call in (trust.members, lambda: trust.member("410100")):
        with pytest.raises(TrustUnavailable, match="cannot be read"):
            call()
    write_members(path, [member()])
    clock.next_look()
    assert trust.member("410100")


def test_a_giant_file(path: Path, trust: MembersFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_file, "MAX_FILE_LENGTH", 100)
    write_members(path, [member()])
    with pytest.raises(TrustUnavailable, match="longer than 100 bytes"):
        trust.members()


def test_members_and_keys_stand_once(path: Path) -> None:
    with pytest.raises(ValueError, match="410100"):
        write_members(path, [member(), member()])
    with pytest.raises(ValueError, match="sign-1"):
        member(sealing_keys=[sealing_key("sign-1", START)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "4101"}, {"code": "４１０１００"}, {"suite": "rot13"}, {"jurisdictions": ["北京"]},
        {"address": "ftp://gateway.example"}, {"address": "https://a b"}, {"name": None},
        {"signing_keys": [{"kid": "", "jwk": {}, "valid_from": "2024-01-01T00:00:00Z"}]},
        {"signing_keys": [{"kid": "a", "jwk": {}, "valid_from": "2024-01-01T00:00:00"}]},
    ],
)  # fmt: skip
def test_members_that_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Member.model_validate(member().model_dump() | wrong)


def test_the_file_is_replaced_whole(path: Path) -> None:
    write_members(path, [member()])
    assert path.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in path.parent.iterdir()] == ["members.json"]
    assert json.loads(path.read_text("utf-8"))["members"][0]["name"] == "郑州市"


def test_a_look_up_costs_well_under_ten_microseconds(path: Path) -> None:
    write_members(path, [member()])
    trust = MembersFile(path)
    trust.verifying_key("410100", "sign-1", NOW)
    fastest = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(100):
            trust.verifying_key("410100", "sign-1", NOW)
        fastest = min(fastest, (time.perf_counter() - start) / 100)
    assert fastest < 10e-6
