"""The codes that errors and refusals carry; the table itself is ``data/reasons.csv``.

A code never changes its meaning and is never reused. `docs/protocol.md` prints the table.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class Side(StrEnum):
    """Whose side must act."""

    OURS = "ours"
    PARTNER = "partner"
    NETWORK = "network"
    TRUST = "trust_list"


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: who must act, whether the same bytes may succeed later, what to do.

    `status` is the HTTP status where it answers a request.
    """

    code: str
    side: Side
    retry: bool
    status: int
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


def _read() -> dict[str, Reason]:
    text = files("contracts").joinpath("data/reasons.csv").read_text("utf-8")
    return {
        row["code"]: Reason(
            row["code"],
            Side(row["side"]),
            row["retry"] == "yes",
            int(row["status"]),
            row["zh"],
            row["en"],
            row["remedy_zh"],
            row["remedy_en"],
        )
        for row in csv.DictReader(text.splitlines())
    }


REASONS = _read()
