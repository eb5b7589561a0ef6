"""What trust costs: the look-ups of a message in a federation, and its refresh beside the path.

Eleven members of suite ``sm``, four founders, three signatures; every member with a key in use
and one that was rotated out. A message asks the list

* of its receiver, at the sender: whether it is a member, whether it has left, its sealing key;
* and once a batch: the receiver's address; at both ends whether the other is a member, and the
  verifying key of its seal.

`lookup_us` is all of it, as if every message were a batch of its own.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keys.suites import SUITES
from keys.suites.suite import SigningKey
from keys.trust.federation import layout
from keys.trust.federation.charter import Charter, Founder
from keys.trust.federation.copy import Copy
from keys.trust.federation.federation import Federation, finish
from keys.trust.federation.making import (
    admit,
    first_targets,
    make_root,
    make_snapshot,
    make_timestamp,
    member_role,
    sign,
)
from keys.trust.federation.tuf_keys import tuf_key
from keys.trust.member import Member, MemberKey
from keys.trust.parting import has_left

MEMBERS, FOUNDERS, THRESHOLD = 11, 4, 3
_SUITE = "sm"
_ROUNDS, _REPEATS = 2_000, 5
_RECEIVER = "360100"


def measure() -> dict[str, float]:
    """Microseconds a message, and milliseconds a refresh."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as scratch:
        files = _federation(now)
        copy = Copy(Path(scratch))
        trust = Federation(files[layout.metadata_path("root", 1)], copy, lambda: datetime.now(UTC))
        first = _best(lambda: finish(trust.new_walk(), lambda path, _: files.get(path)), 1)
        trust.accept(finish(trust.new_walk(), lambda path, _: files.get(path)))
        kid = trust.member(_RECEIVER).signing_keys[-1].kid
        refresh = _best(lambda: finish(trust.new_walk(), copy.read), 10)
        return {
            "trust.lookup_us": _best(lambda: _message(trust, kid), _ROUNDS) * 1e6,
            "trust.first_walk_ms": first * 1e3,
            "trust.refresh_ms": refresh * 1e3,
        }


def _message(trust: Federation, kid: str) -> None:
    now = datetime.now(UTC)
    has_left(trust.member(_RECEIVER), now)
    trust.sealing_key(_RECEIVER, now)
    _ = trust.member(_RECEIVER).address
    for _end in ("receiver", "sender"):
        trust.member(_RECEIVER)
        trust.verifying_key(_RECEIVER, kid, now, now)


def _best(work: Callable[[], object], rounds: int) -> float:
    """Seconds for one, of the run that was disturbed least."""
    took = []
    for _ in range(_REPEATS):
        started = time.process_time()
        for _ in range(rounds):
            work()
        took.append((time.process_time() - started) / rounds)
    return min(took)


# --- a federation, in memory ----------------------------------------------------------------------


def _federation(now: datetime) -> dict[str, bytes]:
    """A whole repository, by path."""
    codes = [_RECEIVER, *(f"{region}0100" for region in range(41, 41 + MEMBERS - 1))]
    founding, publishing, own = (
        {code: _key(f"{code}-{use}") for code in codes} for use in ("founding", "publishing", "own")
    )
    founders = tuple(
        Founder(code, code, tuf_key(founding[code].public()), tuf_key(publishing[code].public()))
        for code in codes[:FOUNDERS]
    )
    root = make_root(Charter("bench", _SUITE, THRESHOLD, founders), 1, now)
    signers = [founding[code] for code in codes[:THRESHOLD]]
    files = {layout.metadata_path("root", 1): sign(root, *signers).to_bytes()}
    targets, roles = first_targets(now), {}
    for code in codes:
        admit(targets, code, tuf_key(own[code].public()), [code])
        data = _member(code, now).model_dump_json(exclude_none=True).encode()
        role = member_role(code, data, 1, _SUITE, now)
        ((target, info),) = role.targets.items()
        files[layout.target_path(target, next(iter(info.hashes.values())))] = data
        roles[code] = 1, sign(role, own[code]).to_bytes()
    roles["targets"] = 1, sign(targets, *signers).to_bytes()
    files |= {layout.metadata_path(name, 1): data for name, (_, data) in roles.items()}
    snapshot = sign(make_snapshot(None, roles, _SUITE, now), publishing[_RECEIVER]).to_bytes()
    stamp = make_timestamp(None, (1, snapshot), _SUITE, now)
    files[layout.metadata_path("snapshot", 1)] = snapshot
    files[layout.TIMESTAMP] = sign(stamp, publishing[_RECEIVER]).to_bytes()
    return files


def _member(code: str, now: datetime) -> Member:
    before, change = now - timedelta(days=400), now - timedelta(days=30)
    suite = SUITES[_SUITE]
    keys = {
        use: tuple(
            MemberKey(kid=made.kid, jwk=made.public().jwk(), valid_from=begins, valid_to=ends)
            for made, begins, ends in (
                (new(f"{code}-{use}-1"), before, change + timedelta(days=3)),
                (new(f"{code}-{use}-2"), change, None),
            )
        )
        for use, new in (("sign", suite.new_signing_key), ("open", suite.new_opening_key))
    }
    return Member(
        code=code,
        name=code,
        suite="sm",
        jurisdictions=(code,),
        address=f"https://{code}.example",
        signing_keys=keys["sign"],
        sealing_keys=keys["open"],
    )


def _key(name: str) -> SigningKey:
    return SUITES[_SUITE].new_signing_key(name)
