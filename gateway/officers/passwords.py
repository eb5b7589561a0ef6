"""Passwords: hashed with Argon2id (RFC 9106), chosen by the rules of NIST SP 800-63B.

Length counts, composition does not (section 3.1.1.2): at least twelve characters, at most 128,
any of Unicode, normalised, and nothing that guessers try first: zxcvbn's lists of common words,
names, keyboard walks, dates, and what the account and the city are called.
"""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from contracts.errors import Wrong

SHORTEST, LONGEST = 12, 128
_STRONG = 3  # of zxcvbn's 0 to 4: over 10^8 guesses, each of which costs an Argon2
_LOOKED_AT = 72  # characters; what follows makes it only stronger

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
"""64 MiB, three passes: the second choice of RFC 9106, section 4, for machines that do other
work as well."""


def hashed(password: str) -> str:
    """The encoded hash, with salt and parameters in it. Takes some 0.1 s and 64 MiB."""
    return _HASHER.hash(_normal(password))


def holds(encoded: str | None, password: str) -> bool:
    """Whether it is the password. As long for an account that does not exist (None)."""
    try:
        same = _HASHER.verify(encoded or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return same and encoded is not None


def check_new(password: str, *, known: tuple[str, ...]) -> None:
    """Raises Wrong (`officer.password`) with what to do better. `known`: words that a guesser
    has at hand, as the account's name. The password is in no error."""
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise _weak(f"{SHORTEST} to {LONGEST} characters, these are {len(normal)}")
    if len(_without(normal, known)) < SHORTEST // 2:
        raise _weak("little is left of it without the name")
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists take a fifth of a second to load

    found = zxcvbn(normal[:_LOOKED_AT], user_inputs=[*known, "tongban", "通办"])
    if found["score"] < _STRONG:
        raise _weak(found["feedback"]["warning"] or "it is among what guessers try early")


def _weak(detail: str) -> Wrong:
    return Wrong(detail, code="officer.password")


def _without(password: str, known: tuple[str, ...]) -> str:
    rest = password.casefold()
    for word in known:
        rest = rest.replace(word.casefold(), "") if word else rest
    return rest


def _normal(password: str) -> str:
    """The same characters however they were typed: SP 800-63B, section 3.1.1.2."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash("")
