"""Properties of what travels: one spelling, and no change goes unnoticed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import BatchRejected, MessageRefused
from keys import base64url, strict_json
from keys.jws import sign_jws, verify_jws
from keys.sealing import Opener, Sealer
from keys.suites import SUITES
from keys.suites.suite import Suite

SIGNING = SUITES["intl"].new_signing_key("sign-1")
TOKEN = sign_jws(b'{"iss":"410100"}', typ="t", key=SIGNING)
OPENING = {name: suite.new_opening_key("seal-1") for name, suite in SUITES.items()}
each_suite = pytest.mark.parametrize("suite", list(SUITES.values()), ids=list(SUITES))


@given(st.binary(max_size=200))
def test_base64url_round_trip(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text(max_size=40))
def test_base64url_has_one_spelling(text: str) -> None:
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text


@given(st.binary(max_size=100))
def test_strict_json_raises_value_error_only(data: bytes) -> None:
    try:
        value = strict_json.loads_object(data)
    except ValueError:
        return
    assert isinstance(value, dict)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=5))
def test_strict_json_reads_what_json_writes(value: dict[str, object]) -> None:
    assert strict_json.loads_object(json.dumps(value).encode()) == value


@given(st.binary(min_size=1, max_size=2000))
def test_seal_round_trip(payload: bytes) -> None:
    token = sign_jws(payload, typ="t", key=SIGNING)
    assert verify_jws(token, typ="t", find=lambda _: SIGNING.public()) == payload


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_changed_character_goes_unnoticed(position: int, other: str) -> None:
    changed = TOKEN[:position] + other + TOKEN[position + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(BatchRejected):
        verify_jws(changed, typ="t", find=lambda _: SIGNING.public())


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,3}"))
def test_nothing_but_a_token_is_a_token(text: str) -> None:
    with pytest.raises(BatchRejected):
        verify_jws(text, typ="t", find=lambda _: SIGNING.public())


@each_suite
@given(plain=st.binary(max_size=3000), info=st.binary(max_size=100))
def test_sealed_parts_open(suite: Suite, plain: bytes, info: bytes) -> None:
    key = OPENING[suite.name]
    epoch = Sealer(suite, key.public(), b"context").epoch(0.0)
    part = epoch.seal(plain, info)
    opened = Opener(suite, {"seal-1": key}, b"context").open(
        "seal-1", epoch.wrapped, part.sealed, info
    )
    assert opened == (plain, part.salt)


@each_suite
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), in_secret=st.booleans())
def test_no_changed_bit_of_a_part_goes_unnoticed(
    suite: Suite, where: float, bit: int, in_secret: bool
) -> None:
    key = OPENING[suite.name]
    epoch = Sealer(suite, key.public(), b"context").epoch(0.0)
    wrapped, sealed = bytearray(epoch.wrapped), bytearray(epoch.seal(b"form", b"m1/0").sealed)
    target = wrapped if in_secret else sealed
    target[int(where * len(target))] ^= 1 << bit
    with pytest.raises(MessageRefused):
        Opener(suite, {"seal-1": key}, b"context").open(
            "seal-1", bytes(wrapped), bytes(sealed), b"m1/0"
        )
