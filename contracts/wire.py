"""Bodies of ``POST /exchange/v1/batches``: a sealed batch and the answer to it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts import limits
from contracts.envelope import HexDigest
from contracts.model import Model
from contracts.receipt import RefusalNote

_Path = Annotated[tuple[HexDigest, ...], Field(max_length=40)]
_SealText = Annotated[str, StringConstraints(max_length=limits.SEAL_BYTES)]


class WireMessage(Model):
    """One message of a batch: the exact envelope, its path to the root, its sealed parts.

    `parts` holds the sealed bytes in base64 (RFC 4648, section 4), in the envelope's order.
    """

    envelope: str
    path: _Path
    parts: Annotated[tuple[str, ...], Field(max_length=limits.MESSAGE_PARTS)] = ()


class Batch(Model):
    """The request. Message `i` is leaf `i` of the tree that the seal signs."""

    seal: _SealText
    messages: Annotated[
        tuple[WireMessage, ...], Field(min_length=1, max_length=limits.BATCH_MESSAGES)
    ]


class Result(StrEnum):
    """What became of one message of the batch."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"  # the same bytes again: the first receipt stands
    REFUSED = "refused"
    LATER = "later"  # nothing is receipted: keep it and send it again


class WireReceipt(Model):
    """The answer for one message. All but `later` bring the exact receipt and its path."""

    result: Result
    receipt: str | None = None
    path: _Path = ()
    reason: RefusalNote | None = None


class BatchReply(Model):
    """The reply: `results[i]` answers `messages[i]`.

    The seal signs the tree of those results that bring a receipt, in this order; it lacks
    when none does.
    """

    seal: _SealText | None = None
    results: Annotated[tuple[WireReceipt, ...], Field(max_length=limits.BATCH_MESSAGES)]


class Problem(Model):
    """An error answer (RFC 9457, application/problem+json) when nothing was taken."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    side: str
    retry: bool
    where: dict[str, str] = Field(default_factory=dict)
    remedy: str
    trace: str | None = None
