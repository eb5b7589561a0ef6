"""Masks for personal data in logs and errors.

A mask keeps the length and a few outer characters, so that a person who holds the paper
recognises it and nobody else learns it. What is too short to hide behind its outer
characters is hidden entirely, and so is a kept character that cannot be printed.
"""

STAR = "*"
_LEAST_HIDDEN = 4


def mask_citizen_id(text: str) -> str:
    """First 3 and last 4 characters kept: `410***********1234`.

    Made for any length, because what fails a check is seldom 18 characters long: below
    11 characters everything is hidden.
    """
    return _keep_ends(text, first=3, last=4)


def mask_mobile(text: str) -> str:
    """First 3 and last 4 digits kept: `138****5678`; below 11 characters all is hidden."""
    return _keep_ends(text, first=3, last=4)


def mask_name(text: str) -> str:
    """Of two characters the first is kept, of more the first and the last: `张*`, `张*丰`.

    A single character is hidden.
    """
    if len(text) <= 2:
        return _join(text, first=len(text) - 1, last=0)
    return _join(text, first=1, last=1)


def _keep_ends(text: str, *, first: int, last: int) -> str:
    if len(text) < first + last + _LEAST_HIDDEN:
        return STAR * len(text)
    return _join(text, first=first, last=last)


def _join(text: str, *, first: int, last: int) -> str:
    end = len(text) - last
    return "".join(
        character if (index < first or index >= end) and character.isprintable() else STAR
        for index, character in enumerate(text)
    )
