"""What a family gives: its mapping, and an adapter for the city of a profile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from adapters.adapter import Adapter
from adapters.engine.context import Context
from adapters.engine.crosswalk import Crosswalk
from adapters.engine.encoding import ENCODINGS
from adapters.engine.mapping import adjusted, load_mapping
from adapters.engine.renaming import rename
from adapters.engine.rules import FamilyMapping, Mode
from adapters.engine.translator import Translator
from contracts.jurisdiction import Jurisdiction


@dataclass(frozen=True, slots=True)
class Profile:
    """A city: which family it speaks, and everything in which it differs from others.

    `codes` and `modes` change code tables and statements of the family's mapping; `options`
    are settings that only the codec of the family knows. `references` say where its secrets
    are, `secrets` what they are, once they were read. `names` are the city's own names of
    records and columns, for a family that is renamed by profiles.
    """

    city: str
    name: str
    family: str
    encoding: str
    jurisdiction: Jurisdiction
    scheme: str
    crosswalk: Crosswalk
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A format. `mapping` is None for a family that carries the contract as it is.

    A profile may set `options`, and must name every one of `secrets`. `renames` says that a
    profile may give other names to its records and columns.
    """

    name: str
    make: Callable[[Profile], Adapter]
    mapping: Callable[[], FamilyMapping] | None = None
    encodings: tuple[str, ...] = ENCODINGS
    options: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    renames: bool = False


def packaged_mapping(name: str) -> FamilyMapping:
    """The mapping beside the codec of the family `name`. Raises SettingsInvalid where it does not
    hold."""
    packaged = resources.files(f"adapters.families.{name}").joinpath("mapping.toml")
    return load_mapping(packaged.read_text(encoding="utf-8"), f"{name}/mapping.toml")


def renamed(mapping: FamilyMapping, profile: Profile) -> FamilyMapping:
    """The mapping of a family with the native names that the city of `profile` has."""
    return rename(mapping, profile.names)


def compiled(mapping: FamilyMapping, profile: Profile) -> Translator:
    """The mapping of a family as the city of `profile` speaks it."""
    context = Context(
        city=profile.city,
        jurisdiction=profile.jurisdiction.model_dump(exclude_none=True),
        scheme=profile.scheme,
        crosswalk=profile.crosswalk,
    )
    return Translator(adjusted(mapping, profile.codes, profile.modes), context)
