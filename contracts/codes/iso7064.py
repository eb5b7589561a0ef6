"""Check characters after ISO/IEC 7064:2003, as the Chinese codes use them.

Two systems: the pure system MOD 11-2 (citizen ids, GB 11643) and the hybrid system
MOD 37,36 (certificate identifiers). Both catch every wrong single character. MOD 11-2 also
catches every exchange of two neighbours; MOD 37,36 catches nearly all of them.

Only ASCII digits and capitals count: a digit of another script is refused, not converted.
"""

MOD_11_2_CHARACTERS = "0123456789X"
_ZERO = ord("0")
MOD_37_36_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod_11_2(digits: str) -> str:
    """Check character (0-9 or X) of `digits` in MOD 11-2 (ISO/IEC 7064, clause 7).

    Raises ValueError for anything but the digits 0-9.
    """
    if not (digits.isascii() and digits.isdigit()) and digits:
        raise ValueError("anything but the digits 0-9")
    total = 0
    for digit in digits.encode():
        total = total * 2 + digit - _ZERO
    return MOD_11_2_CHARACTERS[(1 - total * 2) % 11]


def mod_37_36(text: str) -> str:
    """Check character of `text` in MOD 37,36 (ISO/IEC 7064, clause 8).

    Raises ValueError for anything but 0-9 and A-Z.
    """
    product = 36
    for character in text:
        value = _value(character, MOD_37_36_CHARACTERS)
        product = ((product + value) % 36 or 36) * 2 % 37
    return MOD_37_36_CHARACTERS[(1 - product) % 36]


def mod_11_2_holds(text: str) -> bool:
    """Whether the last character of `text` is the MOD 11-2 check of those before it."""
    try:
        return text[-1:] == mod_11_2(text[:-1])
    except ValueError:
        return False


def mod_37_36_holds(text: str) -> bool:
    """Whether the last character of `text` is the MOD 37,36 check of those before it."""
    try:
        return text[-1:] == mod_37_36(text[:-1])
    except ValueError:
        return False


def _value(character: str, alphabet: str) -> int:
    """Place of `character` in `alphabet`; str.index raises ValueError when it has none."""
    return alphabet.index(character)
