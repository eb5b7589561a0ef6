"""Message and case identifiers: UUID version 7 (RFC 9562, section 5.7), lower-case text.

They sort by the time they were made, which keeps the indexes of a store compact.
"""

from typing import Annotated

from pydantic import StringConstraints

UUID7_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

MessageId = Annotated[str, StringConstraints(pattern=UUID7_PATTERN)]
CaseId = Annotated[str, StringConstraints(pattern=UUID7_PATTERN)]


def uuid7(milliseconds: int, entropy: bytes) -> str:
    """A UUIDv7 from Unix time in milliseconds and 10 random bytes."""
    if len(entropy) != 10:
        raise ValueError("uuid7 needs 10 random bytes")
    random = int.from_bytes(entropy)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
