"""Verify: what an auditor does, years later, offline, trusting nobody who runs a gateway.

Needs the bundle and the members' public keys, nothing else: no store, no network, no clock.
Keys are judged by the day of the seal they made; one that was closed as compromised, by the day on
which somebody else had that seal (`gateway.evidence.witness`). What holds proves that

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
from gateway.evidence.witness import Kind, Witness, check_witnessed
from keys.batch_seal import check_path
from keys.suites import DIGESTS, SUITES
from keys.trust.trust_list import TrustList

_GAPS_NAMED = 100  # of each sender


@dataclass(frozen=True, slots=True)
class Proven:
    """What one piece of evidence proves. No receipt: only that it was said.

    `witness` and `receipt_witness`: who was relied on besides the seal's own key, where that
    was closed as compromised.
    """

    envelope: Envelope
    batch: Seal
    receipt: Receipt | None = None
    receipts: Seal | None = None
    witness: Witness | None = None
    receipt_witness: Witness | None = None


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


def verify_bundle(bundle: Bundle, trust: TrustList, *, believe_records: bool = False) -> Report:
    """Check every message of a bundle by itself, then the numbering of the whole.

    `believe_records`: take the word of the city that exported it for when it had the seals of
    others, where no receipt is a witness.
    """
    holder = bundle.city if believe_records else None
    findings = []
    for index, evidence in enumerate(bundle.messages):
        try:
            proven = verify_message(evidence, trust, holder=holder)
            if proven.envelope.case_id != bundle.case_id:
                raise EvidenceInvalid("a message of another case", case=proven.envelope.case_id)
        except TongbanError as error:
            findings.append(Finding(index, fault=error))
        else:
            findings.append(Finding(index, proven))
    gaps = _gaps(finding.proven.envelope for finding in findings if finding.proven)
    return Report(tuple(findings), tuple(gaps))


def verify_message(
    evidence: MessageEvidence, trust: TrustList, *, holder: str | None = None
) -> Proven:
    """Check one message and, where there is one, its receipt.

    `holder`: the city whose records of when seals came are believed; None: nobody's.

    Raises EvidenceInvalid, BatchRejected (`seal.*`, `path.invalid`, `member.unknown`),
    MessageRefused (`envelope.*`), TrustUnavailable.
    """
    raw = evidence.envelope.encode()
    witnesses = _of_message(evidence, raw, trust, holder)
    batch, leaf, witness = _check_leaf(evidence.sealed, raw, BATCH_TYPE, trust, witnesses)
    envelope = read_envelope(raw)
    if (batch.iss, batch.aud) != (envelope.sender, envelope.receiver):
        raise EvidenceInvalid(
            f"sealed by {batch.iss} for {batch.aud}, the envelope says "
            f"{envelope.sender} to {envelope.receiver}",
            message=envelope.id,
        )
    if evidence.receipt is None and evidence.receipt_sealed is None:
        return Proven(envelope, batch, witness=witness)
    if evidence.receipt is None or evidence.receipt_sealed is None:
        raise EvidenceInvalid("a receipt without its seal, or a seal alone", message=envelope.id)
    given = evidence.receipt.encode()
    recorded = _records(evidence.receipt_sealed, holder)
    receipts, _, of_receipt = _check_leaf(
        evidence.receipt_sealed, given, RECEIPTS_TYPE, trust, recorded
    )
    receipt = _check_receipt(envelope, leaf, given, receipts)
    return Proven(envelope, batch, receipt, receipts, witness, of_receipt)


def _check_leaf(
    place: SealedLeaf, raw: bytes, typ: str, trust: TrustList, witnesses: Iterable[Witness]
) -> tuple[Seal, bytes, Witness | None]:
    """The seal, when `raw` is under it, the leaf hash of `raw`, and the witness of the seal."""
    seal, witness = check_witnessed(place.seal, typ, trust, witnesses)
    digest = DIGESTS[seal.digest]
    leaf = leaf_hash(digest, raw)
    check_path(digest, seal, leaf, place.index, place.path)
    return seal, leaf, witness


# --- witnesses ------------------------------------------------------------------------------------


def _records(place: SealedLeaf, holder: str | None) -> Iterator[Witness]:
    """The record of whoever holds the evidence, where it is believed."""
    if holder is not None and place.recorded_at is not None:
        yield Witness(Kind.RECORD, holder, place.recorded_at)


def _of_message(
    evidence: MessageEvidence, raw: bytes, trust: TrustList, holder: str | None
) -> Iterator[Witness]:
    """Who may have had the message in hand, the best first; looked for when asked."""
    if witness := _receipt_of(evidence, raw, trust, holder):
        yield witness
    yield from _records(evidence.sealed, holder)


def _receipt_of(
    evidence: MessageEvidence, raw: bytes, trust: TrustList, holder: str | None
) -> Witness | None:
    """The receipt as a witness: it holds by itself, and names these very bytes."""
    if evidence.receipt is None or evidence.receipt_sealed is None:
        return None
    given = evidence.receipt.encode()
    try:
        recorded = _records(evidence.receipt_sealed, holder)
        seal, _, _ = _check_leaf(evidence.receipt_sealed, given, RECEIPTS_TYPE, trust, recorded)
        receipt = Receipt.model_validate_json(given)
        suite = SUITES[trust.member(receipt.sender).suite]
    except (TongbanError, ValidationError):
        return None  # no witness; what is wrong with it is said when its own turn comes
    if seal.iss != receipt.receiver or receipt.digest != leaf_hash(suite.digest, raw).hex():
        return None
    return Witness(Kind.RECEIPT, seal.iss, receipt.at)


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
