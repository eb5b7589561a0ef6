"""Loads a profile: a folder with `profile.toml`, `codes.csv` and `crosswalk.csv`.

A profile is made by people, so all its mistakes are reported at once, each with file, row
and column. Files are read here and in `adapters.profiles.secrets`, and nowhere else in `adapters`.
"""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapters.adapter import Adapter
from adapters.engine.crosswalk import Crosswalk, parse_crosswalk
from adapters.engine.encoding import known_encoding
from adapters.engine.rejection import Unfit
from adapters.engine.renaming import mistakes_in
from adapters.engine.rules import FamilyMapping, Mode
from adapters.engine.writers import rivals
from adapters.families.family import Family, Profile
from adapters.families.table import FAMILIES
from adapters.profiles.codes import Codes, parse_codes
from adapters.profiles.secrets import Resolve, is_reference, secrets_from
from contracts.errors import SettingsInvalid
from contracts.jurisdiction import Jurisdiction

PROFILE, CODES, CROSSWALK = "profile.toml", "codes.csv", "crosswalk.csv"

_KEYS = {
    "city", "name", "family", "encoding", "jurisdiction", "matters", "statements", "options",
    "secrets", "names",
}  # fmt: skip


_BUILTIN = re.compile(r"[0-9]{1,12}(?:-[a-z_0-9]{1,20})?")


def load_adapter(folder: Path, secrets: Resolve | None = None) -> Adapter:
    """The adapter of the city whose profile lies in `folder`. Raises SettingsInvalid.

    `secrets` reads what the profile refers to; without it, files are seen from where the
    process works.
    """
    profile = load_profile(folder)
    resolve = secrets or secrets_from(Path())
    found, mistakes = {}, []
    for name, reference in profile.references.items():
        try:
            found[name] = resolve(reference)
        except Unfit as error:
            mistakes.append(f"{PROFILE} secrets.{name}: {error.detail}")
    if mistakes:
        raise SettingsInvalid(mistakes, source=folder.name)
    return FAMILIES[profile.family].make(replace(profile, secrets=found))


def is_builtin(name: str) -> bool:
    """Whether `name` is the form of a profile that comes with tongban, rather than a folder."""
    return _BUILTIN.fullmatch(name) is not None


def builtin_profile(name: str) -> Path:
    """The folder of the profile `name` that comes with tongban: a member code, or, where a
    member's systems speak several families, its code and the family (``410100-kstb``).

    Raises SettingsInvalid when there is none.
    """
    folder = Path(__file__).parent / name
    if not (is_builtin(name) and (folder / PROFILE).is_file()):
        raise SettingsInvalid([f"no profile comes with tongban for {name!r}"], source="profiles")
    return folder


def builtin_profiles() -> tuple[str, ...]:
    """The names of the profiles that come with tongban."""
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob(f"*/{PROFILE}")))


def load_profile(folder: Path) -> Profile:
    """The profile in `folder`. Raises SettingsInvalid, which lists all mistakes."""
    mistakes: list[str] = []
    top = _toml(folder / PROFILE, mistakes)
    family = FAMILIES.get(str(top.get("family")))
    if top and family is None:
        known = ", ".join(FAMILIES)
        mistakes.append(f"{PROFILE} family: {top.get('family')!r} is none of {known}")
    mapping = family.mapping() if family is not None and family.mapping is not None else None
    codes = _codes(folder / CODES, mapping, mistakes)
    crosswalk = _crosswalk(folder / CROSSWALK, mapping, mistakes)
    settings = _Settings(top, family, mapping, mistakes)
    city, jurisdiction = settings.text("city"), settings.jurisdiction()
    encoding, modes, options = settings.encoding(), settings.modes(), settings.options()
    name, scheme, references = settings.text("name"), settings.scheme(), settings.references()
    names = settings.names()
    if mistakes or family is None or jurisdiction is None:
        raise SettingsInvalid(mistakes, source=folder.name)
    return Profile(
        city, name, family.name, encoding, jurisdiction, scheme, crosswalk, codes, modes, options,
        references, names=names,
    )  # fmt: skip


class _Settings:
    """Reads `profile.toml`, adding what is wrong to `mistakes`."""

    def __init__(
        self,
        top: dict[str, Any],
        family: Family | None,
        mapping: FamilyMapping | None,
        mistakes: list[str],
    ) -> None:
        self._top, self._family, self._mapping, self._mistakes = top, family, mapping, mistakes
        for key in sorted(set(top) - _KEYS):
            self._add(key, "unknown key")

    def _add(self, key: str, what: str) -> None:
        self._mistakes.append(f"{PROFILE} {key}: {what}")

    def text(self, key: str) -> str:
        value = self._top.get(key)
        if self._top and not (isinstance(value, str) and value):
            self._add(key, "a text is needed")
        return str(value)

    def encoding(self) -> str:
        try:
            name = known_encoding(str(self._top.get("encoding", "utf-8")))
        except Unfit as error:
            self._add("encoding", error.detail)
            return "utf-8"
        if self._family is not None and name not in self._family.encodings:
            self._add(
                "encoding", f"{self._family.name} comes in {', '.join(self._family.encodings)}"
            )
        return name

    def jurisdiction(self) -> Jurisdiction | None:
        if not self._top:
            return None
        try:
            return Jurisdiction.model_validate(self._top.get("jurisdiction"))
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                where = ".".join(map(str, ("jurisdiction", *one["loc"])))
                self._add(where, one["msg"])
            return None

    def scheme(self) -> str:
        scheme = self._table("matters", {"scheme"}).get("scheme", "local")
        if not isinstance(scheme, str) or not 1 <= len(scheme) <= 100:
            self._add("matters.scheme", "a text of 1 to 100 characters is needed")
        return str(scheme)

    def modes(self) -> dict[str, Mode]:
        known = {s.name for s in self._mapping.statements} if self._mapping else set()
        modes = {}
        for name, mode in self._table("statements", known).items():
            try:
                modes[name] = Mode(mode)
            except ValueError:
                self._add(f"statements.{name}", f"{mode!r} is none of {', '.join(Mode)}")
        self._check_one_writer(modes)
        return modes

    def _check_one_writer(self, modes: dict[str, Mode]) -> None:
        statements = self._mapping.statements if self._mapping else ()
        writing = [s for s in statements if modes.get(s.name, s.mode).writes]
        for first, second in rivals(writing):
            self._add(f"statements.{second.name}", f"{first.name} writes {second.kind} too")

    def options(self) -> dict[str, str]:
        known = set(self._family.options) if self._family else set()
        return {key: str(value) for key, value in self._table("options", known).items()}

    def references(self) -> dict[str, str]:
        known = self._family.secrets if self._family else ()
        given = self._table("secrets", set(known))
        for name in known:
            if not is_reference(given.get(name)):
                what = "file:NAME (seen from the member's folder) or env:NAME is needed"
                self._add(f"secrets.{name}", what)
        return {name: str(reference) for name, reference in given.items()}

    def names(self) -> dict[str, str]:
        given = self._top.get("names", {})
        if not isinstance(given, dict):
            self._add("names", "a table is needed")
            return {}
        if given and self._mapping and not (self._family and self._family.renames):
            self._add("names", "the names of this family are fixed")
        elif given and self._mapping:
            for key, what in mistakes_in(given, self._mapping):
                self._add(f"names.{key}", what)
        return {key: str(name) for key, name in given.items()}

    def _table(self, key: str, known: set[str]) -> dict[str, Any]:
        table = self._top.get(key, {})
        if not isinstance(table, dict):
            self._add(key, "a table is needed")
            return {}
        for name in sorted(set(table) - known):
            self._add(f"{key}.{name}", "unknown key")
        return {name: value for name, value in table.items() if name in known}


def _toml(path: Path, mistakes: list[str]) -> dict[str, Any]:
    text = _text(path, mistakes, needed=True)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{path.name}: not TOML: {error}")
        return {}


def _codes(path: Path, mapping: FamilyMapping | None, mistakes: list[str]) -> Codes:
    text = _text(path, mistakes, needed=False)
    codes, found = parse_codes(text, path.name, mapping)
    mistakes += found
    return codes


def _crosswalk(path: Path, mapping: FamilyMapping | None, mistakes: list[str]) -> Crosswalk:
    by_region = mapping is not None and mapping.names_regions
    text = _text(path, mistakes, needed=False)
    crosswalk, found = parse_crosswalk(text, path.name, by_region=by_region)
    mistakes += found
    return crosswalk


def _text(path: Path, mistakes: list[str], *, needed: bool) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if needed:
            mistakes.append(f"{path.name}: the file is missing")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(f"{path.name}: cannot be read: {error}")
    return ""
