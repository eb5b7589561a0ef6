"""Proof: that a message and its receipt are what their signers sealed, checked anew.

Everything is recomputed from the exact bytes in the store: leaf, path, root, signature. The
keys are judged by the day of the signature, as an auditor would.
"""

from dataclasses import dataclass

from contracts.errors import EvidenceInvalid
from contracts.receipt import Receipt
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE, Seal
from contracts.tree import inclusion_paths, leaf_hash
from gateway.exchange.settle import check_receipt
from gateway.ports import Store
from gateway.records import MessageRecord, SealRecord
from keys.batch_seal import check_path, check_seal
from keys.suites import DIGESTS, SUITES
from keys.trust.trust_list import TrustList

_LEAF = 32  # bytes of a leaf hash


@dataclass(frozen=True, slots=True)
class Proof:
    """The two seals that hold a message, each with the claims that were signed.

    `receipt` and its seal lack while the message waits for its receipt.
    """

    batch: SealRecord
    batch_claims: Seal
    receipt: Receipt | None = None
    receipts: SealRecord | None = None
    receipts_claims: Seal | None = None


class Prove:
    """Use case: check one message of the store against the trust list."""

    def __init__(self, store: Store, trust: TrustList) -> None:
        self._store = store
        self._trust = trust

    async def __call__(self, message: MessageRecord) -> Proof | None:
        """None: we have not sent it yet. Raises EvidenceInvalid, or BatchRejected
        with what is wrong with a seal (`seal.*`, `path.invalid`) or receipt."""
        if message.seal_id is None or message.position is None:
            return None
        batch = await self._store.seal(message.seal_id)
        if batch is None:
            raise _unproven("its batch seal is gone", message)
        digest = DIGESTS[SUITES[self._trust.member(message.sender).suite].digest_name]
        leaf = leaf_hash(digest, message.envelope)
        if leaf != message.digest:
            raise _unproven("the envelope is not the one that was recorded", message)
        claims = self._check(batch, BATCH_TYPE, message.sender, leaf, message.position)
        if message.receipt is None:
            return Proof(batch, claims)
        receipt = check_receipt(message, message.receipt, message.receiver, message.sender)
        receipts, answered = await self._receipt_seal(message, message.receipt)
        return Proof(batch, claims, receipt, receipts, answered)

    async def _receipt_seal(
        self, message: MessageRecord, receipt: bytes
    ) -> tuple[SealRecord, Seal]:
        suite = SUITES[self._trust.member(message.receiver).suite]
        leaf = leaf_hash(DIGESTS[suite.digest_name], receipt)
        seal = await self._store.seal_over(leaf, message.receiver, message.recorded_at)
        if seal is None:
            raise _unproven("no seal covers its receipt", message)
        position = _leaves(seal).index(leaf)
        return seal, self._check(seal, RECEIPTS_TYPE, message.receiver, leaf, position)

    def _check(self, record: SealRecord, typ: str, issuer: str, leaf: bytes, position: int) -> Seal:
        seal = check_seal(record.token, typ, trust=self._trust, us=None, now=None)
        if seal.iss != issuer:
            raise EvidenceInvalid(f"sealed by {seal.iss}, not by {issuer}")
        digest = DIGESTS[seal.digest]
        root, paths = inclusion_paths(digest, _leaves(record))
        if root.hex() != seal.root or not 0 <= position < len(paths):
            raise EvidenceInvalid("the kept leaves are not those of the seal", seal=seal.jti)
        path = [step.hex() for step in paths[position]]
        check_path(digest, seal, leaf, position, path)
        return seal


def _leaves(record: SealRecord) -> list[bytes]:
    return [record.leaves[at : at + _LEAF] for at in range(0, len(record.leaves), _LEAF)]


def _unproven(detail: str, message: MessageRecord) -> EvidenceInvalid:
    return EvidenceInvalid(detail, message=message.id)
