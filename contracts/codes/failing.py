"""How a failed check points at the character that fails.

Every `CodeInvalid` of this package carries `position`, counted from 1, and `character`:
the character at that place, `U+200B` for one that cannot be seen, and nothing where the
code ends too early. No error prints what was typed until its characters have been checked:
in the wrong field it may be somebody's citizen id.
"""

import unicodedata

from contracts.errors import CodeInvalid


def failing(value: str, position: int, detail: str) -> CodeInvalid:
    """The error that says `detail` about the character of `value` at `position`."""
    character = value[position - 1 : position]
    return CodeInvalid(detail, position=position, character=visible(character))


def visible(character: str) -> str:
    """`character` itself when it can be seen, else its code point: `U+200B`."""
    if not character or (character.isprintable() and not character.isspace()):
        return character
    return f"U+{ord(character):04X}"


def describe(character: str, allowed: str) -> str:
    """`character` in words, with what to do when that is plain; `allowed` may stand there.

    `１` in full width: "'１', which is not an ordinary '1': type '1'".
    """
    if character.isspace():
        return f"a blank ({visible(character)}): delete it"
    if not character.isprintable():
        return f"an invisible character ({visible(character)}): delete it"
    if character.isascii() and character.islower() and character.upper() in allowed:
        capital = character.upper()
        return f"the lower-case letter '{character}': type the capital '{capital}'"
    plain = _ordinary(character)
    if plain != character and plain in allowed:
        return f"'{character}', which is not an ordinary '{plain}': type '{plain}'"
    return f"'{character}'"


def _ordinary(character: str) -> str:
    """The ASCII capital or digit that a full-width or foreign character stands for."""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character).upper()
    return folded if folded.isascii() and len(folded) == 1 else character
