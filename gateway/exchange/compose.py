"""From a draft to sealed parts: the private half of a message."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from adapters.adapter import Draft, File
from contracts import limits
from contracts.envelope import Part, Sealing, first_mistake
from contracts.errors import MessageRefused
from contracts.messages import BODY, BODY_TYPE
from gateway.exchange.home import Home, part_info
from gateway.records import EpochRecord, PartRecord
from keys.sealing import salted_digest

_MOST_BYTES = limits.BATCH_BYTES - limits.MIB  # beside parts, a batch of one holds an envelope


@dataclass(frozen=True, slots=True)
class Composed:
    """The parts of one message: what the envelope says of them, and their sealed bytes."""

    message_id: str
    receiver: str
    sealing: Sealing
    parts: tuple[Part, ...]
    records: tuple[PartRecord, ...]
    own_copy: EpochRecord

    @property
    def size(self) -> int:
        """Bytes on the wire in base64, near enough."""
        return sum(part.sealed_size for part in self.parts) * 4 // 3


def compose(home: Home, draft: Draft, receiver: str) -> Composed:
    """Seal body and files of `draft` to `receiver` under a fresh message id.

    Raises MessageRefused when there are too many or too large parts
    (`envelope.too_complex`) or one that no envelope can name (`envelope.malformed`),
    KeyUnusable or BatchRejected when the receiver cannot be sealed to.
    """
    if BODY in draft.files:
        raise MessageRefused(f"a file may not be named {BODY}", code="envelope.malformed")
    files = {BODY: File(BODY_TYPE, draft.body.to_json()), **draft.files}
    _check(files)
    message_id = home.new_id()
    epoch = home.sealer(receiver).epoch(home.clock.monotonic())
    digest = home.suite.digest
    parts: list[Part] = []
    records: list[PartRecord] = []
    for name, file in files.items():
        sealed, salt = epoch.seal(file.data, part_info(message_id, name))
        try:
            part = Part(
                name=name,
                media_type=file.media_type,
                size=len(file.data),
                sealed_size=len(sealed),
                digest=digest(sealed).hex(),
                plain_digest=salted_digest(digest, salt, file.data).hex(),
            )
        except ValidationError as error:
            raise MessageRefused(first_mistake(error), part=len(parts)) from error
        parts.append(part)
        records.append(PartRecord(name, file.media_type, sealed))
    own_copy = home.own_copy(receiver, epoch)
    return Composed(
        message_id=message_id,
        receiver=receiver,
        sealing=Sealing(key=epoch.key_id, secret=own_copy.id),
        parts=tuple(parts),
        records=tuple(records),
        own_copy=own_copy,
    )


def _check(files: Mapping[str, File]) -> None:
    size = sum(len(file.data) for file in files.values()) * 4 // 3  # in base64
    if size > _MOST_BYTES:
        raise MessageRefused(
            f"parts of {size} bytes in base64, at most {_MOST_BYTES}", code="envelope.too_complex"
        )
    if len(files) > limits.MESSAGE_PARTS:
        raise MessageRefused(
            f"{len(files)} parts, at most {limits.MESSAGE_PARTS}", code="envelope.too_complex"
        )
    for name, file in files.items():
        if len(file.data) > limits.PART_BYTES:
            raise MessageRefused(
                f"{len(file.data)} bytes, at most {limits.PART_BYTES}",
                code="envelope.too_complex",
                part=name,
            )
