"""A bundle: everything that proves what two cities said about a case, in one JSON file.

It holds envelopes, receipts, seals and paths, and nothing private: the parts stay where
they are. Whoever holds the bundle and the members' public keys can check it anywhere.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from contracts import limits
from contracts.envelope import HexDigest, MemberCode, first_mistake
from contracts.errors import EvidenceInvalid
from contracts.ids import CaseId
from contracts.json_shape import check_shape
from contracts.model import Model, Moment

_BUNDLE_BYTES = 256 * limits.MIB
_NODES = 20_000_000
_DEPTH = 16


class SealedLeaf(Model):
    """Where something stands under a seal: leaf `index`, and its path to the root.

    `recorded_at`: when the city that holds the evidence recorded the seal; nobody signed that.
    """

    seal: Annotated[str, StringConstraints(max_length=limits.SEAL_BYTES)]
    index: Annotated[int, Field(ge=0)]
    path: Annotated[tuple[HexDigest, ...], Field(max_length=40)]
    recorded_at: Moment | None = None


class MessageEvidence(Model):
    """One message and its receipt: the exact bytes, and where each stands under a seal."""

    envelope: str
    sealed: SealedLeaf
    receipt: str | None = None
    receipt_sealed: SealedLeaf | None = None


class Bundle(Model):
    """The evidence of one case as one city holds it, in the order it was recorded."""

    format: Literal["tongban.evidence/1"] = "tongban.evidence/1"
    city: MemberCode
    case_id: CaseId
    exported_at: Moment
    messages: tuple[MessageEvidence, ...]


def read_bundle_file(path: Path) -> Bundle:
    """Raises EvidenceInvalid when the file cannot be read or holds no bundle."""
    try:
        if path.stat().st_size > _BUNDLE_BYTES:
            raise EvidenceInvalid(f"at most {_BUNDLE_BYTES} bytes", file=path)
        return read_bundle(path.read_bytes())
    except OSError as error:
        raise EvidenceInvalid(f"cannot be read: {error.strerror}", file=path) from error


def read_bundle(raw: bytes) -> Bundle:
    """Raises EvidenceInvalid when `raw` is no bundle."""
    check_shape(
        raw, EvidenceInvalid, "evidence.invalid", size=_BUNDLE_BYTES, depth=_DEPTH, nodes=_NODES
    )
    try:
        return Bundle.model_validate_json(raw)
    except ValidationError as error:
        raise EvidenceInvalid(first_mistake(error)) from error
