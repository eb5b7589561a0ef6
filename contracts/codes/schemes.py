"""Schemes of matter codes: a code is kept with its scheme, and cut up only if that says how.

Provinces keep their own schemes beside the national ones, and nothing in a code tells its
scheme. So a code travels as a pair. `SCHEMES` says of each scheme what is checked and how it
may be split; where only the width is known, nothing is read into the characters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pydantic import ConfigDict, ValidationInfo, field_validator

from contracts.codes.failing import describe, failing
from contracts.codes.layout import LETTER_OR_DIGIT, Field, Layout, check_layout
from contracts.codes.matter_codes import (
    BaseCodeParts,
    HandlingItemCodeParts,
    ImplementationCodeParts,
    check_base_code,
    check_handling_item_code,
    check_implementation_code,
    split_base_code,
    split_handling_item_code,
    split_implementation_code,
)
from contracts.codes.validation import validator
from contracts.model import Model

Parts: TypeAlias = BaseCodeParts | ImplementationCodeParts | HandlingItemCodeParts


class Scheme(StrEnum):
    """Name of a scheme, as it travels."""

    BASE = "base12"
    IMPLEMENTATION = "implementation31"
    HANDLING_ITEM = "handling33"
    GUANGDONG_26 = "gd26"
    GUANGDONG_29 = "gd29"
    SICHUAN_DASHED = "sc-dashed"
    GBT39046_10 = "gbt39046-10"
    GBT39046_24 = "gbt39046-24"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class SchemeRule:
    """What one scheme demands of a code, and how it may be split, if at all.

    `check` returns the code or raises CodeInvalid; `split` is None where the scheme does
    not say what stands where.
    """

    scheme: Scheme
    summary: str
    check: Callable[[str], str]
    split: Callable[[str], Parts] | None = None


def _of_width(what: str, width: int) -> Callable[[str], str]:
    """A check of width alone: `width` letters or digits."""
    layout = Layout((Field("code", width, LETTER_OR_DIGIT),))

    def check(value: str) -> str:
        check_layout(what, value, layout)
        return value

    return check


def _check_dashed(value: str) -> str:
    """Two or more groups of letters or digits, with one dash between each two."""
    what = "dashed Sichuan code"
    allowed = LETTER_OR_DIGIT.characters
    for position, character in enumerate(value, start=1):
        at_start_of_group = position == 1 or value[position - 2] == "-"
        if character == "-" and not at_start_of_group:
            continue
        if character not in allowed:
            detail = f"{what}: character {position} must be {LETTER_OR_DIGIT.name}"
            raise failing(value, position, f"{detail}, not {describe(character, allowed)}")
    if "-" not in value or value.endswith("-"):
        detail = f"{what}: a group is missing at the end; groups are joined by dashes"
        raise failing(value, len(value) + 1, detail)
    return value


def _check_local(value: str) -> str:
    """Anything that can be seen: one character or more, without blanks."""
    for position, character in enumerate(value, start=1):
        if character.isspace() or not character.isprintable():
            detail = f"local code: character {position} is {describe(character, '')}"
            raise failing(value, position, detail)
    if not value:
        raise failing(value, 1, "local code: it is empty")
    return value


_TABLE = (
    SchemeRule(
        Scheme.BASE, "national base code, GB/T 39554.1: 12", check_base_code, split_base_code
    ),
    SchemeRule(
        Scheme.IMPLEMENTATION,
        "national implementation code, GB/T 39554.1: credit code 18, level 1, base code 12",
        check_implementation_code,
        split_implementation_code,
    ),
    SchemeRule(
        Scheme.HANDLING_ITEM,
        "national handling-item code: implementation code 31, serial 2",
        check_handling_item_code,
        split_handling_item_code,
    ),
    SchemeRule(
        Scheme.GUANGDONG_26,
        "older Guangdong systems: 26 letters or digits, never split",
        _of_width("Guangdong code of 26", 26),
    ),
    SchemeRule(
        Scheme.GUANGDONG_29,
        "older Guangdong systems: 29 letters or digits, never split",
        _of_width("Guangdong code of 29", 29),
    ),
    SchemeRule(
        Scheme.SICHUAN_DASHED,
        "Sichuan systems: groups of letters or digits joined by dashes, never split",
        _check_dashed,
    ),
    SchemeRule(
        Scheme.GBT39046_10,
        "base code in the width that GB/T 39046-2020 prints: 10, never split",
        _of_width("base code of GB/T 39046", 10),
    ),
    SchemeRule(
        Scheme.GBT39046_24,
        "implementation code in the width that GB/T 39046-2020 prints: 24, never split",
        _of_width("implementation code of GB/T 39046", 24),
    ),
    SchemeRule(Scheme.LOCAL, "a city's own code: anything visible, without blanks", _check_local),
)

SCHEMES: dict[Scheme, SchemeRule] = {rule.scheme: rule for rule in _TABLE}


def check_in_scheme(scheme: Scheme, value: str) -> str:
    """Return `value` if `scheme` allows it. Raises CodeInvalid at the character that fails."""
    return SCHEMES[scheme].check(value)


class CodeWithScheme(Model):
    """A matter code and the scheme it belongs to: `{"scheme": "base12", "value": …}`.

    The value is kept as it came, and it is one that its scheme allows.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    scheme: Scheme
    value: str

    @field_validator("value")
    @classmethod
    def _follows_scheme(cls, value: str, info: ValidationInfo) -> str:
        """Raises ValidationError of type `code.invalid` for a value the scheme refuses."""
        scheme = info.data.get("scheme")
        return value if scheme is None else validator(SCHEMES[scheme].check)(value)

    @property
    def parts(self) -> Parts | None:
        """The fields of the code, or None where its scheme does not let it be split."""
        split = SCHEMES[self.scheme].split
        return split(self.value) if split else None

    @property
    def base_code(self) -> str | None:
        """The base code that the code is or contains, where its scheme says so."""
        match self.parts:
            case BaseCodeParts():
                return self.value
            case ImplementationCodeParts() as implementation:
                return implementation.base_code
            case HandlingItemCodeParts() as item:
                return split_implementation_code(item.implementation_code).base_code
            case None:
                return None
