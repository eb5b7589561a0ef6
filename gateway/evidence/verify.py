"""Verify: what an auditor does, years later, offline, trusting nobody who runs a gateway.

Needs the bundle and the members' public keys, nothing else: no store, no network, no clock.
Keys are judged by the day of the seal they made. What holds proves that

- the sender sealed exactly this envelope, made out to exactly this receiver;
- the receiver sealed exactly this receipt, for exactly these bytes, and said what became of
  the message and when.

And over a whole case: each city's messages are numbered from 1, so one that was left out is
noticed, unless it is the last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pydantic import ValidationError

from contracts.envelope import Envelope, first_mistake, read_envelope
from contracts.errors import EvidenceInvalid, TongbanError
from contracts.json_shape import check_names
from contracts.receipt import Receipt
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE, Seal
from contracts.tree import leaf_hash
from gateway.evidence.bundle import Bundle, MessageEvidence, SealedLeaf
from keys.batch_seal import check_path, check_seal
from keys.suites import DIGESTS
from keys.trust.trust_list import TrustList

_GAPS_NAMED = 100  # of each sender


@dataclass(frozen=True, slots=True)
class Proven:
    """What one piece of evidence proves. No receipt: only that it was said."""

    envelope: Envelope
    batch: Seal
    receipt: Receipt | None = None
    receipts: Seal | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome for one message of a bundle: what is proven, or why nothing is."""

    index: int
    proven: Proven | None = None
    fault: TongbanError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome for a bundle. `gaps` names missing numbers as ``410100: 3``, the
    first 100 of each sender."""

    findings: tuple[Finding, ...]
    gaps: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """There is something, all of it is proven, and nothing is missing from its middle."""
        proven = bool(self.findings) and all(finding.proven for finding in self.findings)
        return proven and not self.gaps


def verify_bundle(bundle: Bundle, trust: TrustList) -> Report:
    """Check every message of a bundle by itself, then the numbering of the whole."""
    findings = []
    for index, evidence in enumerate(bundle.messages):
        try:
            proven = verify_message(evidence, trust)
            if proven.envelope.case_id != bundle.case_id:
                raise EvidenceInvalid("a message of another case", case=proven.envelope.case_id)
        except TongbanError as error:
            findings.append(Finding(index, fault=error))
        else:
            findings.append(Finding(index, proven))
    gaps = _gaps(finding.proven.envelope for finding in findings if finding.proven)
    return Report(tuple(findings), tuple(gaps))


def verify_message(evidence: MessageEvidence, trust: TrustList) -> Proven:
    """Check one message and, where there is one, its receipt.

    Raises EvidenceInvalid, BatchRejected (`seal.*`, `path.invalid`, `member.unknown`),
    MessageRefused (`envelope.*`), TrustUnavailable.
    """
    raw = evidence.envelope.encode()
    batch, leaf = _check_leaf(evidence.sealed, raw, BATCH_TYPE, trust)
    envelope = read_envelope(raw)
    if (batch.iss, batch.aud) != (envelope.sender, envelope.receiver):
        raise EvidenceInvalid(
            f"sealed by {batch.iss} for {batch.aud}, the envelope says "
            f"{envelope.sender} to {envelope.receiver}",
            message=envelope.id,
        )
    if evidence.receipt is None and evidence.receipt_sealed is None:
        return Proven(envelope, batch)
    if evidence.receipt is None or evidence.receipt_sealed is None:
        raise EvidenceInvalid("a receipt without its seal, or a seal alone", message=envelope.id)
    given = evidence.receipt.encode()
    receipts, _ = _check_leaf(evidence.receipt_sealed, given, RECEIPTS_TYPE, trust)
    receipt = _check_receipt(envelope, leaf, given, receipts)
    return Proven(envelope, batch, receipt, receipts)


def _check_leaf(place: SealedLeaf, raw: bytes, typ: str, trust: TrustList) -> tuple[Seal, bytes]:
    """The seal, when `raw` is under it, and the leaf hash of `raw`."""
    seal = check_seal(place.seal, typ, trust=trust, us=None, now=None)
    digest = DIGESTS[seal.digest]
    leaf = leaf_hash(digest, raw)
    check_path(digest, seal, leaf, place.index, place.path)
    return seal, leaf


def _check_receipt(envelope: Envelope, leaf: bytes, raw: bytes, seal: Seal) -> Receipt:
    try:
        receipt = Receipt.model_validate_json(raw)
    except ValidationError as error:
        raise EvidenceInvalid(first_mistake(error), message=envelope.id) from error
    check_names(raw, EvidenceInvalid, "evidence.invalid")
    expected = {
        "the digest of other bytes": receipt.digest == leaf.hex(),
        "another message": receipt.message in {envelope.id, None},
        "other members": (receipt.sender, receipt.receiver) == (envelope.sender, envelope.receiver),
        "a receipt that somebody else sealed": seal.iss == envelope.receiver,
        "a receipt for somebody else": seal.aud == envelope.sender,
    }
    for wrong, right in expected.items():
        if not right:
            raise EvidenceInvalid(f"the receipt: {wrong}", message=envelope.id)
    return receipt


def _gaps(envelopes: Iterable[Envelope]) -> list[str]:
    numbers: dict[str, set[int]] = {}
    for envelope in envelopes:
        numbers.setdefault(envelope.sender, set()).add(envelope.sequence)
    return [
        f"{sender}: {missing}"
        for sender, seen in sorted(numbers.items())
        for missing in islice(_missing(seen), _GAPS_NAMED)
    ]


def _missing(seen: set[int]) -> Iterator[int]:
    """The numbers from 1 to the greatest of `seen` that are not in it, which may be a billion."""
    expected = 1
    for number in sorted(seen):
        while expected < number:
            yield expected
            expected += 1
        expected = number + 1
