"""Examine: steps 2, 5 and 6 of `receive`, without a store: what is in this batch?

A fault of the batch raises BatchRejected. A fault of one message makes it a candidate that
is refused, or that is to come again, while the others go on.
"""

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import ValidationError

from contracts import limits
from contracts.envelope import CONTRACT_MAJOR, Envelope, first_mistake, read_envelope
from contracts.errors import BatchRejected, MessageRefused, Refusal
from contracts.json_shape import check_names, check_shape
from contracts.lifecycle import RULES
from contracts.messages import BODIES, BODY, Kind, SubmitBody
from contracts.model import Model
from contracts.seal import Seal
from contracts.tree import leaf_hash
from contracts.wire import Batch, WireMessage
from gateway.exchange.home import Home, part_info
from gateway.exchange.judge import Candidate
from gateway.lanes import bucket_of
from gateway.records import Direction, MessageRecord, MessageState, PartRecord
from keys.batch_seal import check_paths
from keys.sealing import salted_digest
from keys.suites import DIGESTS

BodyCheck = Callable[[str, Model], Refusal | None]
"""A city's own say on what a sender states in a body that follows the contract."""


def read_batch(body: bytes) -> Batch:
    """Raises BatchRejected (`batch.too_complex`, `batch.too_many`, `batch.malformed`)."""
    check_shape(
        body,
        BatchRejected,
        "batch.too_complex",
        size=limits.BATCH_BYTES,
        depth=len(body),  # the model below knows its own depth and ignores what is deeper
        nodes=limits.BATCH_NODES,
    )
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BatchRejected(f"not JSON in UTF-8: {error}", code="batch.malformed") from error
    messages = loaded.get("messages") if isinstance(loaded, dict) else None
    if isinstance(messages, list) and len(messages) > limits.BATCH_MESSAGES:
        raise BatchRejected(
            f"{len(messages)} messages, at most {limits.BATCH_MESSAGES}", code="batch.too_many"
        )
    try:
        return Batch.model_validate(loaded)
    except ValidationError as error:
        raise BatchRejected(first_mistake(error), code="batch.malformed") from error


def check_leaves(seal: Seal, batch: Batch) -> list[bytes]:
    """The leaf hash of each message. Raises BatchRejected (`seal.tree_size`, `path.invalid`)."""
    if seal.size != len(batch.messages):
        raise BatchRejected(
            f"tree size {seal.size}, {len(batch.messages)} messages",
            code="seal.tree_size",
            partner=seal.iss,
        )
    digest = DIGESTS[seal.digest]
    leaves = [leaf_hash(digest, message.envelope.encode()) for message in batch.messages]
    check_paths(digest, seal, leaves, [message.path for message in batch.messages])
    return leaves


@dataclass(slots=True)
class Leaf:
    """A place under a seal that holds: leaf `index`, `digest` its leaf hash.

    `seal_id` is what the seal is kept under, `now` the time of arrival.
    """

    seal: Seal
    seal_id: str
    index: int
    digest: bytes
    now: datetime


class Examine:
    """Step 6: looks at one message of a batch at a time."""

    def __init__(self, home: Home, check_body: BodyCheck) -> None:
        self._home = home
        self._check_body = check_body

    def __call__(self, leaf: Leaf, message: WireMessage) -> Candidate:
        """What is to be judged in the transaction. Never raises for bad content."""
        raw = message.envelope.encode()
        try:
            envelope = read_envelope(raw)
            self._check_addresses(leaf.seal, envelope)
        except MessageRefused as error:
            return Candidate(_unread(leaf, raw), None, error.refusal())
        sealed, later = _sealed_parts(envelope, message, DIGESTS[leaf.seal.digest])
        record = _record(leaf, envelope, raw, sealed)
        if later is not None:
            return Candidate(record, envelope, later=later)
        refusal, body = self._check_content(leaf.seal, envelope, sealed)
        bucket = bucket_of(body.application) if isinstance(body, SubmitBody) else None
        return Candidate(record, envelope, refusal, bucket=bucket)

    def _check_addresses(self, seal: Seal, envelope: Envelope) -> None:
        if envelope.sender != seal.iss:
            raise MessageRefused(
                f"sender {envelope.sender}, sealed by {seal.iss}", code="envelope.sender"
            )
        if envelope.receiver != self._home.code:
            raise MessageRefused(
                f"receiver {envelope.receiver}, this is {self._home.code}",
                code="envelope.receiver",
            )

    def _check_content(
        self, seal: Seal, envelope: Envelope, sealed: Sequence[PartRecord]
    ) -> tuple[Refusal | None, Model | None]:
        """What is wrong with the signed content itself, for which the sender answers; and the
        body, when it can be read."""
        if envelope.contract_major != CONTRACT_MAJOR:
            found = f"contract {envelope.contract}, this gateway speaks {CONTRACT_MAJOR}"
            return Refusal("envelope.contract_unsupported", found), None
        if envelope.kind not in RULES:
            return Refusal("envelope.kind_unknown", f"kind {envelope.kind}"), None
        try:
            plain = self._open(seal, envelope, sealed)
            body = read_body(Kind(envelope.kind), plain)
        except MessageRefused as error:
            return error.refusal(), None
        return self._check_body(envelope.sender, body), body

    def _open(self, seal: Seal, envelope: Envelope, sealed: Sequence[PartRecord]) -> bytes | None:
        """Open every part, check its plain digest, and return the body's bytes."""
        if envelope.sealing is None:
            return None
        opener = self._home.opener(seal.iss)
        digest = DIGESTS[seal.digest]
        wrapped = _unbase64(envelope.sealing.secret)
        body = None
        for part, record in zip(envelope.parts, sealed, strict=True):
            plain, salt = opener.open(
                envelope.sealing.key, wrapped, record.sealed, part_info(envelope.id, part.name)
            )
            if len(plain) != part.size or len(plain) > limits.PART_BYTES:
                raise MessageRefused(
                    f"{len(plain)} bytes, the envelope says {part.size}, "
                    f"at most {limits.PART_BYTES}",
                    code="part.plain_size",
                    part=part.name,
                )
            if salted_digest(digest, salt, plain).hex() != part.plain_digest:
                raise MessageRefused(
                    "the plain digest does not hold", code="part.unreadable", part=part.name
                )
            if part.name == BODY:
                body = plain
        return body


def read_body(kind: Kind, plain: bytes | None) -> Model:
    """Raises MessageRefused (`body.invalid`) naming the field, never its value."""
    if plain is None:
        raise MessageRefused(f"no part named {BODY}", code="body.invalid")
    check_shape(
        plain,
        MessageRefused,
        "body.invalid",
        size=limits.PART_BYTES,
        depth=limits.BODY_DEPTH,
        nodes=limits.BATCH_NODES,
    )
    try:
        body = BODIES[kind].model_validate_json(plain)
    except ValidationError as error:
        raise MessageRefused(first_mistake(error), code="body.invalid", kind=kind) from error
    check_names(plain, MessageRefused, "body.invalid")
    return body


def _sealed_parts(
    envelope: Envelope, message: WireMessage, digest: Callable[[bytes], bytes]
) -> tuple[list[PartRecord], Refusal | None]:
    """The sealed parts, or what is wrong with them: no signature covers them in transit."""
    if len(envelope.parts) != len(message.parts):
        found = f"{len(message.parts)} parts came, the envelope lists {len(envelope.parts)}"
        return [], Refusal("part.missing", found)
    records = []
    for part, text in zip(envelope.parts, message.parts, strict=True):
        try:
            sealed = _unbase64(text)
        except MessageRefused:
            return [], Refusal("part.digest", "not base64", {"part": part.name})
        if len(sealed) != part.sealed_size:
            found = f"{len(sealed)} bytes, the envelope says {part.sealed_size}"
            return [], Refusal("part.size", found, {"part": part.name})
        if digest(sealed).hex() != part.digest:
            return [], Refusal("part.digest", "the digest does not hold", {"part": part.name})
        records.append(PartRecord(part.name, part.media_type, sealed))
    return records, None


def _unbase64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeEncodeError) as error:
        raise MessageRefused("not base64", code="part.unreadable") from error


def _record(
    leaf: Leaf, envelope: Envelope, raw: bytes, parts: Sequence[PartRecord]
) -> MessageRecord:
    return MessageRecord(
        id=envelope.id,
        sender=leaf.seal.iss,
        receiver=leaf.seal.aud,
        direction=Direction.IN,
        case_id=envelope.case_id,
        kind=envelope.kind,
        sequence=envelope.sequence,
        state=MessageState.TAKEN,
        envelope=raw,
        digest=leaf.digest,
        recorded_at=_ms(leaf.now),
        expires_at=_ms(envelope.expires_at),
        seal_id=leaf.seal_id,
        position=leaf.index,
        parts=parts,
    )


def _unread(leaf: Leaf, raw: bytes) -> MessageRecord:
    """An envelope that is not used is kept under its leaf hash, and belongs to no case."""
    return MessageRecord(
        id=leaf.digest.hex(),
        sender=leaf.seal.iss,
        receiver=leaf.seal.aud,
        direction=Direction.IN,
        case_id="",
        kind="",
        sequence=0,
        state=MessageState.REFUSED,
        envelope=raw,
        digest=leaf.digest,
        recorded_at=_ms(leaf.now),
        expires_at=_ms(leaf.now),
        seal_id=leaf.seal_id,
        position=leaf.index,
    )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
