"""Bounds on JSON text: the depth is exact, and hostile text costs no memory."""

import json
import tracemalloc

import pytest

from contracts.errors import BatchRejected, MessageRefused
from contracts.json_shape import check_names, check_shape

MIB = 1 << 20


def fits(raw: bytes, *, size: int = 1 << 30, depth: int = 1 << 30, nodes: int = 1 << 30) -> bool:
    try:
        check_shape(raw, BatchRejected, "batch.too_complex", size=size, depth=depth, nodes=nodes)
    except BatchRejected:
        return False
    return True


def nested(depth: int) -> bytes:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return json.dumps(value).encode()


@pytest.mark.parametrize("depth", [1, 2, 3, 16, 300])
def test_the_depth_is_exact(depth: int) -> None:
    assert fits(nested(depth), depth=depth)
    assert not fits(nested(depth), depth=depth - 1)


@pytest.mark.parametrize(
    "text",
    [
        '"[[[["',
        r'"\"[[[["',
        r'"\\"',
        r'"\\\"[[[[{{"',
        r'"a\u005b\\\\"',
        '"𠮷[[["',
        r'["\\", "[[[["]',
        r'{"[": "]", "{\"": "}"}',
    ],
)
def test_brackets_within_strings_are_text(text: str) -> None:
    value = json.loads(text)
    depth = 0 if isinstance(value, str) else 1
    assert fits(text.encode(), depth=depth)
    assert not fits(f"[{text}]".encode(), depth=depth)


def test_a_string_that_never_ends_hides_nothing_that_came_before() -> None:
    assert not fits(b'[[["unfinished [[[[', depth=2)
    assert fits(b'[[["unfinished [[[[', depth=3)
    assert fits(b'[[["unfinished \\', depth=3)


def test_siblings_do_not_add_up_to_depth() -> None:
    assert fits(json.dumps([[1]] * 1000).encode(), depth=2)


def test_text_that_is_no_json_is_left_to_the_parser() -> None:
    assert fits(b"]]]]]][[[", depth=2)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(b"]]]]]][[[")


def test_size_is_counted_in_bytes() -> None:
    raw = '"𠮷"'.encode()
    assert fits(raw, size=6)
    assert not fits(raw, size=5)


def test_nodes_count_every_value_at_least_once() -> None:
    raw = json.dumps([{"a": [1, 2, 3]}] * 10).encode()
    values = 1 + 10 * 5
    assert fits(raw, nodes=values)
    assert not fits(raw, nodes=values // 2 - 10)
    assert not fits(b"[" + b"1," * 1000 + b"1]", nodes=1000)


@pytest.mark.parametrize(
    "raw",
    [
        b"{" * (8 * MIB),
        b"[" * (8 * MIB),
        b'{"a":' * MIB,
        b"[{}," * (2 * MIB),
        b'"' * (8 * MIB),
        b'["' + b"\\" * (8 * MIB),
        b'["' + b'\\"' * (4 * MIB) + b'"]',
        b'"' + b"\\[" * (4 * MIB),
    ],
    ids=["objects", "arrays", "deep", "many", "quotes", "backslashes", "escapes", "brackets"],
)
def test_hostile_text_costs_little_more_than_itself(raw: bytes) -> None:
    """A parser would make 350 MiB of dictionaries of some of these."""
    tracemalloc.start()
    fits(raw, depth=16, nodes=100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(raw) + MIB


def test_the_error_is_the_one_asked_for() -> None:
    with pytest.raises(MessageRefused) as caught:
        check_shape(b"[[]]", MessageRefused, "body.invalid", size=9, depth=1, nodes=9)
    assert caught.value.code == "body.invalid"


@pytest.mark.parametrize(
    "raw",
    [b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 200_000, b"[1"],
    ids=["arrays", "objects", "half"],
)
def test_names_that_cannot_be_looked_at_are_the_error_asked_for(raw: bytes) -> None:
    with pytest.raises(MessageRefused) as caught:
        check_names(raw, MessageRefused, "body.invalid")
    assert caught.value.code == "body.invalid"
