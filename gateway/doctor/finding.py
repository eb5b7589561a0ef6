"""What the doctor says: one sentence on one subject, and what to do about it."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the worst of all findings decides how the command ends."""

    GOOD = 0
    WARNING = 1  # works now, will not for long, or could not be looked at
    FAULT = 2  # cases do not cross, or soon will not


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` names what was looked at: ``disk``, ``partner 440100``. No remedy when good.

    `contact`: whom to call at the partner that it is about, as the partner publishes it.
    """

    subject: str
    level: Level
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    contact: str = ""


def good(subject: str, zh: str, en: str) -> Finding:
    return Finding(subject, Level.GOOD, zh, en)
