"""How a city's own system writes and reads its documents, and where they name their case.

A script of the demonstration is text; what the system puts into the folder are bytes.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from adapters.engine.encoding import decode, encode
from adapters.families.epoint.clear import in_the_clear, sealed
from adapters.families.epoint.codec import envelope_of
from adapters.families.epoint.envelope import Envelope
from adapters.families.family import Profile

NUMBER = {
    "up_pro": re.compile(r'"project_no": ?"([^"]+)"'),
    "gdbs": re.compile(r'FieldName="(?:SBLSH|YWLSH)">([^<]+)<'),
    "gbt39046": re.compile(r"<BJBH>([^<]+)<"),
    "epoint": re.compile(r"<SBLSH_SHORT>([^<]+)<"),
    "contract": re.compile(r'"number": ?"([^"]+)"'),
}
"""The number by which a document calls its case, by family."""


class Native(Protocol):
    """A system's way from text to bytes and back."""

    def to_bytes(self, text: str) -> bytes:
        """The document that `text` shows."""

    def to_text(self, document: bytes) -> str:
        """What people see of it."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Text in the city's encoding."""

    encoding: str

    def to_bytes(self, text: str) -> bytes:
        return encode(text, self.encoding)

    def to_text(self, document: bytes) -> str:
        return decode(document, self.encoding)


@dataclass(frozen=True, slots=True)
class Encrypted:
    """XML under the key that the system shares with its gateway."""

    envelope: Envelope
    encoding: str

    def to_bytes(self, text: str) -> bytes:
        return sealed(text, self.envelope, self.encoding)

    def to_text(self, document: bytes) -> str:
        return in_the_clear(document, self.envelope, self.encoding)


def native_of(profile: Profile) -> Native:
    """The way of a city's system; its `secrets` are at hand."""
    if profile.family == "epoint":
        return Encrypted(envelope_of(profile), profile.encoding)
    return Plain(profile.encoding)
