"""An attacker who owns a mirror, the only one that a running gateway asks.

Each test is one attempt and names the code that stopped it; the gateway counts it under that
code, says so to its operator, goes on with what it has, and takes the truth when it comes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from gateway.federation.office import Office
from gateway.federation.publishing import own_news, publish
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.suites.suite import SigningKey
from keys.trust.federation import layout
from keys.trust.federation.making import make_snapshot, make_timestamp, member_role, sign
from tests.end_to_end.command import tongban
from tests.processes.city import City, cities
from tests.processes.federation import QUICK, found
from tests.processes.hosting import Host, hosting, stock
from tests.processes.patience import until
from tests.processes.ports import free_port

HERE, OTHER, THIRD = "410100", "440100", "430100"
# As long as "http://127.0.0.1": a longer file would not be read to its end.
EVIL = "http://evil.city"


@dataclass
class Attack:
    """`gateway` asks `host` and nobody else; a founder publishes."""

    gateway: City
    host: Host
    offices: dict[str, Office]

    @property
    def office(self) -> Office:
        """The founder's that publishes."""
        return self.offices[HERE]

    @property
    def trust(self) -> Path:
        """The copy of the founder: what is published."""
        return self.office.copy.folder

    def newest(self, role: str) -> Metadata[Any]:
        """What is published under this name now."""
        standing = self.office.standing()
        path = (
            layout.TIMESTAMP
            if role == "timestamp"
            else layout.metadata_path(role, standing.versions[role])
        )
        return Metadata.from_bytes(standing.files[path])

    def assert_stopped(self, code: str) -> None:
        """The gateway counts what the mirror gives under `code` and under no other, keeps the
        members that it knew, and works; then the honest state is taken."""
        before = self._count(code)
        until(lambda: self._count(code) > before, f"refused as {code}", within=30)
        assert self.gateway.health()[0] == 200
        for accepted in (self.gateway.folder / "trust" / "accepted").glob("*.json"):
            assert EVIL not in accepted.read_text()
        assert code in self.gateway.log()
        checked = tongban("federation", "check", "--home", self.gateway.folder)
        assert checked.code == 1
        assert "✗" in checked.out

    def _count(self, code: str) -> float:
        return self.gateway.metric("tongban_trust_refused_total", code=code)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    folder = tmp_path_factory.mktemp("owner")
    with (
        pytest.MonkeyPatch.context() as patch,
        cities(folder, {HERE: "sm", OTHER: "intl", THIRD: "intl"}) as (founder, other, city),
    ):
        defaults: Any = FileKeyStore.__init__.__kwdefaults__
        patch.setitem(defaults, "iterations", 1000)
        offices = {office.code: office for office in found((founder, other, city), 2)}
        host = Host()
        host.serve(stock(offices[HERE].copy.folder))
        with hosting(host, free_port()) as address:
            city.env.update({**QUICK, "TONGBAN_TRUST__MIRRORS": json.dumps([address])})
            settings = city.folder / "tongban.toml"
            text = settings.read_text()
            at = text.index("mirrors = [")
            settings.write_text(
                text[:at] + f'mirrors = ["{address}"]' + text[text.index("\n", at) :]
            )
            city.start().ready()
            yield Attack(city, host, offices)


@pytest.fixture
def attack(federation: Attack) -> Iterator[Attack]:
    """The mirror is honest before and after; what is true then is taken."""
    yield federation
    publish(federation.office, [], [])
    federation.host.serve(stock(federation.trust))
    newest = federation.office.standing().version
    until(lambda: _version(federation.gateway) == newest, "the truth is taken")


def _version(city: City) -> int:
    document = json.loads((city.folder / "trust" / layout.TIMESTAMP).read_text())
    return int(document["signed"]["version"])


def stranger() -> SigningKey:
    return SUITES["sm"].new_signing_key("stranger")


# --- forge ----------------------------------------------------------------------------------------


def test_a_members_file_with_another_address_is_stopped_by_trust_mixed(attack: Attack) -> None:
    files = moved(attack, OTHER)
    for path, data in files.items():
        if path.startswith("targets/") and OTHER in path:
            files[path] = data.replace(b"http://127.0.0.1", EVIL.encode())
    attack.host.files = files
    attack.assert_stopped("trust.mixed")


def test_a_state_by_a_key_of_his_own_is_stopped_by_trust_threshold(attack: Attack) -> None:
    """He makes all of it anew: file, role, snapshot and timestamp, and signs with his key."""
    key, now = stranger(), datetime.now(UTC)
    standing = attack.office.standing()
    forged = standing.members[OTHER].model_copy(update={"address": EVIL})
    data = forged.model_dump_json(exclude_none=True).encode()
    role = sign(member_role(OTHER, data, standing.versions[OTHER] + 1, "sm", now), key)
    digest = next(iter(role.signed.targets[layout.member_target(OTHER)].hashes.values()))
    files = stock(attack.trust)
    files[layout.target_path(layout.member_target(OTHER), digest)] = data
    files[layout.metadata_path(OTHER, role.signed.version)] = role.to_bytes()
    made = make_snapshot(
        attack.newest("snapshot").signed, {OTHER: (role.signed.version, role.to_bytes())}, "sm", now
    )
    snapshot = sign(made, key)
    files[layout.metadata_path("snapshot", made.version)] = snapshot.to_bytes()
    stamp = make_timestamp(
        attack.newest("timestamp").signed, (made.version, snapshot.to_bytes()), "sm", now
    )
    files[layout.TIMESTAMP] = sign(stamp, key).to_bytes()
    attack.host.files = files
    attack.assert_stopped("trust.threshold")


def test_a_root_by_one_of_two_founders_is_stopped_by_trust_threshold(attack: Attack) -> None:
    """He has stolen one founder's keys, and would make himself the only founder."""
    standing = attack.office.standing()
    root: Root = attack.newest("root").signed
    root.version += 1
    for role in ("root", "targets"):
        root.roles[role].threshold = 1
    (stolen,) = attack.office.founding_keys()
    path = layout.metadata_path("root", standing.versions["root"] + 1)
    attack.host.files[path] = sign(root, stolen).to_bytes()
    attack.assert_stopped("trust.threshold")


def test_another_federation_is_stopped_by_trust_threshold(attack: Attack, tmp_path: Path) -> None:
    """A whole one of his own, in which every city is his."""
    with cities(tmp_path, {HERE: "intl", OTHER: "intl"}) as made:
        his, _ = found(made, 1)
        publish(his, [], [])
        ours = {path: data for path, data in attack.host.files.items() if "root.json" in path}
        attack.host.files = {**stock(his.copy.folder), **ours}
        attack.assert_stopped("trust.threshold")


def test_nonsense_is_stopped_by_trust_malformed(attack: Attack) -> None:
    attack.host.files[layout.TIMESTAMP] = b'{"signed": {"_type": "timestamp"}, "signatures": []}'
    attack.assert_stopped("trust.malformed")


# --- roll back, freeze ----------------------------------------------------------------------------


def test_yesterdays_state_is_stopped_by_trust_rollback(attack: Attack) -> None:
    old = dict(attack.host.files)
    publish(attack.office, [], [])
    attack.host.serve(stock(attack.trust))
    newest = attack.office.standing().version
    until(lambda: _version(attack.gateway) == newest, "today's is taken")
    attack.host.files = old
    attack.assert_stopped("trust.rollback")


def test_yesterdays_state_to_a_gateway_that_restarts_is_stopped_by_trust_rollback(
    attack: Attack,
) -> None:
    """What was seen is remembered over restarts."""
    old = dict(attack.host.files)
    publish(attack.office, [], [])
    attack.host.serve(stock(attack.trust))
    newest = attack.office.standing().version
    until(lambda: _version(attack.gateway) == newest, "today's is taken")
    attack.gateway.stop()
    attack.host.files = old
    attack.gateway.start().ready()
    attack.assert_stopped("trust.rollback")


def test_a_frozen_mirror_beside_an_honest_one_costs_nothing(attack: Attack) -> None:
    """He goes on serving what was true. A second mirror has news: it is taken, and he is named."""
    attack.gateway.stop()
    honest = Host()
    with hosting(honest, free_port()) as address:
        honest.serve(stock(attack.trust))
        before = attack.gateway.env["TONGBAN_TRUST__MIRRORS"]
        both = [*json.loads(before), address]
        attack.gateway.env["TONGBAN_TRUST__MIRRORS"] = json.dumps(both)
        attack.gateway.start().ready()
        publish(attack.office, [], [])
        honest.serve(stock(attack.trust))
        newest = attack.office.standing().version
        until(lambda: _version(attack.gateway) == newest, "the news is taken")
        attack.assert_stopped("trust.rollback")
        attack.gateway.stop()
        attack.gateway.env["TONGBAN_TRUST__MIRRORS"] = before
    attack.gateway.start().ready()


# --- mix and match --------------------------------------------------------------------------------


def test_the_snapshot_of_another_day_is_stopped_by_trust_mixed(attack: Attack) -> None:
    old: Metadata[Snapshot] = attack.newest("snapshot")
    files = moved(attack, OTHER)
    version = attack.newest("snapshot").signed.version
    files[layout.metadata_path("snapshot", version)] = old.to_bytes()
    attack.host.files = files
    attack.assert_stopped("trust.mixed")


def test_the_role_of_another_day_is_stopped_by_trust_mixed(attack: Attack) -> None:
    old: Metadata[Targets] = attack.newest(HERE)
    files = moved(attack, HERE)
    version = attack.newest(HERE).signed.version
    files[layout.metadata_path(HERE, version)] = old.to_bytes()
    attack.host.files = files
    attack.assert_stopped("trust.mixed")


def test_one_citys_file_in_place_of_anothers_is_stopped_by_trust_mixed(attack: Attack) -> None:
    """What is meant for one city would go to another."""
    moved(attack, OTHER)
    files = moved(attack, HERE)
    versions = [data for path, data in files.items() if "targets/" in path and OTHER in path]
    theirs = min(versions, key=len)  # a longer file would not be read to its end
    for path in files:
        if path.startswith("targets/") and HERE in path:
            files[path] = theirs
    attack.host.files = files
    attack.assert_stopped("trust.mixed")


def test_a_timestamp_that_names_another_snapshot_is_stopped_by_trust_threshold(
    attack: Attack,
) -> None:
    stamp: Metadata[Timestamp] = attack.newest("timestamp")
    stamp.signed.version += 1
    stamp.signed.snapshot_meta.version = 1
    attack.host.files[layout.TIMESTAMP] = stamp.to_bytes()
    attack.assert_stopped("trust.threshold")


# --- withhold, flood, lead away -------------------------------------------------------------------


def test_a_file_without_end_is_stopped_by_trust_oversized(attack: Attack) -> None:
    attack.host.endless = layout.TIMESTAMP
    attack.gateway.forget_peak()
    before = attack.gateway.memory("VmRSS")
    attack.assert_stopped("trust.oversized")
    assert attack.gateway.memory("VmHWM") < before + 32 * 1024 * 1024


def test_a_root_without_end_is_stopped_by_trust_oversized(attack: Attack) -> None:
    version = attack.office.standing().versions["root"] + 1
    attack.host.endless = layout.metadata_path("root", version)
    attack.assert_stopped("trust.oversized")


def test_a_file_withheld_is_stopped_by_trust_mirror_unreachable(attack: Attack) -> None:
    files = moved(attack, OTHER)
    del files[layout.metadata_path("snapshot", attack.newest("snapshot").signed.version)]
    attack.host.files = files
    attack.assert_stopped("trust.mirror_unreachable")


def test_a_redirect_is_stopped_by_trust_mirror_unreachable(attack: Attack) -> None:
    """Nobody follows him elsewhere, such as into the inside of a city's own network."""
    inside = Host()
    with hosting(inside, free_port()) as address:
        attack.host.moved = address
        attack.assert_stopped("trust.mirror_unreachable")
        assert inside.asked == []


def moved(attack: Attack, code: str) -> dict[str, bytes]:
    """Something new is published of a member; the files that an honest mirror would serve."""
    office, standing = attack.offices[code], attack.office.standing()
    file = office.folder.folder / "member.json"
    entry = {**json.loads(file.read_text()), "names": {"en": f"version {standing.version}"}}
    file.write_text(json.dumps(entry))
    news = own_news(office, standing)
    assert news is not None
    publish(attack.office, [], [news])
    return stock(attack.trust)
