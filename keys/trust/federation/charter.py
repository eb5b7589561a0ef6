"""Who founded a federation: what its root says beyond TUF, under the same k of n signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securesystemslib.signer import Key
from tuf.api.metadata import Root

from contracts.errors import TrustRefused

_FIELD = "federation"
SUITES = ("sm", "intl")


@dataclass(frozen=True, slots=True)
class Founder:
    """A founding city. `founding` signs root and targets and is kept apart; `publishing` signs
    snapshot and timestamp, and may lie on the machine that runs the gateway."""

    code: str
    name: str
    founding: Key
    publishing: Key


@dataclass(frozen=True, slots=True)
class Charter:
    """`threshold` of the founders sign what the federation says as a whole."""

    name: str
    suite: str
    threshold: int
    founders: tuple[Founder, ...]

    def founder(self, code: str) -> Founder | None:
        return next((founder for founder in self.founders if founder.code == code), None)

    def mistakes(self) -> list[str]:
        """What a federation cannot be founded with, a sentence each."""
        found, codes = [], [founder.code for founder in self.founders]
        if self.suite not in SUITES:
            found.append(f"suite: one of {', '.join(SUITES)}")
        if len(set(codes)) < len(codes):
            found.append("a city founds once")
        if not 1 <= self.threshold <= len(codes):
            found.append(f"threshold: 1 to {len(codes)}, the number of founders")
        keys = [str(f.keyval["public"]) for f in self._keys()]
        if len(set(keys)) < len(keys):
            found.append("a key stands twice: every city makes two of its own")
        return found

    def _keys(self) -> list[Key]:
        return [key for founder in self.founders for key in (founder.founding, founder.publishing)]

    def to_field(self) -> dict[str, Any]:
        """As it stands in the root."""
        founders = [
            {
                "code": founder.code,
                "name": founder.name,
                "founding": founder.founding.keyid,
                "publishing": founder.publishing.keyid,
            }
            for founder in self.founders
        ]
        return {_FIELD: {"name": self.name, "suite": self.suite, "founders": founders}}


def charter_of(root: Root) -> Charter:
    """What a verified root says of its founders. Raises TrustRefused (trust.root_broken)."""
    try:
        said: Mapping[str, Any] = root.unrecognized_fields[_FIELD]
        founders = tuple(
            Founder(
                str(each["code"]),
                str(each["name"]),
                root.keys[each["founding"]],
                root.keys[each["publishing"]],
            )
            for each in said["founders"]
        )
        charter = Charter(
            str(said["name"]), str(said["suite"]), root.roles["root"].threshold, founders
        )
    except (KeyError, TypeError) as error:
        raise TrustRefused(
            f"the root does not say who founded: {error}", code="trust.root_broken"
        ) from None
    if mistakes := charter.mistakes():
        raise TrustRefused("; ".join(mistakes), code="trust.root_broken")
    return charter
