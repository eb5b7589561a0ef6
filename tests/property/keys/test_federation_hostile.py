"""Whatever a mirror makes of the files: an error with a code, or the very members. No third."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical

from contracts.errors import REASONS, TongbanError
from keys.trust.federation.standing import Standing
from tests.doubles.federation import NOW, Simulator, read_from

WORLD = Simulator(codes=("410100", "440100"), threshold=2)
PATHS = sorted(path for path in WORLD.files if path != "metadata/1.root.json")
ODD: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, "", "x", "\ud800", [], {}, [[]], {"": {}},
    "9999-99-99T00:00:00Z", "2026-01-01T00:00:00Z", ["x"], {"x": "y"},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if path:
        yield path
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, below in members:
            yield from places(below, (*path, name))


def put(value: Any, path: tuple[Any, ...], new: Any, *, gone: bool) -> None:
    for step in path[:-1]:
        value = value[step]
    if gone:
        del value[path[-1]]
    else:
        value[path[-1]] = new


def found(files: dict[str, bytes], anchor: bytes = WORLD.anchor) -> Standing | str:
    """What a client finds, or the code of its refusal."""
    try:
        return read_from(files, anchor, None, NOW)
    except TongbanError as error:
        return error.code


def holds(files: dict[str, bytes]) -> None:
    standing = found(files)
    if isinstance(standing, str):
        assert standing in REASONS
        return
    for code, member in standing.members.items():
        assert member == WORLD.members[code]
    assert standing.faults or len(standing.members) == 2


@settings(max_examples=250)
@given(st.data())
def test_a_document_with_one_thing_changed(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PATHS))
    document = json.loads(WORLD.files[path])
    place = data.draw(st.sampled_from(list(places(document))))
    put(document, place, data.draw(st.sampled_from(ODD)), gone=data.draw(st.booleans()))
    holds({**WORLD.files, path: json.dumps(document).encode()})


@settings(max_examples=150)
@given(st.data())
def test_nonsense_that_a_member_signs_harms_no_other(data: st.DataObject) -> None:
    """Its own role, changed in one place, under its own good signature, and published."""
    world = Simulator(codes=("410100", "440100"), threshold=2)
    document = json.loads(world.files["metadata/1.410100.json"])
    signed = document["signed"]
    signed["version"] = 2
    place = data.draw(st.sampled_from(list(places(signed))))
    put(signed, place, data.draw(st.sampled_from(ODD)), gone=data.draw(st.booleans()))
    try:
        payload = encode_canonical(signed)
    except FormatError:
        payload = None
    assume(payload is not None)
    assert payload is not None
    document["signatures"][0]["sig"] = (
        world.cities["410100"].own.sign(payload.encode("utf-8", "surrogatepass")).hex()
    )
    text = json.dumps(document).encode()
    world.files["metadata/2.410100.json"] = text
    world.put_bytes("410100", 2, text)
    world.publish()
    standing = found(world.files, world.anchor)
    if isinstance(standing, str):
        # It names a file that is not there, or another: publishers refuse that before anybody.
        assert standing in {"trust.mixed", "trust.mirror_unreachable", "trust.oversized"}
        return
    assert standing.members["440100"] == world.members["440100"]


@settings(max_examples=100)
@given(st.sampled_from(PATHS), st.integers(0, 5000), st.binary(max_size=4), st.integers(0, 40))
def test_bytes_changed(path: str, at: int, new: bytes, gone: int) -> None:
    old = WORLD.files[path]
    at %= len(old)
    holds({**WORLD.files, path: old[:at] + new + old[at + gone :]})


@settings(max_examples=60)
@given(st.permutations(PATHS), st.integers(0, 3))
def test_files_under_other_names(order: list[str], kept: int) -> None:
    moved = dict(zip(PATHS, (WORLD.files[path] for path in order), strict=True))
    holds({**WORLD.files, **dict(list(moved.items())[kept:])})
