"""The receipt: what became of one message, given after it was stored, never before.

The first receipt for a message is the only one: asked again, the receiver gives the same
bytes again. `digest` is the leaf hash of the envelope in the sender's digest, so a receipt
names the exact bytes it speaks of.
"""

from enum import StrEnum

from pydantic import Field

from contracts.envelope import HexDigest, MemberCode
from contracts.ids import MessageId
from contracts.model import Model, Moment, Reference


class Outcome(StrEnum):
    """What the receipt says."""

    TAKEN = "taken"
    REFUSED = "refused"


class RefusalNote(Model):
    """Why a message was refused: a code of `contracts.reasons` and where it was found."""

    code: Reference
    detail: str
    where: dict[str, str] = Field(default_factory=dict)


class Receipt(Model):
    """Signed, as a leaf of a receipts seal, by the receiver of the message."""

    message: MessageId | None = None  # None: the envelope could not be read
    digest: HexDigest
    sender: MemberCode
    receiver: MemberCode
    outcome: Outcome
    at: Moment  # when it was stored
    reason: RefusalNote | None = None
