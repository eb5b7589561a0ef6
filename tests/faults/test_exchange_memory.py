"""Memory: whatever comes, a gateway grows by a small multiple of the bytes that were sent.

The bound is six times the body and 32 MiB: the body in chunks, whole, and in parts, in base64,
sealed and plain. It is measured as the peak of the process (VmHWM) over what it held before,
and all attacks together stay within the bound of the largest and 32 MiB more.
"""

from collections.abc import Callable
from contextlib import suppress

import orjson
import pytest

from contracts import limits
from contracts.limits import MIB
from contracts.messages import Kind
from tests.processes.answer import Answer, post
from tests.processes.forger import new_id
from tests.processes.raw_http import RawRequest
from tests.processes.under_attack import UnderAttack

JSON = {"Content-Type": "application/json"}
SHAPES = {
    "empty lists": b"[],",
    "empty objects": b"{},",
    "lists in lists": b"[[[[]]]],",
    "objects in objects": b'{"":{"":{}}},',
    "small numbers": b"0,",
    "numbers of many digits": b"123456789012345678901234567890,",
    "empty texts": b'"",',
    "small texts": b'"ab",',
    "escapes": b'"\\u4e2d",',
    "pairs": b'{"a":1},',
}


@pytest.fixture(scope="module")
def at_rest(attack: UnderAttack) -> int:
    """What the gateway holds before the first attack, all its modules loaded."""
    attack.send(attack.submit())
    return attack.city.memory("VmRSS")


Growth = Callable[[Callable[[], object]], int]


@pytest.fixture
def growth(attack: UnderAttack, at_rest: int) -> Growth:
    """By how many bytes the peak of an act lies above what was held before it."""

    def measured(act: Callable[[], object]) -> int:
        attack.city.forget_peak()
        before = attack.city.memory("VmRSS")
        act()
        peak = attack.city.memory("VmHWM")
        assert peak - at_rest <= bound(limits.BATCH_BYTES) + 32 * MIB, "it only ever grows"
        return peak - before

    return measured


def bound(sent: int) -> int:
    return 6 * sent + 32 * MIB


def assert_modest(attack: UnderAttack, growth: Growth, body: bytes, *codes: str) -> None:
    answers: list[Answer] = []
    grown = growth(lambda: answers.append(post(attack.city.url, body)))
    assert grown <= bound(len(body)), f"{grown / MIB:.0f} MiB for {len(body) / MIB:.1f}"
    assert answers[0].code in codes


def filled(before: bytes, item: bytes, after: bytes, size: int) -> bytes:
    """JSON of about `size` bytes: `before`, many times `item`, and `after`."""
    count = (size - len(before) - len(after)) // len(item)
    return before + (item * count)[:-1] + after


@pytest.mark.parametrize("size", [2 * MIB, limits.BATCH_BYTES], ids=["2 MiB", "16 MiB"])
@pytest.mark.parametrize("shape", SHAPES)
def test_many_small_values_are_not_built(
    attack: UnderAttack, growth: Growth, shape: str, size: int
) -> None:
    body = filled(b'{"seal":"a.b.c","messages":[', SHAPES[shape], b"]}", size)
    assert_modest(attack, growth, body, "batch.too_complex", "batch.too_many")


@pytest.mark.parametrize("place", ['{"x":[', '{"seal":[', '{"messages":[{"parts":['])
def test_the_place_of_the_values_makes_no_difference(
    attack: UnderAttack, growth: Growth, place: str
) -> None:
    body = filled(place.encode(), b"{},", b"]", limits.BATCH_BYTES)
    assert_modest(attack, growth, body, "batch.too_complex")


@pytest.mark.parametrize("bracket", [b"[", b'{"":', b"[{"], ids=["lists", "objects", "both"])
def test_deep_nesting_is_not_followed(attack: UnderAttack, growth: Growth, bracket: bytes) -> None:
    body = bracket * (2 * MIB // len(bracket))
    assert_modest(attack, growth, body, "batch.too_complex", "batch.malformed")


def test_names_of_objects_are_not_collected(attack: UnderAttack, growth: Growth) -> None:
    members = b",".join(b'"%d":""' % number for number in range(180_000))
    assert_modest(attack, growth, b"{" + members + b"}", "batch.too_complex")
    assert_modest(
        attack, growth, b"{" + members[:900_000].rpartition(b",")[0] + b"}", "batch.malformed"
    )


def test_one_long_text_is_held_a_few_times_at_most(attack: UnderAttack, growth: Growth) -> None:
    body = b'{"seal":"' + b"x" * (limits.BATCH_BYTES - 20) + b'"}'
    assert_modest(attack, growth, body, "batch.malformed")
    wide = b'{"seal":"' + "证".encode() * ((limits.BATCH_BYTES - 20) // 3) + b'"}'
    assert_modest(attack, growth, wide, "batch.malformed")
    escaped = b'{"seal":"' + b"\\u4e2d" * ((limits.BATCH_BYTES - 20) // 6) + b'"}'
    assert_modest(attack, growth, escaped, "batch.malformed")


def test_ten_thousand_tiny_parts_are_too_many(attack: UnderAttack, growth: Growth) -> None:
    letter = attack.submit()
    tiny = {**letter.envelope["parts"][0], "size": 0, "sealed_size": 16}
    letter.envelope["parts"] = [{**tiny, "name": f"p{number}"} for number in range(10_000)]
    letter.sealed = [b"x"] * 10_000
    body = orjson.dumps(attack.forger.batch(attack.city.member, [letter]))
    assert_modest(attack, growth, body, "batch.malformed")
    letter.sealed = []
    grown = growth(lambda: attack.send(letter))
    assert grown <= bound(len(letter.raw))


def test_values_hidden_in_an_envelope_are_not_built(attack: UnderAttack, growth: Growth) -> None:
    letter = attack.submit()
    letter.exact = filled(b'{"x":[', b"{},", b"]}", limits.ENVELOPE_BYTES // 2)
    answers: list[Answer] = []
    grown = growth(lambda: answers.append(attack.send(letter)))
    assert answers[0].reasons == ["envelope.too_complex"]
    assert grown <= 32 * MIB


def test_values_hidden_in_a_sealed_body_are_not_built(attack: UnderAttack, growth: Growth) -> None:
    body = filled(b'{"x":[', b"{},", b"]}", 3 * MIB)
    letter = attack.say(Kind.SUBMIT, body, new_id(), 1)
    answers: list[Answer] = []
    grown = growth(lambda: answers.append(attack.send(letter)))
    assert answers[0].reasons == ["body.invalid"]
    assert grown <= bound(5 * MIB)  # 3 MiB are 4 in base64


@pytest.mark.parametrize("promised", [1 << 30, limits.BATCH_BYTES], ids=["1 GiB", "16 MiB"])
def test_what_headers_promise_reserves_nothing(
    attack: UnderAttack, growth: Growth, promised: int
) -> None:
    def act() -> None:
        requests = [
            RawRequest(attack.city.port).head({**JSON, "Content-Length": str(promised)})
            for _ in range(16)
        ]
        for request in requests:
            with suppress(ConnectionError):
                request.send(b'{"seal":"a')
        attack.send(attack.submit())
        if promised > limits.BATCH_BYTES:
            answer = requests[0].answer()
            assert answer is not None
            assert (answer.status, answer.code) == (413, "request.too_large")
        for request in requests:
            request.close()

    assert growth(act) <= 16 * MIB


def test_what_waits_for_its_turn_is_not_all_held_in_memory(
    attack: UnderAttack, growth: Growth
) -> None:
    first = attack.submit()
    big = b'{"reminded_at":"2026-01-01T08:00:00Z","x":"' + b"y" * (2 * MIB) + b'"}'
    later = [attack.say(Kind.REMIND, big, first.case_id, sequence) for sequence in range(2, 34)]
    sent = len(big) * 4 // 3
    reasons = [str(attack.send(letter).reasons[0]) for letter in later]
    assert reasons == sorted(reasons, reverse=True)  # some wait, the rest found no room
    assert set(reasons) == {"order.waiting", "order.too_early"}
    kept = reasons.count("order.waiting") * len(big)
    assert kept <= limits.WAITING_BYTES
    assert growth(lambda: attack.send(attack.remind(first.case_id, 99))) <= bound(sent + kept)
    assert growth(lambda: attack.send(first)) <= bound(sent + kept)
    for letter in later:
        assert attack.send(letter).receipts[0].outcome == "taken"
