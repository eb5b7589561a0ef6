"""The keeper of keys: what it writes, what it refuses, and how its work is shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Wrong
from gateway import config
from gateway.keyholding.holdings import Holding, Next
from gateway.keyholding.keeper import Keeper
from gateway.member_folder import NewMember, make_member_folder
from keys.stores import pbes2
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.tls.folder import CertificateFolder
from keys.trust.key_changes import name_of
from keys.trust.key_judgement import ClosedReason
from keys.trust.member import KeyState
from keys.trust.members_file import MembersFile, read_members

DAY, LEAD, OVERLAP = timedelta(days=1), timedelta(hours=24), timedelta(hours=72)


class Office:
    """A member's folder, and its keeper at a time of the test's choice."""

    def __init__(self, folder: Path) -> None:
        make_member_folder(folder, NewMember("410100", "sm"))
        self.folder = folder
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        self.phrase = passphrase(folder / "keys" / "passphrase", None)
        self.store = FileKeyStore(folder / "keys", self.phrase, iterations=10)

    @property
    def keeper(self) -> Keeper:
        """Opened anew, as by each command."""
        trust = MembersFile(self.folder / "members.json")
        certificates = CertificateFolder(self.folder / "keys" / "tls", self.phrase)
        return Keeper(config.load(self.folder), self.store, trust, certificates, lambda: self.now)

    def rows(self, use: str) -> list[Holding]:
        return [row for row in self.keeper.holdings() if row.use == use]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases are stretched little: forty keys would take as many seconds."""
    for makes in (FileKeyStore.__init__, pbes2.encrypt):
        defaults: Any = makes.__kwdefaults__
        monkeypatch.setitem(defaults, "iterations", 10)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_new_member_has_a_key_of_each_use_in_use(office: Office) -> None:
    assert [(row.use, row.in_use, row.place, row.next) for row in office.keeper.holdings()] == [
        ("signing", True, "file", Next.NOTHING),
        ("sealing", True, "file", Next.NOTHING),
        ("tls", True, "file", Next.NOTHING),
    ]


def test_a_new_key_waits_to_be_published(office: Office) -> None:
    key = office.keeper.new("log", LEAD)
    (row,) = office.rows("log")
    assert (row.published, row.next, row.place) == (False, Next.PUBLISH, "file")
    assert office.keeper.publish_in_our_list()
    assert not office.keeper.publish_in_our_list()
    (listed,) = read_members(office.folder / "members.json").members
    assert listed.log_keys == (key,)


@pytest.mark.parametrize("use", ["signing", "sealing", "tls"])
def test_rotation(office: Office, use: str) -> None:
    (before,) = office.rows(use)
    key = office.keeper.rotate(use, LEAD, OVERLAP)  # type: ignore[arg-type]
    assert key.valid_from == (office.now + LEAD).replace(microsecond=0)
    office.keeper.publish_in_our_list()
    old, new = office.rows(use)
    assert (old.name, old.in_use) == (before.name, True)
    assert old.entry.valid_to == key.valid_from + OVERLAP
    assert (new.name, new.state, new.in_use) == (name_of(key), KeyState.NOT_YET_VALID, False)
    office.now += LEAD + timedelta(seconds=1)
    assert [row.in_use for row in office.rows(use)] == [False, True]
    office.now += OVERLAP
    assert office.rows(use)[0].state is KeyState.EXPIRED


def test_one_key_at_a_time_waits_for_its_turn(office: Office) -> None:
    office.keeper.rotate("signing", LEAD, OVERLAP)
    with pytest.raises(Wrong, match="waits already") as raised:
        office.keeper.rotate("signing", LEAD, OVERLAP)
    assert raised.value.code == "key.not_now"
    office.keeper.rotate("sealing", LEAD, OVERLAP)
    office.now += LEAD + timedelta(seconds=1)
    office.keeper.rotate("signing", LEAD, OVERLAP)


def test_a_key_that_ends_soon_asks_for_another(office: Office) -> None:
    office.keeper.rotate("signing", LEAD, OVERLAP)
    office.keeper.publish_in_our_list()
    new = office.rows("signing")[1].name
    office.now += LEAD + timedelta(seconds=1)
    office.keeper.close(new, ClosedReason.SUPERSEDED, office.now + 20 * DAY)
    office.keeper.publish_in_our_list()
    rows = {row.name: row for row in office.rows("signing")}
    assert rows[new].next is Next.NOTHING, "another was made, that begins when it is closed"
    assert len(rows) == 3


def test_closing_the_last_key_makes_another_at_once(office: Office) -> None:
    (row,) = office.rows("signing")
    made = office.keeper.close(row.name, ClosedReason.COMPROMISED, None)
    assert made is not None
    office.keeper.publish_in_our_list()
    old, new = office.rows("signing")
    assert (old.state, old.entry.closed_reason) == (KeyState.CLOSED, "compromised")
    assert old.entry.closed_at == office.now
    assert (new.name, new.in_use) == (name_of(made), True)


def test_closing_one_of_two_makes_none(office: Office) -> None:
    office.keeper.new("signing", timedelta())
    first, _ = office.rows("signing")
    assert office.keeper.close(first.name, ClosedReason.SUPERSEDED, None) is None


@pytest.mark.parametrize(
    ("name", "at", "code"),
    [
        ("410100-sign-1", timedelta(0), "not_found"),
        ("", timedelta(seconds=-1), "key.not_now"),
        ("", -365 * DAY, "key.not_now"),
    ],
)
def test_no_key_is_closed_by_another_name_or_for_a_time_that_is_over(
    office: Office, name: str, at: timedelta, code: str
) -> None:
    kid = name or office.rows("signing")[0].name
    before = (office.folder / "member.json").read_bytes()
    with pytest.raises(Wrong) as raised:
        office.keeper.close(kid, ClosedReason.COMPROMISED, office.now + at)
    assert raised.value.code == code
    assert (office.folder / "member.json").read_bytes() == before


def test_a_closed_key_stays_as_it_was_closed(office: Office) -> None:
    kid = office.rows("signing")[0].name
    office.keeper.close(kid, ClosedReason.LOST, None)
    with pytest.raises(Wrong, match="does not change"):
        office.keeper.close(kid, ClosedReason.COMPROMISED, None)


def test_what_the_list_has_is_not_taken_away_by_an_older_file(office: Office) -> None:
    older = (office.folder / "member.json").read_bytes()
    office.keeper.new("signing", timedelta())
    office.keeper.publish_in_our_list()
    (office.folder / "member.json").write_bytes(older)
    with pytest.raises(Wrong) as raised:
        office.keeper.new("sealing", timedelta())
    assert raised.value.code == "trust.key_removed"


def test_a_published_key_without_its_other_half_is_asked_for(office: Office) -> None:
    (row,) = office.rows("sealing")
    (office.folder / "keys" / f"{row.name}.pem").unlink()
    (row,) = office.rows("sealing")
    assert (row.place, row.in_use, row.next) == (None, False, Next.RESTORE)


def test_the_file_of_another_city_is_refused(office: Office, tmp_path: Path) -> None:
    make_member_folder(tmp_path / "other", NewMember("440100", "sm"))
    (office.folder / "member.json").write_bytes((tmp_path / "other" / "member.json").read_bytes())
    with pytest.raises(Wrong, match="it is the entry of 440100"):
        office.keeper.holdings()


def test_a_pin_is_closed_by_the_digits_that_are_shown(office: Office) -> None:
    office.keeper.new("tls", timedelta())
    first, second = office.rows("tls")
    for typed in (first.name[:7], "", "0" * 64, f"{first.name}0"):
        with pytest.raises(Wrong) as raised:
            office.keeper.close(typed, ClosedReason.SUPERSEDED, None)
        assert raised.value.code == "not_found"
    assert office.keeper.close(f"{first.name[:16]}…", ClosedReason.SUPERSEDED, None) is None
    closed, open_ = office.rows("tls")
    assert (closed.name, closed.state) == (first.name, KeyState.CLOSED)
    assert (open_.name, open_.state) == (second.name, KeyState.VALID)
