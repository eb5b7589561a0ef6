"""The judge: whatever the order of arrival, and however often, each message counts once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import limits
from contracts.envelope import Envelope, Sealing
from contracts.errors import Refusal
from contracts.ids import uuid7
from contracts.messages import Kind
from contracts.receipt import Outcome, Receipt
from contracts.tree import leaf_hash
from contracts.wire import Result
from gateway.exchange.judge import Candidate, Judged, Judgement
from gateway.ports import Verdict
from gateway.records import Direction, MessageRecord, MessageState, Scope, Snapshot
from gateway.simulation.store import MemoryStore
from keys.suites import DIGESTS
from tests.unit.gateway.stage import to_the_city

SENDER, US, THIRD = "410100", "440100", "430100"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
CASE_ID = uuid7(1, bytes(10))


def envelope(sequence: int, *, note: str = "", **different: object) -> Envelope:
    """Message `sequence` of a case: a submission, then reminders. `note` makes other bytes."""
    return Envelope.model_validate(
        {
            "id": uuid7(1000 + sequence, sequence.to_bytes(10)),
            "kind": Kind.SUBMIT if sequence == 1 else Kind.REMIND,
            "contract": "1.0",
            "sender": SENDER,
            "receiver": US,
            "case_id": CASE_ID,
            "sequence": sequence,
            "created_at": NOW,
            "expires_at": NOW + timedelta(hours=1),
            "sealing": Sealing(key="k", secret=note or "s"),
            **different,
        }
    )


def candidate(
    said: Envelope, *, refusal: Refusal | None = None, later: Refusal | None = None
) -> Candidate:
    raw = said.to_json()
    record = MessageRecord(
        id=said.id,
        sender=said.sender,
        receiver=US,
        direction=Direction.IN,
        case_id=said.case_id,
        kind=said.kind,
        sequence=said.sequence,
        state=MessageState.TAKEN,
        envelope=raw,
        digest=leaf_hash(DIGESTS["sha-256"], raw),
        recorded_at=0,
        expires_at=int(said.expires_at.timestamp() * 1000),
        seal_id="seal",
        position=0,
    )
    return Candidate(record, said, refusal, later)


class Bench:
    """A judge over a store: what a gateway does with one batch after another."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.now = NOW

    def judge(self, *candidates: Candidate, sender: str = SENDER) -> list[Judged]:
        return asyncio.run(self._judge(candidates, sender))

    async def _judge(self, candidates: Sequence[Candidate], sender: str) -> list[Judged]:
        scope = Scope(
            messages=[(sender, each.record.id) for each in candidates],
            cases=sorted({each.record.case_id for each in candidates}),
            waiting_of=[sender],
        )

        def rule(snapshot: Snapshot) -> Verdict[list[Judged]]:
            judgement = Judgement(snapshot, us=US, sender=sender, now=self.now, to_city=True)
            judged = judgement.judge(candidates)
            return Verdict(judgement.changes, judged)

        return await self.store.apply(scope, rule)

    def kept(self) -> list[MessageRecord]:
        return asyncio.run(self.store.messages(CASE_ID))

    def handed_over(self) -> list[str]:
        found = asyncio.run(to_the_city(self.store))
        return [each.message_id for each in found]

    def incidents(self) -> list[str]:
        return [each.code for each in asyncio.run(self.store.incidents(limit=1000))]


LENGTH = 7
batches = st.lists(
    st.lists(st.integers(1, LENGTH), min_size=1, max_size=LENGTH), min_size=1, max_size=12
)


@settings(max_examples=150)
@given(batches)
def test_each_message_is_taken_once_in_order_whatever_the_arrivals(
    arrivals: list[list[int]],
) -> None:
    bench = Bench()
    receipts: dict[int, bytes] = {}
    all_of_it = [[number] for number in range(1, LENGTH + 1)]
    for batch in [*arrivals, *all_of_it]:
        for number, judged in zip(
            batch, bench.judge(*(candidate(envelope(n)) for n in batch)), strict=True
        ):
            if judged.receipt is None:
                assert judged.result is Result.LATER
                assert judged.reason is not None
                assert judged.reason.code == "order.waiting"
            else:
                first = receipts.setdefault(number, judged.receipt)
                assert judged.receipt == first, "the first receipt stands, byte for byte"
                assert judged.result in {Result.TAKEN, Result.DUPLICATE}
    assert [each.sequence for each in bench.kept()] == list(range(1, LENGTH + 1))
    assert bench.handed_over() == [envelope(n).id for n in range(1, LENGTH + 1)]
    assert {each.receipt for each in bench.kept()} == set(receipts.values())
    for number, receipt in receipts.items():
        said = Receipt.model_validate_json(receipt)
        assert (said.message, said.outcome) == (envelope(number).id, Outcome.TAKEN)
        assert said.digest == candidate(envelope(number)).record.digest.hex()
    assert bench.incidents() == []


def test_what_waited_is_taken_with_the_message_that_fills_the_gap() -> None:
    bench = Bench()
    early = bench.judge(candidate(envelope(3)), candidate(envelope(2)))
    assert [each.result for each in early] == [Result.LATER] * 2
    (filled,) = bench.judge(candidate(envelope(1)))
    assert filled.result is Result.TAKEN
    again = bench.judge(candidate(envelope(2)), candidate(envelope(3)))
    assert [each.result for each in again] == [Result.DUPLICATE] * 2


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_the_same_id_with_other_bytes_is_an_alarm(together: bool, waits: bool) -> None:
    bench, number = Bench(), 3 if waits else 1
    honest, other = candidate(envelope(number)), candidate(envelope(number, note="other"))
    if together:
        first, second = bench.judge(honest, other)
    else:
        (first,), (second,) = bench.judge(honest), bench.judge(other)
    assert first.result is (Result.LATER if waits else Result.TAKEN)
    assert second.result is Result.REFUSED
    assert second.receipt is not None
    refused = Receipt.model_validate_json(second.receipt)
    assert refused.reason is not None
    assert refused.reason.code == "message.conflict"
    assert refused.digest == other.record.digest.hex(), "it speaks of the bytes that came"
    assert bench.incidents() == ["message.conflict"]
    assert [each.digest for each in bench.kept()] == ([] if waits else [honest.record.digest])


def test_a_waiting_room_is_bounded_for_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_PER_CASE", 3)
    bench = Bench()
    judged = bench.judge(*(candidate(envelope(n)) for n in range(2, 8)))
    codes = [each.reason.code for each in judged if each.reason]
    assert codes == ["order.waiting"] * 3 + ["order.too_early"] * 3
    bench.judge(candidate(envelope(1)))
    assert len(bench.kept()) == 4


def test_waiting_rooms_are_bounded_for_a_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_PER_PARTNER", 2)
    bench = Bench()
    codes = []
    for number in range(4):
        case_id = uuid7(7, number.to_bytes(10))
        said = envelope(2, id=uuid7(8, number.to_bytes(10)), case_id=case_id)
        (judged,) = bench.judge(candidate(said))
        codes.append(judged.reason.code if judged.reason else "")
    assert codes == ["order.waiting"] * 2 + ["order.too_early"] * 2


def test_a_number_that_was_used_is_refused_and_changes_nothing() -> None:
    bench = Bench()
    bench.judge(candidate(envelope(1)), candidate(envelope(2)))
    (late,) = bench.judge(candidate(envelope(2, id=uuid7(9, bytes(10)))))
    assert late.result is Result.REFUSED
    assert late.reason is not None
    assert late.reason.code == "order.past"
    record = asyncio.run(bench.store.case(CASE_ID))
    assert record is not None
    assert record.taken == 2


def test_a_refused_message_uses_up_its_number_so_the_case_goes_on() -> None:
    bench = Bench()
    bad = candidate(envelope(2), refusal=Refusal("body.invalid", "reminded_at: missing"))
    judged = bench.judge(candidate(envelope(1)), bad, candidate(envelope(3)))
    assert [each.result for each in judged] == [Result.TAKEN, Result.REFUSED, Result.TAKEN]
    assert [each.state for each in bench.kept()] == [
        MessageState.TAKEN, MessageState.REFUSED, MessageState.TAKEN,
    ]  # fmt: skip
    assert bench.handed_over() == [envelope(1).id, envelope(3).id]


def test_a_fault_of_what_is_not_signed_is_no_fault_of_the_message() -> None:
    bench = Bench()
    torn = candidate(envelope(1), later=Refusal("part.digest", "does not hold"))
    (first,) = bench.judge(torn)
    assert (first.result, first.receipt) == (Result.LATER, None)
    (second,) = bench.judge(candidate(envelope(1)))
    assert second.result is Result.TAKEN


def test_a_refusal_is_an_incident_also_when_the_message_was_torn_on_its_way_before() -> None:
    bench = Bench()
    bench.judge(candidate(envelope(1), later=Refusal("part.digest", "does not hold")))
    for _ in range(2):
        bench.judge(candidate(envelope(1), refusal=Refusal("body.invalid", "missing")))
    assert sorted(bench.incidents()) == ["body.invalid", "part.digest"]


def test_a_third_city_has_no_part_in_a_case() -> None:
    bench = Bench()
    bench.judge(candidate(envelope(1)))
    stranger = candidate(envelope(2, sender=THIRD))
    (judged,) = bench.judge(stranger, sender=THIRD)
    assert judged.result is Result.REFUSED
    assert judged.reason is not None
    assert judged.reason.code == "case.wrong_city"
    record = asyncio.run(bench.store.case(CASE_ID))
    assert record is not None
    assert (record.partner, record.taken) == (SENDER, 1)


def test_what_comes_after_its_time_is_refused_and_its_number_used() -> None:
    bench = Bench()
    bench.now = NOW + timedelta(hours=2)
    (judged,) = bench.judge(candidate(envelope(1)))
    assert judged.reason is not None
    assert judged.reason.code == "envelope.expired"
    (following,) = bench.judge(candidate(envelope(2, expires_at=NOW + timedelta(hours=3))))
    assert following.reason is not None
    assert following.reason.code == "case.unknown"


def test_an_envelope_that_cannot_be_read_touches_no_case_and_is_refused_once() -> None:
    bench = Bench()
    record = replace(candidate(envelope(1)).record, id="ab" * 32, kind="", case_id="", sequence=0)
    unread = Candidate(record, None, Refusal("envelope.malformed", "id: missing"))
    first, second = (bench.judge(unread)[0] for _ in range(2))
    assert (first.result, second.result) == (Result.REFUSED, Result.DUPLICATE)
    assert first.receipt == second.receipt
    assert first.receipt is not None
    assert Receipt.model_validate_json(first.receipt).message is None
    assert asyncio.run(bench.store.cases(before=None, limit=10)) == []
