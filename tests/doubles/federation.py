"""A federation in memory whose every key is at hand, in the manner of python-tuf's simulator.

It publishes what real founders and members would, and whatever an attacker might who holds
some of their keys or owns a mirror. Nothing here checks anything.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, Snapshot, Targets, Timestamp

from keys.suites import SUITES
from keys.suites.suite import OpeningKey, SigningKey
from keys.trust.federation import layout
from keys.trust.federation.charter import Charter, Founder
from keys.trust.federation.federation import finish
from keys.trust.federation.making import (
    admit,
    first_targets,
    make_root,
    make_snapshot,
    make_timestamp,
    member_role,
    next_targets,
    sign,
)
from keys.trust.federation.standing import Standing
from keys.trust.federation.tuf_keys import tuf_key
from keys.trust.federation.walk import Known, walk
from keys.trust.member import Member, MemberKey

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CITIES = {"410100": "郑州市", "440100": "广州市", "411000": "许昌市", "430100": "长沙市"}


@dataclass
class City:
    """A member and, where it founded, a founder."""

    code: str
    suite: str
    own: SigningKey = field(init=False)
    founding: SigningKey = field(init=False)
    publishing: SigningKey = field(init=False)
    signing: SigningKey = field(init=False)
    opening: OpeningKey = field(init=False)

    def __post_init__(self) -> None:
        suite = SUITES[self.suite]
        self.own, self.founding, self.publishing, self.signing = (
            suite.new_signing_key(f"{self.code}-{use}")
            for use in ("member", "founding", "publishing", "sign-1")
        )
        self.opening = suite.new_opening_key(f"{self.code}-open-1")

    @property
    def founder(self) -> Founder:
        name = CITIES[self.code]
        return Founder(
            self.code, name, tuf_key(self.founding.public()), tuf_key(self.publishing.public())
        )

    def entry(self, **more: Any) -> Member:
        """Its file."""
        signing = MemberKey(
            kid=self.signing.kid, jwk=self.signing.public().jwk(), valid_from=NOW - 9 * DAY
        )
        sealing = MemberKey(
            kid=self.opening.kid, jwk=self.opening.public().jwk(), valid_from=NOW - 9 * DAY
        )
        plain = {
            "code": self.code, "name": CITIES[self.code], "suite": self.suite,
            "jurisdictions": [self.code], "address": f"https://{self.code}.example",
            "signing_keys": [signing], "sealing_keys": [sealing],
        }  # fmt: skip
        return Member.model_validate({**plain, **more})


def text_of(member: Member) -> bytes:
    return member.model_dump_json(exclude_none=True).encode()


class Simulator:
    """`files` is the repository; every `publish` adds to it and takes nothing away."""

    def __init__(
        self, suite: str = "intl", codes: Iterable[str] = CITIES, threshold: int = 3
    ) -> None:
        self.suite = suite
        self.cities = {code: City(code, suite) for code in codes}
        self.now = NOW
        self.files: dict[str, bytes] = {}
        self.members = {code: city.entry() for code, city in self.cities.items()}
        founders = tuple(city.founder for city in self.cities.values())
        self.charter = Charter("测试联盟", suite, threshold, founders)
        self.root = make_root(self.charter, 1, self.now)
        self.targets = first_targets(self.now)
        self.roles: dict[str, Targets] = {}
        self.snapshot: Snapshot | None = None
        self.timestamp: Timestamp | None = None
        self._role_bytes: dict[str, tuple[int, bytes]] = {}
        self.publish_root()
        for city in self.cities.values():
            admit(self.targets, city.code, tuf_key(city.own.public()), [city.code])
            self.publish_member(city.code)
        self.publish_targets()
        self.publish()

    @property
    def anchor(self) -> bytes:
        return self.files["metadata/1.root.json"]

    def founding_keys(self, count: int) -> list[SigningKey]:
        return [city.founding for city in list(self.cities.values())[:count]]

    # --- publishing ----------------------------------------------------------------------------

    def publish_root(self, *keys: SigningKey) -> None:
        signers = keys or tuple(self.founding_keys(self.charter.threshold))
        self.put("root", sign(self.root, *signers))

    def publish_targets(self, *keys: SigningKey) -> None:
        self.put(
            "targets", sign(self.targets, *(keys or self.founding_keys(self.charter.threshold)))
        )

    def new_targets(self) -> Targets:
        self.targets = next_targets(self.targets, self.now)
        return self.targets

    def publish_member(
        self,
        code: str,
        data: bytes | None = None,
        key: SigningKey | None = None,
        *,
        catalogue: bytes | None = None,
    ) -> None:
        """The member's file as it stands in `members`, or `data`, by its own key or `key`;
        with the catalogue, if any."""
        data = text_of(self.members[code]) if data is None else data
        before = self.roles.get(code)
        version = before.version + 1 if before else 1
        role = member_role(code, data, version, self.suite, self.now, catalogue)
        self.roles[code] = role
        for target, info in role.targets.items():
            digest = next(iter(info.hashes.values()))
            content = data if target == layout.member_target(code) else catalogue
            self.files[layout.target_path(target, digest)] = content or b""
        self.put(code, sign(role, key or self.cities[code].own))

    def publish(self, key: SigningKey | None = None) -> None:
        """Snapshot and timestamp over all that was put."""
        publisher = key or next(iter(self.cities.values())).publishing
        self.snapshot = make_snapshot(self.snapshot, self._role_bytes, self.suite, self.now)
        data = self.put("snapshot", sign(self.snapshot, publisher))
        self.timestamp = make_timestamp(
            self.timestamp, (self.snapshot.version, data), self.suite, self.now
        )
        self.put("timestamp", sign(self.timestamp, publisher))

    def put(self, name: str, metadata: Metadata[Any]) -> bytes:
        """Lay a role's metadata where readers look for it."""
        data, version = metadata.to_bytes(), metadata.signed.version
        timestamp = name == "timestamp"
        path = layout.TIMESTAMP if timestamp else layout.metadata_path(name, version)
        self.files[path] = data
        if name not in {"root", "snapshot", "timestamp"}:
            self.put_bytes(name, version, data)
        return data

    def put_bytes(self, name: str, version: int, data: bytes) -> None:
        """Let the next snapshot name these bytes, whatever they are."""
        self._role_bytes[name] = version, data

    # --- reading -------------------------------------------------------------------------------

    def read(self, path: str, _limit: int = 0) -> bytes | None:
        """A mirror that is honest."""
        return self.files.get(path)

    def walk(self, known: Standing | None = None, *, at: datetime | None = None) -> Standing:
        """What a client finds that knows `known`."""
        return read_from(self.files, self.anchor, known, at or self.now)


def read_from(
    files: Mapping[str, bytes], anchor: bytes, known: Standing | None, now: datetime
) -> Standing:
    memory = Known() if known is None else Known(known.files, known.members, known.catalogues)
    return finish(walk(anchor, memory, now), lambda path, _: files.get(path))


class SimulatedMirror:
    """A `Mirror` over files; `error` is what it raises instead of answering."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        self.name = name
        self.files = files
        self.error: Exception | None = None
        self.closed = False

    async def read(self, path: str, limit: int) -> bytes | None:
        if self.error is not None:
            raise self.error
        data = self.files.get(path)
        return None if data is None else data[: limit + 1]

    async def close(self) -> None:
        self.closed = True


def changed(data: bytes, **more: Any) -> bytes:
    """Metadata whose signed part says something else, under the old signatures."""
    document = json.loads(data)
    document["signed"].update(more)
    return json.dumps(document).encode()
