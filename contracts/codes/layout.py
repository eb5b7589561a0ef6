"""A code as a row of fields, each of a fixed width and an alphabet of its own.

One layout both checks a code, character by character, and cuts it into its fields.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from contracts.codes.failing import describe, failing


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The characters that may stand in a field, and how a person would name them."""

    characters: str
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a code: what it means, how wide it is, what may stand in it."""

    name: str
    width: int
    alphabet: Alphabet


class Layout(tuple[Field, ...]):
    """The fields of a code in their order."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a value looks like: it answers at once for all that are right."""
        return re.compile(
            "".join(f"[{re.escape(field.alphabet.characters)}]{{{field.width}}}" for field in self)
        )


DIGIT = Alphabet("0123456789", "a digit")
CAPITAL_OR_DIGIT = Alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "a digit or a capital letter")
LETTER_OR_DIGIT = Alphabet(
    CAPITAL_OR_DIGIT.characters + "abcdefghijklmnopqrstuvwxyz", "a digit or a letter"
)


def literal(text: str, name: str) -> Layout:
    """Fields for fixed text, one a character."""
    return Layout(Field(name, 1, Alphabet(character, f"'{character}'")) for character in text)


def check_layout(what: str, value: str, layout: Layout) -> None:
    """Check width and alphabets of `value`; `what` names the code in the error.

    Raises CodeInvalid at the first character, from the left, that may not stand there.
    """
    if layout.pattern.fullmatch(value):
        return
    places = [field for field in layout for _ in range(field.width)]
    for position, field in enumerate(places, start=1):
        _check_character(what, value, position, field)
    if len(value) > len(places):
        detail = f"{what}: too long, {len(value)} characters instead of {len(places)}"
        raise failing(value, len(places) + 1, detail)


def cut(value: str, layout: Layout) -> tuple[str, ...]:
    """The fields of `value`, which has passed `check_layout`."""
    fields, start = [], 0
    for field in layout:
        fields.append(value[start : start + field.width])
        start += field.width
    return tuple(fields)


def _check_character(what: str, value: str, position: int, field: Field) -> None:
    if position > len(value):
        ends = f"it ends after {len(value)} characters, before the {field.name} is complete"
        raise failing(value, position, f"{what}: too short, {ends}")
    character, allowed = value[position - 1], field.alphabet
    if character not in allowed.characters:
        found = describe(character, allowed.characters)
        detail = f"{what}: character {position} ({field.name}) must be {allowed.name}, not {found}"
        raise failing(value, position, detail)
