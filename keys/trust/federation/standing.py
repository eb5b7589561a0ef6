"""What a federation says at one moment, verified: its members, and until when it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keys.trust.member import Member

TOP_ROLES = ("root", "timestamp", "snapshot", "targets")


@dataclass(frozen=True, slots=True)
class Fault:
    """What one member published is not taken; its last good file stays, the others go on."""

    code: str
    member: str
    detail: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One verified state. `files` are all of it, by their path: a whole mirror.

    `versions` and `expires` are of the four top roles, and of each member's role under the
    member's code. `catalogues` are those of members that publish one: the exact bytes of a
    JSON object.
    """

    versions: Mapping[str, int]
    expires: Mapping[str, datetime]
    members: Mapping[str, Member]
    faults: tuple[Fault, ...]
    files: Mapping[str, bytes]
    catalogues: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Of the timestamp: grows with everything that is published."""
        return self.versions["timestamp"]

    def first_end(self) -> tuple[str, datetime]:
        """The top role that ends first, and when. From then on nothing of this holds."""
        role = min(TOP_ROLES, key=lambda each: self.expires[each])
        return role, self.expires[role]
