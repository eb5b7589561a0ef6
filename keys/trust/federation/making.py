"""The metadata of a federation, made: pure, from what was said before and a time.

What is made here is unsigned; whoever has a key signs it (`sign`). Whether it may be
published is asked of `walk`, by whose rules everybody will read it.
"""

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from securesystemslib.signer import Key
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from keys.suites.suite import SigningKey
from keys.trust.federation import layout
from keys.trust.federation.charter import Charter
from keys.trust.federation.tuf_keys import SuiteSigner

_S = TypeVar("_S", Root, Snapshot, Targets, Timestamp)


def make_root(charter: Charter, version: int, now: datetime) -> Root:
    """Root and targets by the founding keys, snapshot and timestamp by any publishing key."""
    founding = [founder.founding for founder in charter.founders]
    publishing = [founder.publishing for founder in charter.founders]
    by_founders = [key.keyid for key in founding], charter.threshold
    by_one = [key.keyid for key in publishing], 1
    return Root(
        version=version,
        expires=_end(now, layout.ROOT_LIFE),
        keys={key.keyid: key for key in (*founding, *publishing)},
        roles={
            "root": Role(*by_founders),
            "targets": Role(*by_founders),
            "snapshot": Role(*by_one),
            "timestamp": Role(*by_one),
        },
        consistent_snapshot=True,
        unrecognized_fields=charter.to_field(),
    )


def first_targets(now: datetime) -> Targets:
    """With nobody in it."""
    return Targets(
        version=1, expires=_end(now, layout.TARGETS_LIFE), delegations=Delegations({}, {})
    )


def next_targets(before: Targets, now: datetime) -> Targets:
    """The next version, to be changed by `admit` or only to live longer."""
    after = copy.deepcopy(before)
    after.version += 1
    after.expires = _end(now, layout.TARGETS_LIFE)
    if after.delegations is None:
        after.delegations = Delegations({}, {})
    return after


def admit(targets: Targets, code: str, key: Key, jurisdictions: Sequence[str]) -> None:
    """Give the member `code` its role, by its own key, over its own two files."""
    delegations = targets.delegations
    if delegations is None or delegations.roles is None:
        raise ValueError("targets without delegations")
    before = delegations.roles.get(code)
    role = DelegatedRole(
        code,
        [key.keyid],
        1,
        terminating=True,
        paths=layout.delegated_paths(code),
        unrecognized_fields={"jurisdictions": list(jurisdictions)},
    )
    delegations.roles[code] = role
    delegations.keys[key.keyid] = key
    used = {keyid for each in delegations.roles.values() for keyid in each.keyids}
    for keyid in before.keyids if before is not None else ():
        if keyid not in used:
            del delegations.keys[keyid]


def member_role(
    code: str,
    file: bytes,
    version: int,
    suite: str,
    now: datetime,
    catalogue: bytes | None = None,
) -> Targets:
    """The role of a member over its file and, where it has one, its catalogue.

    `suite` is the federation's: it names the digest.
    """
    files = {layout.member_target(code): file}
    if catalogue is not None:
        files[layout.catalogue_target(code)] = catalogue
    targets = {
        target: TargetFile.from_data(target, data, [layout.DIGESTS[suite]])
        for target, data in files.items()
    }
    return Targets(version=version, expires=_end(now, layout.MEMBER_LIFE), targets=targets)


def make_snapshot(
    before: Snapshot | None, roles: Mapping[str, tuple[int, bytes]], suite: str, now: datetime
) -> Snapshot:
    """`roles`: version and bytes of targets and of every member's role. None ever leaves it."""
    meta = dict(before.meta) if before is not None else {}
    for name, (version, data) in roles.items():
        meta[f"{name}.json"] = MetaFile.from_data(version, data, [layout.DIGESTS[suite]])
    version = before.version + 1 if before is not None else 1
    return Snapshot(version=version, expires=_end(now, layout.SNAPSHOT_LIFE), meta=meta)


def make_timestamp(
    before: Timestamp | None, snapshot: tuple[int, bytes], suite: str, now: datetime
) -> Timestamp:
    """`snapshot`: its version and bytes."""
    return Timestamp(
        version=before.version + 1 if before is not None else 1,
        expires=_end(now, layout.TIMESTAMP_LIFE),
        snapshot_meta=MetaFile.from_data(*snapshot, [layout.DIGESTS[suite]]),
    )


def sign(signed: _S, *keys: SigningKey) -> Metadata[_S]:
    """`signed` with a signature by each of `keys`."""
    made: Metadata[_S] = Metadata(signed)
    add_signatures(made, *keys)
    return made


def add_signatures(metadata: Metadata[_S], *keys: SigningKey) -> None:
    for key in keys:
        metadata.sign(SuiteSigner(key), append=True)


def merge_signatures(into: Metadata[_S], other: Metadata[_S]) -> None:
    """Take over the signatures of another copy. Raises ValueError unless both say the same."""
    if into.signed_bytes != other.signed_bytes:
        raise ValueError("the copies differ in more than their signatures")
    into.signatures.update(other.signatures)


def _end(now: datetime, life: timedelta) -> datetime:
    return (now + life).replace(microsecond=0)
