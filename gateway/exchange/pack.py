"""Pack: messages of the outbox become one sealed batch, ready to post."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from contracts.seal import BATCH_TYPE
from gateway.exchange.home import Home
from gateway.exchange.sealed_tree import SealedTree, seal_leaves
from gateway.records import MessageRecord, PartRecord

Outgoing = tuple[MessageRecord, Sequence[PartRecord]]


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch as it goes over the wire, and what its reply will be compared with."""

    messages: list[MessageRecord]
    tree: SealedTree
    body: bytes


async def pack(home: Home, receiver: str, outgoing: Sequence[Outgoing]) -> Packed:
    """Seal `outgoing`, all to `receiver`, in this order, into one batch."""
    leaves = [message.digest for message, _ in outgoing]
    tree = await seal_leaves(home, BATCH_TYPE, receiver, leaves)
    body = orjson.dumps(
        {
            "seal": tree.record.token,
            "messages": [
                {
                    "envelope": message.envelope.decode(),
                    "path": path,
                    "parts": [base64.b64encode(part.sealed).decode() for part in parts],
                }
                for (message, parts), path in zip(outgoing, tree.paths, strict=True)
            ],
        }
    )
    return Packed([message for message, _ in outgoing], tree, body)
