"""What a profile adds to a mapping when it is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.engine.crosswalk import Crosswalk


@dataclass(frozen=True, slots=True)
class Context:
    """The city a mapping is compiled for.

    `jurisdiction` is the city's own, as fields of `contracts.jurisdiction.Jurisdiction`;
    `scheme` names the city's local matter codes.
    """

    city: str
    jurisdiction: Mapping[str, str]
    scheme: str
    crosswalk: Crosswalk
