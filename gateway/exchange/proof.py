"""Proof: the evidence that this city's store holds for a message, and whether it holds.

Everything is recomputed from the exact bytes in the store: leaf, path, root, signature. The
check itself is the auditor's, `gateway.evidence.verify`.
"""

from datetime import UTC, datetime

from contracts.errors import EvidenceInvalid
from contracts.tree import inclusion_paths, leaf_hash
from gateway.evidence.bundle import Bundle, MessageEvidence, SealedLeaf
from gateway.evidence.verify import Proven, verify_message
from gateway.exchange.home import Home
from gateway.ports import Store
from gateway.records import Direction, MessageRecord, SealRecord
from keys.suites import SUITES
from keys.trust.trust_list import TrustList

_LEAF = 32  # bytes of a leaf hash


class Prove:
    """Use case: gather the evidence for messages of the store, and check it."""

    def __init__(self, store: Store, trust: TrustList, us: str) -> None:
        """`us`: whose store it is, whose record of when seals came is believed here."""
        self._store = store
        self._us = us
        self._trust = trust

    async def __call__(self, message: MessageRecord) -> Proven | None:
        """None: we have not sent it yet. Raises as `verify_message` does."""
        evidence = await self.evidence(message)
        return verify_message(evidence, self._trust, holder=self._us) if evidence else None

    async def evidence(self, message: MessageRecord) -> MessageEvidence | None:
        """Envelope, receipt, and where each stands. Raises EvidenceInvalid when a seal is gone."""
        if message.seal_id is None or message.position is None:
            return None
        batch = await self._store.seal(message.seal_id)
        if batch is None:
            raise EvidenceInvalid("its batch seal is gone", message=message.id)
        sealed = self._place(batch, message.position)
        place = await self._receipt_place(message)
        if message.receipt is None or place is None:
            return MessageEvidence(envelope=message.envelope.decode(), sealed=sealed)
        return MessageEvidence(
            envelope=message.envelope.decode(),
            sealed=sealed,
            receipt=message.receipt.decode(),
            receipt_sealed=place,
        )

    async def bundle(self, home: Home, case_id: str) -> Bundle:
        """The evidence of a whole case; messages that were never sealed are left out."""
        found = [await self.evidence(message) for message in await self._store.messages(case_id)]
        return Bundle(
            city=home.code,
            case_id=case_id,
            exported_at=home.clock.now(),
            messages=tuple(evidence for evidence in found if evidence is not None),
        )

    async def _receipt_place(self, message: MessageRecord) -> SealedLeaf | None:
        """None without a receipt, and for one of our own that was never given under a seal:
        its message came out of the waiting room, or we died before the answer."""
        if message.receipt is None:
            return None
        digest = SUITES[self._trust.member(message.receiver).suite].digest
        leaf = leaf_hash(digest, message.receipt)
        seal = await self._store.seal_over(leaf, message.receiver, message.recorded_at)
        if seal is None:  # the clock was set back in between
            seal = await self._store.seal_over(leaf, message.receiver, 0)
        if seal is not None:
            return self._place(seal, _leaves(seal).index(leaf))
        if message.direction is Direction.IN:
            return None
        raise EvidenceInvalid("no seal covers its receipt", message=message.id)

    def _place(self, record: SealRecord, index: int) -> SealedLeaf:
        digest = SUITES[self._trust.member(record.issuer).suite].digest
        _, paths = inclusion_paths(digest, _leaves(record))
        if index >= len(paths):
            raise EvidenceInvalid("the kept leaves are not those of the seal", seal=record.id)
        return SealedLeaf(
            seal=record.token,
            index=index,
            path=tuple(step.hex() for step in paths[index]),
            recorded_at=datetime.fromtimestamp(record.at / 1000, UTC),
        )


def _leaves(record: SealRecord) -> list[bytes]:
    return [record.leaves[at : at + _LEAF] for at in range(0, len(record.leaves), _LEAF)]
