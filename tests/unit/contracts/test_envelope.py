"""Reading an envelope: every mistake names its field and never repeats its value."""

import json
import tracemalloc
from typing import Any

import pytest

from contracts import limits
from contracts.envelope import Envelope, read_envelope
from contracts.errors import MessageRefused

SECRET = "110101199003074477"
PART = {
    "name": "body", "media_type": "application/json", "size": 2, "sealed_size": 18,
    "digest": "ab" * 32, "plain_digest": "cd" * 32,
}  # fmt: skip
GOOD: dict[str, Any] = {
    "id": "0190f5b4-0000-7000-8000-00000000000a",
    "kind": "case.submit",
    "contract": "1.0",
    "sender": "410100",
    "receiver": "440100",
    "case_id": "0190f5b4-0000-7000-8000-000000000001",
    "sequence": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "expires_at": "2026-03-05T09:00:00+08:00",
    "sealing": {"key": "440100-open", "secret": "c2VjcmV0"},
    "parts": [PART],
}


def read(**different: Any) -> Envelope:
    return read_envelope(json.dumps({**GOOD, **different}).encode())


def refusal(raw: bytes) -> MessageRefused:
    with pytest.raises(MessageRefused) as caught:
        read_envelope(raw)
    return caught.value


def test_a_good_envelope_is_read() -> None:
    envelope = read()
    assert (envelope.sender, envelope.receiver, envelope.sequence) == ("410100", "440100", 1)
    assert envelope.expires_at.isoformat() == "2026-03-05T01:00:00+00:00"
    assert envelope.contract_major == 1


def test_unknown_fields_are_kept() -> None:
    part = {**PART, "加急": [1, {"深": None}]}
    envelope = read(priority="特急 𠮷", parts=[part])
    again = json.loads(envelope.to_json())
    assert again["priority"] == "特急 𠮷"
    assert again["parts"][0]["加急"] == [1, {"深": None}]
    assert read_envelope(envelope.to_json()) == envelope


@pytest.mark.parametrize("field", [f for f in GOOD if f not in {"sealing", "parts"}])
def test_a_missing_field_is_named(field: str) -> None:
    raw = json.dumps({name: value for name, value in GOOD.items() if name != field})
    error = refusal(raw.encode())
    assert error.code == "envelope.malformed"
    assert error.detail.startswith(f"{field}: ")


BAD: list[tuple[str, Any]] = [
    ("id", f"0190f5b4-0000-4000-8000-{SECRET[:12]}"),
    ("id", "0190F5B4-0000-7000-8000-00000000000A"),
    ("id", GOOD["id"] + "\n"),
    ("kind", SECRET),
    ("kind", "case." + "a" * 41),
    ("contract", "1"),
    ("contract", "1.0.0"),
    ("contract", "１.0"),
    ("sender", SECRET),
    ("sender", "４１０１００"),
    ("receiver", "41010"),
    ("receiver", 440100),
    ("case_id", SECRET),
    ("sequence", 0),
    ("sequence", -1),
    ("sequence", 1.5),
    ("sequence", "1"),
    ("sequence", True),
    ("sequence", 1_000_000_001),
    ("sequence", None),
    ("in_reply_to", SECRET),
    ("created_at", "2026-03-02T01:00:00"),
    ("created_at", "yesterday"),
    ("created_at", 1772413200),
    ("created_at", "1772413200"),
    ("created_at", "0001-01-01T00:00:00+14:00"),
    ("expires_at", "9999-12-31T23:59:59-12:00"),
    ("expires_at", "2026-03-02T01:00:00.0000000001+25:00"),
    ("sealing", {"key": "", "secret": "x"}),
    ("sealing", {"key": "k", "secret": "x" * 2049}),
    ("sealing", SECRET),
    ("parts", {"0": SECRET}),
    ("parts", [SECRET]),
    ("parts", [{**PART, "name": SECRET + ".PDF"}]),
    ("parts", [{**PART, "size": -1}]),
    ("parts", [{**PART, "size": "2"}]),
    ("parts", [{**PART, "digest": SECRET}]),
    ("parts", [{**PART, "digest": "AB" * 32}]),
    ("parts", [{**PART, "media_type": "x"}]),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_malformed_field_is_named_and_its_value_is_not_repeated(field: str, value: Any) -> None:
    error = refusal(json.dumps({**GOOD, field: value}).encode())
    assert error.code == "envelope.malformed"
    assert error.detail.startswith(field)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "different",
    [
        {"expires_at": GOOD["created_at"]},
        {"expires_at": "2026-03-02T00:59:59Z"},
        {"expires_at": "2026-04-01T01:00:01Z"},
        {"parts": [PART, PART]},
        {"sealing": None},
    ],
)
def test_fields_that_do_not_hold_together_are_refused(different: dict[str, Any]) -> None:
    error = refusal(json.dumps({**GOOD, **different}).encode())
    assert error.code == "envelope.malformed"


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b'"text"', b"{", b"{}x", b"\xff\xfe{}", b'{"id":"\\ud842"}']
)
def test_what_is_no_envelope_at_all_is_refused(raw: bytes) -> None:
    assert refusal(raw).code == "envelope.malformed"


def test_the_longest_life_is_exactly_so_many_days() -> None:
    assert read(expires_at="2026-04-01T01:00:00Z").expires_at.day == 1
    assert limits.MESSAGE_DAYS == 30


def test_as_many_parts_as_allowed_are_read_and_one_more_is_not() -> None:
    parts = [{**PART, "name": f"p{n}"} for n in range(limits.MESSAGE_PARTS)]
    assert len(read(parts=parts).parts) == limits.MESSAGE_PARTS
    error = refusal(json.dumps({**GOOD, "parts": [*parts, {**PART, "name": "more"}]}).encode())
    assert error.code == "envelope.malformed"


def test_ten_thousand_parts_are_refused_before_anything_is_built_from_them() -> None:
    raw = json.dumps({**GOOD, "parts": [{}] * 10_000}).encode()
    assert len(raw) < limits.ENVELOPE_BYTES
    tracemalloc.start()
    error = refusal(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "envelope.too_complex"
    assert peak < len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({**GOOD, "x": "y" * limits.ENVELOPE_BYTES}).encode(),
        (b'{"x":' * 17 + b"1" + b"}" * 17),
        (b'{"x":' + b"[" * 100_000),
    ],
)
def test_what_is_too_large_or_too_deep_is_refused(raw: bytes) -> None:
    assert refusal(raw).code == "envelope.too_complex"
