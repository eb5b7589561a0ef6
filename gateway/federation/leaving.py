"""Leave: a city closes all its keys, or the founders close those of one that cannot.

An entry is never taken away. A city closes its own; where it no longer can or will, a founder
proposes its seat under a key of the founder's own, with the same entry and every key closed,
and k founders approve that as they would a new key.
"""

from datetime import datetime

from gateway.federation.office import Office, root_of
from gateway.federation.papers import MemberPaper, not_now
from keys.atomic_file import write_atomically
from keys.trust.federation.charter import charter_of
from keys.trust.key_judgement import ClosedReason
from keys.trust.member import Member
from keys.trust.parting import closed, left_at

_LEFT = ClosedReason.LEFT


def leave(office: Office, why: str, at: datetime, reason: ClosedReason = _LEFT) -> Member:
    """Close every key in our own `member.json`, from `at` on. Raises Wrong, OSError."""
    member, _ = office.entry()
    if left_at(member) is not None:
        raise not_now(f"every key of {office.code} is closed already")
    gone = closed(member, at, reason, why)
    write_atomically(office.folder.folder / "member.json", _text(gone), mode=0o644)
    return gone


def end(
    office: Office, code: str, why: str, at: datetime, reason: ClosedReason = _LEFT
) -> MemberPaper:
    """A request to close all keys of the member `code`, for founders to approve. Raises Wrong."""
    standing = office.standing()
    member = standing.members.get(code)
    if member is None:
        raise not_now(f"{code} is not a member")
    if left_at(member) is not None:
        raise not_now(f"every key of {code} is closed already")
    version = standing.versions.get(code, 0) + 1
    suite = charter_of(root_of(standing)).suite
    return office.seat_paper(code, _text(closed(member, at, reason, why)), version, suite)


def _text(member: Member) -> bytes:
    return member.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"
