"""What a mapping says, as values: records, statements and field rules.

This is the language after it was read and before it is compiled. `docs/reference/mapping.md`
describes it; `adapters.engine.mapping` reads it; `adapters.engine.plan` compiles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.engine.paths import Path
from adapters.engine.tables import CodeTable
from contracts.messages import Kind


class Mode(StrEnum):
    """In which direction a statement is used. A profile may change it."""

    BOTH = "both"
    READ = "read"
    WRITE = "write"
    OFF = "off"

    @property
    def reads(self) -> bool:
        return self in (Mode.BOTH, Mode.READ)

    @property
    def writes(self) -> bool:
        return self in (Mode.BOTH, Mode.WRITE)


@dataclass(frozen=True, slots=True)
class Column:
    """A native field: its longest text in characters (0: any), and whether it is no text.

    A field that is JSON holds a list or an object, here as its JSON text.
    """

    name: str
    longest: int = 0
    number: bool = False
    json: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A native table: its columns in order, and the column that holds the case number."""

    name: str
    number: str
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one native field is read and written.

    Exactly one of `path`, `const`, `states`, `derive` and `drop` says what the field is for,
    save that `path` with `drop` is written and not read. The rest refines it.
    """

    column: str
    path: Path | None = None
    time: str | None = None
    table: str | None = None
    money: bool = False
    count: bool = False
    digits: bool = False
    region: bool = False
    credit: bool = False
    json: bool = False
    flag: tuple[str, str] | None = None
    list_by: str | None = None
    only: tuple[str, ...] = ()
    besides: str | None = None
    when: Mapping[Path, str] = field(default_factory=dict)
    required: bool = False
    tolerant: bool = False
    otherwise: str | None = None
    default: str | None = None
    const: str | None = None
    reads: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    derive: str | None = None
    drop: str | None = None


@dataclass(frozen=True, slots=True)
class MatterRule:
    """Which native fields name the matter and who handles it; the crosswalk says the rest."""

    base_code: str | None = None
    implementation_code: str | None = None
    handling_item_code: str | None = None
    local_code: str | None = None
    version: str | None = None
    name: str | None = None
    region: str | None = None
    region_name: str | None = None
    authority_name: str | None = None
    authority_code: str | None = None

    def columns(self) -> dict[str, str]:
        """Native field by what it holds, in the order above."""
        pairs = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: column for name, column in pairs if column is not None}


@dataclass(frozen=True, slots=True)
class RecordRule:
    """What one native record says within a statement."""

    record: Record
    fields: tuple[FieldRule, ...]
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    matter: MatterRule | None = None
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """A list in the body: one record for each item."""

    path: Path
    item: RecordRule


@dataclass(frozen=True, slots=True)
class Statement:
    """One kind of message, and the records that state it."""

    name: str
    kind: Kind
    mode: Mode
    at: Path
    main: RecordRule
    also: RecordRule | None = None
    repeat: RepeatRule | None = None
    unless: tuple[str, ...] = ()
    sets: Mapping[Path, str] = field(default_factory=dict)
    assume: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FamilyMapping:
    """A whole mapping, valid by construction. `words` are all that each table could mean."""

    family: str
    records: Mapping[str, Record]
    tables: Mapping[str, CodeTable]
    words: Mapping[str, frozenset[str]]
    statements: tuple[Statement, ...]

    @property
    def names_regions(self) -> bool:
        """Whether every application says the region that handles its matter too, so that one
        local code may stand for the same matter in several regions."""
        rules = [s.main.matter for s in self.statements if s.kind is Kind.SUBMIT]
        return bool(rules) and all(rule is not None and rule.region for rule in rules)
