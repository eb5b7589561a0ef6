"""How a federation is laid out: roles, paths, periods, limits. The same for all who read it.

::

    metadata/<n>.root.json          all of them, from the first to the newest
    metadata/timestamp.json         the only name without a number
    metadata/<n>.snapshot.json      names every role's version, length and digest
    metadata/<n>.targets.json       delegates one role to each member
    metadata/<n>.<code>.json        the member's role, signed by the member
    targets/members/<digest>.<code>.json      the member's file
    targets/catalogues/<digest>.<code>.json   its catalogue of matters, where it has one

`root` and `targets` are signed by k of n founding cities. `snapshot` and `timestamp` are
signed by any one of the founders' publishing keys: who holds one can withhold, for as long
as the timestamp lives, and cannot forge.
"""

import re
from datetime import timedelta

METADATA, TARGETS = "metadata", "targets"
TIMESTAMP = f"{METADATA}/timestamp.json"

ROOT_LIFE = timedelta(days=730)
TARGETS_LIFE = timedelta(days=730)
MEMBER_LIFE = timedelta(days=1095)
SNAPSHOT_LIFE = timedelta(days=90)
TIMESTAMP_LIFE = timedelta(days=14)

WARN_LONG = timedelta(days=45)
"""What founders or a member must sign anew is asked for so long before it ends."""
WARN_SHORT = timedelta(days=7)
"""What is published by one command, or by a timer."""

MAX_ROOTS = 256  # new roots taken in one go
MAX_MEMBERS = 1024
ROOT_BYTES = 512 * 1024
TIMESTAMP_BYTES = 16 * 1024
SNAPSHOT_BYTES = 1024 * 1024
TARGETS_BYTES = 4 * 1024 * 1024
ROLE_BYTES = 64 * 1024
MEMBER_BYTES = 256 * 1024
CATALOGUE_BYTES = 1024 * 1024
CATALOGUE_DEPTH = 32
CATALOGUE_NODES = 200_000

MEMBER_CODE = re.compile(r"[0-9]{6}", re.ASCII)
PUBLISHED = re.compile(
    r"metadata/(timestamp|[1-9][0-9]{0,9}\.(root|snapshot|targets|[0-9]{6}))\.json"
    r"|targets/(members|catalogues)/[0-9a-f]{64}\.[0-9]{6}\.json",
    re.ASCII,
)
"""Every path that a repository may hold. A mirror asks for no other and serves no other."""

DIGESTS = {"sm": "sm3", "intl": "sha256"}
"""The digest, by its name in TUF metadata, that a federation of a suite uses."""


def metadata_path(role: str, version: int) -> str:
    return f"{METADATA}/{version}.{role}.json"


def member_target(code: str) -> str:
    """Target path of a member's file."""
    return f"members/{code}.json"


def catalogue_target(code: str) -> str:
    return f"catalogues/{code}.json"


def delegated_paths(code: str) -> list[str]:
    """All that the role of a member may speak of."""
    return [member_target(code), catalogue_target(code)]


def target_path(target: str, digest: str) -> str:
    """Where a target lies: its name is led by its digest (consistent snapshots)."""
    folder, _, name = target.rpartition("/")
    return f"{TARGETS}/{folder}/{digest}.{name}"


def warn_before(role: str) -> timedelta:
    """How long before a top role ends its end is spoken of."""
    return WARN_SHORT if role in {"timestamp", "snapshot"} else WARN_LONG
