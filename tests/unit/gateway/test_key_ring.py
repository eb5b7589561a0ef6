"""Which of our keys signs now: what the list publishes, what is good, what is here."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from gateway.key_ring import KeyRing
from gateway.simulation.clock import SimulatedClock
from keys.jws import verify_jws
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.suites.suite import VerifyingKey
from keys.trust.member import Member, MemberKey, MemberList
from keys.trust.roll import Roll

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
US = "410100"


class List(Roll):
    """A list of members that a test replaces, as a file that is read again would be."""

    def replace(self, member: Member) -> None:
        super().__init__(MemberList(members=(member,)))


class Desk:
    """A key store, a list with our entry, a clock, and the ring over them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.store = FileKeyStore(folder, b"open sesame", iterations=10)
        self.clock = SimulatedClock(NOW)
        self.signing: dict[str, MemberKey] = {}
        self.sealing: dict[str, MemberKey] = {}
        self.list = List(MemberList(members=()))
        self.ring = KeyRing(US, self.list, self.store, self.clock)

    def make(self, kid: str, begins: datetime, **days: object) -> None:
        """A private key in the store, and its entry, not published yet."""
        if kid.startswith("open"):
            uri = self.store.new_opening_key(SUITES["intl"], kid)
            jwk = self.store.opening_key(uri).public().jwk()
            self.sealing[kid] = _entry(kid, jwk, begins, **days)
        else:
            uri = self.store.new_signing_key(SUITES["intl"], kid)
            jwk = self.store.signing_key(uri).public().jwk()
            self.signing[kid] = _entry(kid, jwk, begins, **days)

    def publish(self) -> None:
        self.list.replace(
            Member(
                code=US,
                name="",
                suite="intl",
                address="https://a.cn",
                signing_keys=tuple(self.signing.values()),
                sealing_keys=tuple(self.sealing.values()),
            )
        )

    def pass_time(self, span: timedelta) -> None:
        self.clock.advance(span.total_seconds())

    def lose(self, kid: str) -> None:
        (self.folder / f"{kid}.pem").unlink()


def _entry(kid: str, jwk: dict[str, str], begins: datetime, **days: object) -> MemberKey:
    return MemberKey.model_validate({"kid": kid, "jwk": jwk, "valid_from": begins, **days})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "keys")
    made.make("sign-1", NOW - DAY)
    made.make("open-1", NOW - DAY)
    made.publish()
    made.ring.check()
    return made


def test_a_key_that_is_not_published_is_never_used(desk: Desk) -> None:
    desk.make("sign-2", NOW - SECOND * 5)
    desk.pass_time(DAY)
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.kid == "sign-2"


def test_a_published_key_is_used_from_its_time_on_and_not_before(desk: Desk) -> None:
    desk.make("sign-2", NOW + DAY)
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"
    desk.pass_time(DAY)
    assert desk.ring.kid == "sign-1", "it settles: a seal of the moment before is still under way"
    desk.pass_time(2 * SECOND)
    assert desk.ring.kid == "sign-2"


def test_a_key_without_its_other_half_here_is_passed_over(desk: Desk) -> None:
    desk.make("sign-2", NOW - timedelta(hours=1))
    desk.lose("sign-2")
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"


def test_the_old_key_goes_on_until_the_new_one_is_opened(desk: Desk) -> None:
    desk.make("sign-2", NOW - timedelta(hours=1))
    desk.publish()
    assert desk.ring.kid == "sign-1", "nobody opened it yet, and a message does not wait for that"
    desk.ring.refresh()
    assert desk.ring.kid == "sign-2"


def test_another_private_key_under_the_name_is_not_used(desk: Desk) -> None:
    desk.make("sign-2", NOW - timedelta(hours=1))
    desk.publish()
    desk.lose("sign-2")
    desk.store.new_signing_key(SUITES["intl"], "sign-2")
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"
    assert "not the one that is published" in desk.ring.faults()["sign-2"].detail


def test_a_closed_key_signs_no_more(desk: Desk) -> None:
    desk.make("sign-0", NOW - 2 * DAY)
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"
    desk.signing["sign-1"] = desk.signing["sign-1"].model_copy(update={"closed_at": NOW})
    desk.publish()
    assert desk.ring.kid == "sign-0"


async def test_without_a_good_key_nothing_is_signed(desk: Desk) -> None:
    desk.signing["sign-1"] = desk.signing["sign-1"].model_copy(update={"valid_to": NOW + DAY})
    desk.publish()
    await desk.ring.sign(b"{}", "t")
    desk.pass_time(DAY)
    with pytest.raises(KeyUnusable, match="no signing key of ours"):
        await desk.ring.sign(b"{}", "t")
    with pytest.raises(KeyUnusable):
        desk.ring.check()


async def test_what_it_signs_names_the_key_and_holds_under_it(desk: Desk) -> None:
    token = await desk.ring.sign(b'{"a":1}', "t")

    def find(kid: str) -> VerifyingKey:
        return desk.list.verifying_key(US, kid, NOW)

    assert verify_jws(token, typ="t", find=find) == b'{"a":1}'


def test_every_key_of_the_store_opens_whatever_its_state(desk: Desk) -> None:
    desk.make("open-0", NOW - 300 * DAY, valid_to=NOW - 200 * DAY)
    desk.publish()
    desk.ring.refresh()
    for kid in ("open-0", "open-1"):
        assert desk.ring.opening_key(kid).kid == kid
    with pytest.raises(KeyError):
        desk.ring.opening_key("open-7")


def test_a_key_that_is_here_and_cannot_be_opened_is_no_unknown_key(desk: Desk) -> None:
    """The partner is not at fault: its message must come again, and not be refused."""
    desk.make("open-2", NOW - timedelta(hours=1))
    (desk.folder / "open-2.pem").chmod(0o644)
    desk.publish()
    desk.ring.refresh()
    with pytest.raises(KeyUnusable, match="others may use it"):
        desk.ring.opening_key("open-2")


def test_our_own_copies_go_to_the_newest_that_we_can_open(desk: Desk) -> None:
    assert desk.ring.own_key().kid == "open-1"
    desk.make("open-2", NOW - timedelta(hours=1))
    desk.make("open-3", NOW - timedelta(minutes=1))
    desk.lose("open-3")
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.own_key().kid == "open-2"


def test_a_private_half_that_comes_later_is_found(desk: Desk) -> None:
    desk.make("sign-2", NOW - timedelta(hours=1))
    kept = (desk.folder / "sign-2.pem").read_bytes()
    desk.lose("sign-2")
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.kid == "sign-1"
    (desk.folder / "sign-2.pem").write_bytes(kept)
    (desk.folder / "sign-2.pem").chmod(0o600)
    desk.pass_time(timedelta(seconds=6))
    desk.ring.refresh()
    assert desk.ring.kid == "sign-2"


def test_how_long_it_goes_on(desk: Desk) -> None:
    assert desk.ring.seconds_left("signing") == float("inf")
    desk.signing["sign-1"] = desk.signing["sign-1"].model_copy(update={"valid_to": NOW + DAY})
    desk.publish()
    assert desk.ring.seconds_left("signing") == DAY.total_seconds()
    desk.make("sign-2", NOW + DAY / 2, valid_to=NOW + 3 * DAY)
    desk.publish()
    desk.ring.refresh()
    assert desk.ring.seconds_left("signing") == 3 * DAY.total_seconds()
    assert desk.ring.seconds_left("sealing") == float("inf")
    desk.list.replace(Member(code=US, name="", suite="intl", address="https://a.cn"))
    assert desk.ring.seconds_left("signing") == -1.0
