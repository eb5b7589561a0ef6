"""Who else saw a seal, and when: asked only where the word of the seal's own key is worth nothing.

Two are relied on. The receipt of the other city, sealed by a key of its own that is good; and,
where the auditor decides to, the record of the city that holds the evidence, of what came to it
from others. A city is no witness of its own seals.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.errors import BatchRejected
from contracts.seal import Seal
from keys.batch_seal import check_seal
from keys.trust.trust_list import TrustList

UNWITNESSED = "evidence.unwitnessed"


class Kind(StrEnum):
    RECEIPT = "receipt"
    """A sealed receipt for the very bytes."""

    RECORD = "record"
    """The unsigned record of the city that holds the evidence."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The city `city` had it in hand at `at`."""

    kind: Kind
    city: str
    at: datetime


def check_witnessed(
    token: str, typ: str, trust: TrustList, witnesses: Iterable[Witness]
) -> tuple[Seal, Witness | None]:
    """The seal, and the witness without whom it would not hold: None where its own word does.

    `witnesses` are asked in their order, and only when it comes to them. Raises as
    `keys.batch_seal.check_seal` does for an auditor.
    """
    try:
        return check_seal(token, typ, trust=trust, us=None, now=None), None
    except BatchRejected as error:
        if error.code != UNWITNESSED:
            raise
        fault = error
    for witness in witnesses:
        try:
            seal = check_seal(token, typ, trust=trust, us=None, now=None, witnessed_at=witness.at)
        except BatchRejected as error:
            fault = error
        else:
            if seal.iss != witness.city:
                return seal, witness
    raise fault
