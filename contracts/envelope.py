"""The envelope: who says what kind of thing to whom about which case, in which order.

The batch seal covers the exact bytes of the envelope and nothing else; what is private
travels in parts, each sealed to the receiver. Of each part the envelope holds two digests:
of the sealed bytes, which anybody can check, and of the plain bytes behind a salt, which
whoever holds the plain part can check and nobody can guess from.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from contracts import limits
from contracts.errors import MessageRefused
from contracts.ids import CaseId, MessageId
from contracts.json_shape import check_names, check_shape
from contracts.model import Model, Moment

CONTRACT = "1.0"
CONTRACT_MAJOR = 1

MemberCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
HexDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Part(Model):
    """One sealed part. `size` counts plain bytes, `sealed_size` sealed bytes."""

    name: PartName
    media_type: Annotated[str, StringConstraints(min_length=3, max_length=127)]
    size: Annotated[int, Field(ge=0, strict=True)]
    sealed_size: Annotated[int, Field(ge=0, strict=True)]
    digest: HexDigest  # of the sealed bytes
    plain_digest: HexDigest  # of salt || plain bytes


class Sealing(Model):
    """How the parts were sealed: the epoch secret, wrapped to a key of the receiver."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    secret: Annotated[str, StringConstraints(min_length=1, max_length=2048)]  # base64


class Envelope(Model):
    """One message without what is private."""

    id: MessageId
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]
    contract: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$")]
    sender: MemberCode
    receiver: MemberCode
    case_id: CaseId
    sequence: Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
    in_reply_to: MessageId | None = None
    created_at: Moment
    expires_at: Moment
    sealing: Sealing | None = None
    parts: Annotated[tuple[Part, ...], Field(max_length=limits.MESSAGE_PARTS)] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not timedelta() < self.expires_at - self.created_at <= _LONGEST_LIFE:
            raise ValueError(f"expires_at must lie within {limits.MESSAGE_DAYS} days of created_at")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError("two parts of the same name")
        if self.parts and self.sealing is None:
            raise ValueError("parts without sealing")
        return self

    @property
    def contract_major(self) -> int:
        return int(self.contract.partition(".")[0])


_LONGEST_LIFE = timedelta(days=limits.MESSAGE_DAYS)
_NODES_PER_PART = 16
_NODES = 256 + _NODES_PER_PART * limits.MESSAGE_PARTS


def read_envelope(raw: bytes) -> Envelope:
    """Parse the exact bytes of an envelope.

    Raises MessageRefused: `envelope.too_complex` before anything large is built from the
    bytes, `envelope.malformed` naming the field otherwise.
    """
    check_shape(
        raw,
        MessageRefused,
        "envelope.too_complex",
        size=limits.ENVELOPE_BYTES,
        depth=limits.ENVELOPE_DEPTH,
        nodes=_NODES,
    )
    try:
        envelope = Envelope.model_validate_json(raw)
    except ValidationError as error:
        raise MessageRefused(first_mistake(error)) from error
    if envelope.to_json() != raw:  # written as we write, no name can stand twice
        check_names(raw, MessageRefused, "envelope.malformed")
    return envelope


def first_mistake(error: ValidationError) -> str:
    """The first mistake in one sentence: its place, never the value (it may be personal)."""
    mistake = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in mistake["loc"]) or "(whole)"
    return f"{place}: {mistake['msg']}"
