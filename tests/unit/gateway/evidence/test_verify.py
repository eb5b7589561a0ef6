"""An auditor with a bundle and public keys: what holds, and what each forgery runs into."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.errors import EvidenceInvalid
from contracts.messages import Kind
from contracts.seal import RECEIPTS_TYPE
from contracts.tree import leaf_hash
from gateway.evidence.bundle import Bundle, MessageEvidence, SealedLeaf, read_bundle
from gateway.evidence.verify import Proven, Report, verify_bundle
from gateway.evidence.witness import Kind as WitnessKind
from gateway.evidence.witness import Witness
from gateway.exchange.pack import pack
from gateway.exchange.proof import Prove
from gateway.exchange.sealed_tree import seal_leaves
from gateway.records import partner_lane
from gateway.simulation.drafts import said
from keys.trust.member import Member, MemberList
from keys.trust.roll import Roll
from tests.unit.gateway.stage import KEYRINGS, TRUST, carry, two_cities


@pytest.fixture
async def bundle() -> Bundle:
    """A case that was submitted, reminded of and received; as the receiving city holds it."""
    here, there = two_cities()
    case_id = await here.opens("A-1")
    await here.submit(said("A-1", Kind.REMIND, here.clock.now()))
    await carry(here, there)
    await there.submit(said(case_id, Kind.RECEIVE, there.clock.now()))
    await carry(there, here)
    return await Prove(here.store, TRUST, here.home.code).bundle(here.home, case_id)


def _changed(
    bundle: Bundle, index: int, change: Callable[[MessageEvidence], MessageEvidence]
) -> Report:
    messages = list(bundle.messages)
    messages[index] = change(messages[index])
    return verify_bundle(bundle.model_copy(update={"messages": tuple(messages)}), TRUST)


def _code(report: Report, index: int) -> str | None:
    fault = report.findings[index].fault
    return fault.code if fault else None


async def test_both_cities_hold_the_same_evidence_and_it_holds() -> None:
    here, there = two_cities()
    case_id = await here.opens("A-1")
    await carry(here, there)
    ours = await Prove(here.store, TRUST, here.home.code).bundle(here.home, case_id)
    theirs = await Prove(there.store, TRUST, there.home.code).bundle(there.home, case_id)
    assert ours.messages == theirs.messages
    for held in (ours, theirs):
        report = verify_bundle(read_bundle(held.to_json()), TRUST)
        assert report.holds
        assert report.findings[0].proven is not None
        assert report.findings[0].proven.receipt is not None


async def test_a_receipt_that_we_never_gave_under_a_seal_is_left_out() -> None:
    """The message was taken out of the waiting room, and its sender has not asked again."""
    here, there = two_cities()
    case_id = await here.opens("A-1")
    await here.submit(said("A-1", Kind.REMIND, here.clock.now()))
    tickets = await here.store.tickets(partner_lane(there.code), 0, 100)
    for ticket in reversed(tickets):
        outgoing = await here.store.outgoing([ticket.message_id])
        await there.receive((await pack(here.home, there.code, outgoing)).body)
    held = await Prove(there.store, TRUST, there.home.code).bundle(there.home, case_id)
    assert [each.receipt is not None for each in held.messages] == [True, False]
    assert held.messages[1].receipt_sealed is None
    assert verify_bundle(held, TRUST).holds
    await carry(here, there)
    held = await Prove(there.store, TRUST, there.home.code).bundle(there.home, case_id)
    assert all(each.receipt_sealed for each in held.messages), "it was asked for and given"


async def test_a_receipt_that_we_got_and_no_seal_covers_is_an_error() -> None:
    here, there = two_cities()
    case_id = await here.opens("A-1")
    await carry(here, there)
    (message,) = await here.store.messages(case_id)
    other = replace(message, receipt=(message.receipt or b"") + b" ")
    with pytest.raises(EvidenceInvalid, match="no seal covers its receipt"):
        await Prove(here.store, TRUST, here.home.code).evidence(other)


async def test_a_clock_that_was_set_back_costs_no_evidence() -> None:
    here, there = two_cities()
    case_id = await here.opens("A-1")
    await carry(here, there)
    (message,) = await here.store.messages(case_id)
    later = replace(message, recorded_at=message.recorded_at + 2_000)
    evidence = await Prove(here.store, TRUST, here.home.code).evidence(later)
    assert evidence is not None
    assert evidence.receipt_sealed is not None


async def test_a_whole_case_is_proven_message_by_message(bundle: Bundle) -> None:
    report = verify_bundle(bundle, TRUST)
    assert report.holds
    said_by = [
        (f.proven.envelope.sender, f.proven.envelope.kind) for f in report.findings if f.proven
    ]
    assert said_by == [
        ("410100", "case.submit"),
        ("410100", "case.remind"),
        ("440100", "case.receive"),
    ]


async def test_one_changed_character_of_an_envelope_is_noticed(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        other = evidence.envelope.replace("case.submit", "case.remind")
        return evidence.model_copy(update={"envelope": other})

    report = _changed(bundle, 0, change)
    assert _code(report, 0) == "path.invalid"
    assert not report.holds


async def test_one_changed_character_of_a_receipt_is_noticed(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        other = (evidence.receipt or "").replace("taken", "refused")
        return evidence.model_copy(update={"receipt": other})

    assert _code(_changed(bundle, 0, change), 0) == "path.invalid"


async def test_a_receipt_of_another_message_proves_nothing(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        other = bundle.messages[1]
        return evidence.model_copy(
            update={"receipt": other.receipt, "receipt_sealed": other.receipt_sealed}
        )

    assert _code(_changed(bundle, 0, change), 0) == "evidence.invalid"


async def test_a_receipts_seal_cannot_pose_as_a_batch_seal(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        assert evidence.receipt_sealed is not None
        return evidence.model_copy(
            update={"envelope": evidence.receipt, "sealed": evidence.receipt_sealed}
        )

    assert _code(_changed(bundle, 0, change), 0) == "seal.malformed"


@pytest.mark.parametrize("lost", ["receipt", "receipt_sealed"])
async def test_half_a_receipt_proves_nothing(bundle: Bundle, lost: str) -> None:
    report = _changed(bundle, 0, lambda evidence: evidence.model_copy(update={lost: None}))
    assert _code(report, 0) == "evidence.invalid"
    assert not report.holds


async def _with_receipt(bundle: Bundle, receipt: str) -> Report:
    """The receiver itself says `receipt` of the first message, under a seal of its own."""
    here, there = two_cities()
    leaf = leaf_hash(there.home.suite.digest, receipt.encode())
    tree = await seal_leaves(
        there.home, RECEIPTS_TYPE, "410100", [leaf], answers=here.home.new_id()
    )
    sealed = SealedLeaf(seal=tree.record.token, index=0, path=())

    def change(evidence: MessageEvidence) -> MessageEvidence:
        return evidence.model_copy(update={"receipt": receipt, "receipt_sealed": sealed})

    return _changed(bundle, 0, change)


async def test_a_receipt_that_says_two_things_proves_neither(bundle: Bundle) -> None:
    said_once = bundle.messages[0].receipt or ""
    twice = said_once.replace('"outcome":', '"outcome":"refused","outcome":')
    report = await _with_receipt(bundle, twice)
    assert "twice" in str(report.findings[0].fault)


@pytest.mark.parametrize(
    "raw",
    ["[" * 200_000 + "]" * 200_000, '{"a":' * 200_000, "no JSON"],
    ids=["arrays", "objects", "text"],
)
async def test_a_receipt_that_cannot_be_read_proves_nothing(bundle: Bundle, raw: str) -> None:
    report = await _with_receipt(bundle, raw)
    assert _code(report, 0) == "evidence.invalid"
    assert [bool(finding.proven) for finding in report.findings] == [False, True, True]


async def test_an_empty_bundle_proves_nothing(bundle: Bundle) -> None:
    report = verify_bundle(bundle.model_copy(update={"messages": ()}), TRUST)
    assert not report.holds


async def test_another_place_in_the_tree_is_noticed(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        sealed = evidence.sealed.model_copy(update={"index": 1})
        return evidence.model_copy(update={"sealed": sealed})

    assert _code(_changed(bundle, 0, change), 0) == "path.invalid"


async def test_a_message_left_out_of_the_middle_is_named(bundle: Bundle) -> None:
    shorter = bundle.model_copy(update={"messages": bundle.messages[1:]})
    report = verify_bundle(shorter, TRUST)
    assert report.gaps == ("410100: 1",)
    assert not report.holds


async def test_a_number_of_three_million_costs_no_memory() -> None:
    here, there = two_cities()
    case_id = await here.opens("A-1")
    ((message, parts),) = await here.store.outgoing(
        [each.message_id for each in await here.store.tickets(partner_lane(there.code), 0, 9)]
    )
    envelope = message.envelope.replace(b'"sequence":1,', b'"sequence":3000000,')
    assert envelope != message.envelope
    digest = leaf_hash(here.home.suite.digest, envelope)
    packed = await pack(
        here.home, there.code, [(replace(message, envelope=envelope, digest=digest), parts)]
    )
    sealed = SealedLeaf(seal=packed.tree.record.token, index=0, path=())
    evidence = MessageEvidence(envelope=envelope.decode(), sealed=sealed)
    bundle = Bundle(
        city=here.code, case_id=case_id, exported_at=here.clock.now(), messages=(evidence,)
    )
    tracemalloc.start()
    report = verify_bundle(bundle, TRUST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.findings[0].proven is not None, report.findings[0].fault
    assert report.gaps == tuple(f"410100: {number}" for number in range(1, 101))
    assert peak < 10 << 20


async def test_a_message_of_another_case_is_noticed(bundle: Bundle) -> None:
    other = bundle.model_copy(update={"case_id": "01a20c9e-0203-7562-8b77-c1ae48c12557"})
    assert [_code(verify_bundle(other, TRUST), i) for i in range(3)] == ["evidence.invalid"] * 3


async def test_without_a_receipt_it_is_proven_that_it_was_said(bundle: Bundle) -> None:
    def change(evidence: MessageEvidence) -> MessageEvidence:
        return evidence.model_copy(update={"receipt": None, "receipt_sealed": None})

    report = _changed(bundle, 0, change)
    assert report.holds
    assert report.findings[0].proven is not None
    assert report.findings[0].proven.receipt is None


async def test_a_list_of_members_without_the_signer_proves_nothing(bundle: Bundle) -> None:
    nobody = Roll(MemberList(members=(KEYRINGS["430100"].entry(),)))
    assert _code(verify_bundle(bundle, nobody), 0) == "member.unknown"


def _closed(code: str, at: datetime, reason: str | None) -> Member:
    """A member whose signing key was closed."""
    entry = KEYRINGS[code].entry()
    key = entry.signing_keys[0].model_copy(update={"closed_at": at, "closed_reason": reason})
    return entry.model_copy(update={"signing_keys": (key,)})


def _with(*members: Member) -> Roll:
    codes = {member.code for member in members}
    others = (KEYRINGS[code].entry() for code in ("410100", "440100") if code not in codes)
    return Roll(MemberList(members=(*members, *others)))


def _first(bundle: Bundle) -> Proven:
    proven = verify_bundle(bundle, TRUST).findings[0].proven
    assert proven is not None
    return proven


async def test_a_key_in_good_hands_is_judged_by_the_day_of_its_signature(bundle: Bundle) -> None:
    signed_at = _first(bundle).envelope.created_at
    for shift, code in ((timedelta(days=1), None), (-timedelta(days=1), "seal.key_closed")):
        trust = _with(_closed("410100", signed_at + shift, "superseded"))
        report = verify_bundle(bundle, trust)
        assert _code(report, 0) == code
        assert not report.findings[0].proven or report.findings[0].proven.witness is None


@pytest.mark.parametrize("reason", ["compromised", None, "who knows"])
async def test_a_stolen_key_needs_the_receipt_of_the_other_city(
    bundle: Bundle, reason: str | None
) -> None:
    first = _first(bundle)
    assert first.receipt is not None
    after = first.receipt.at + timedelta(seconds=1)
    proven = verify_bundle(bundle, _with(_closed("410100", after, reason))).findings[0].proven
    assert proven is not None
    assert proven.witness == Witness(WitnessKind.RECEIPT, "440100", first.receipt.at)
    assert proven.receipt_witness is None, "the receipt's own key was never in doubt"


async def test_a_receipt_after_the_closing_is_no_witness(bundle: Bundle) -> None:
    first = _first(bundle)
    assert first.receipt is not None
    trust = _with(_closed("410100", first.receipt.at, "compromised"))
    assert _code(verify_bundle(bundle, trust), 0) == "seal.key_closed"


async def test_without_a_receipt_a_stolen_key_proves_nothing(bundle: Bundle) -> None:
    trust = _with(_closed("410100", bundle.exported_at + timedelta(days=1), "compromised"))

    def change(evidence: MessageEvidence) -> MessageEvidence:
        return evidence.model_copy(update={"receipt": None, "receipt_sealed": None})

    bare = bundle.model_copy(update={"messages": tuple(map(change, bundle.messages))})
    assert _code(verify_bundle(bare, trust), 0) == "evidence.unwitnessed"
    believed = verify_bundle(bare, trust, believe_records=True)
    assert _code(believed, 0) == "evidence.unwitnessed", "a city is no witness of its own seals"


async def test_the_receipt_of_another_message_is_no_witness(bundle: Bundle) -> None:
    """Whoever stole the key has real receipts at hand, for what was really said."""
    trust = _with(_closed("410100", bundle.exported_at + timedelta(days=1), "compromised"))

    def change(evidence: MessageEvidence) -> MessageEvidence:
        last = bundle.messages[1]
        return evidence.model_copy(
            update={"receipt": last.receipt, "receipt_sealed": last.receipt_sealed}
        )

    changed = bundle.model_copy(
        update={"messages": (change(bundle.messages[0]), *bundle.messages[1:])}
    )
    assert _code(verify_bundle(changed, trust), 0) == "evidence.unwitnessed"


async def test_of_receipts_under_a_stolen_key_the_record_of_the_other_city_is_left(
    bundle: Bundle,
) -> None:
    closed_at = bundle.exported_at + timedelta(days=1)
    trust = _with(_closed("440100", closed_at, "compromised"))
    assert _code(verify_bundle(bundle, trust), 0) == "evidence.unwitnessed"
    proven = verify_bundle(bundle, trust, believe_records=True).findings[0].proven
    assert proven is not None
    assert proven.witness is None
    assert proven.receipt_witness is not None
    assert (proven.receipt_witness.kind, proven.receipt_witness.city) == (
        WitnessKind.RECORD, bundle.city,
    )  # fmt: skip


async def test_two_stolen_keys_do_not_witness_each_other(bundle: Bundle) -> None:
    closed_at = bundle.exported_at + timedelta(days=1)
    both = [_closed(code, closed_at, "compromised") for code in ("410100", "440100")]
    assert _code(verify_bundle(bundle, _with(*both)), 0) == "evidence.unwitnessed"
    believed = verify_bundle(bundle, _with(*both), believe_records=True)
    proven = believed.findings[0].proven
    assert proven is not None
    assert proven.witness is not None
    assert proven.receipt_witness is not None
    assert proven.witness.kind is WitnessKind.RECEIPT
    assert proven.receipt_witness.kind is WitnessKind.RECORD


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"format": "tongban.evidence/9"}', b"\xff"])
def test_what_is_no_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceInvalid):
        read_bundle(raw)
