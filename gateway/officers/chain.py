"""The log of uses is a chain: every entry carries the digest of the one before it.

Taking an entry out, changing one, or putting one in breaks the chain from there on. Cutting
off the end, or writing all of it anew, does not: that is seen by whoever noted a head, number
and digest, some time before (`check(…, since)`).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from contracts.errors import EvidenceInvalid
from gateway.officers.records import Use

FIRST = bytes(32)
"""What stands before the first entry."""

_DOMAIN = b"tongban officer log 1\x00"
_PLAIN = re.compile(r"[0-9A-Za-z._:/@+=-]{1,100}")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: what the next one is chained to."""

    number: int = 0
    digest: bytes = FIRST

    def __str__(self) -> str:
        return f"{self.number}:{self.digest.hex()}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Of the form ``number:digest``. Raises ValueError."""
        number, _, digest = text.strip().partition(":")
        head = cls(int(number), bytes.fromhex(digest))
        if head.number < 0 or len(head.digest) != len(FIRST):
            raise ValueError("no head of a log")
        return head


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be entered."""

    by: str
    duty: str
    act: str
    about: str
    outcome: str


def enter(head: Head, deed: Deed, at: int) -> Use:
    """The entry that follows `head`; `at` in Unix milliseconds."""
    number = head.number + 1
    about = shown(deed.about)
    fields = (number, at, deed.by, deed.duty, deed.act, about, deed.outcome)
    return Use(*fields, head.digest, _digest(fields, head.digest))


def shown(about: str) -> str:
    """An object as the log names it: as it is where it is plainly an identifier, else by its
    digest. The name of a file may be the name of a person."""
    if not about or _PLAIN.fullmatch(about):
        return about
    return f"sha256:{hashlib.sha256(about.encode(errors='surrogateescape')).hexdigest()[:32]}"


def check(uses: Iterable[Use], *, since: Head | None = None) -> Head:
    """Walk over all entries, from the first one on; the head of them.

    `since`: a head that was noted before and must lie on the way. Raises EvidenceInvalid
    (`officer.log_broken`), whose `where` names the first number at which it does not hold.
    """
    head, met = Head(), since is None or since == Head()
    for use in uses:
        fields = (use.number, use.at, use.by, use.duty, use.act, use.about, use.outcome)
        if use.number != head.number + 1:
            raise _broken("an entry is missing", head.number + 1)
        if use.before != head.digest or use.digest != _digest(fields, head.digest):
            raise _broken("an entry was changed", use.number)
        head = Head(use.number, use.digest)
        if since is not None and head.number == since.number:
            if head != since:
                raise _broken("the log was written anew since it was last checked", head.number)
            met = True
    if not met and since is not None:
        raise _broken("the end of the log was cut off since it was last checked", since.number)
    return head


def _digest(fields: tuple[object, ...], before: bytes) -> bytes:
    return hashlib.sha256(_DOMAIN + before + orjson.dumps(fields)).digest()


def _broken(detail: str, number: int) -> EvidenceInvalid:
    return EvidenceInvalid(detail, code="officer.log_broken", number=number)
