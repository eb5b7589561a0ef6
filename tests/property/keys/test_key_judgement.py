"""Was this key good then? Over any key and any moments: what no signature can bring about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.trust.key_judgement import ClosedReason, is_compromised, judge_key
from keys.trust.key_terms import FOR_EVER, covered_until, newest_good, next_change
from keys.trust.member import KeyState, MemberKey
from keys.trust.trust_list import key_state

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 48  # so few that moments often meet

moments = st.integers(0, HOURS).map(lambda hour: START + timedelta(hours=hour))
reasons = st.sampled_from([*ClosedReason, "left: merged", "lost it", "found on a bus", None])


def some_keys(**fixed: Any) -> st.SearchStrategy[MemberKey]:
    fields: dict[str, Any] = {
        "valid_from": moments,
        "valid_to": st.none() | moments,
        "closed_at": st.none() | moments,
        "closed_reason": reasons,
        **{name: st.just(value) for name, value in fixed.items()},
    }
    return st.builds(MemberKey, kid=st.just("k"), jwk=st.just({}), **fields)


@given(some_keys(), moments, st.none() | moments)
def test_a_good_key_is_good_within_its_days_alone(
    key: MemberKey, signed: datetime, witnessed: datetime | None
) -> None:
    if judge_key(key, signed, witnessed) is KeyState.VALID:
        assert key.valid_from <= signed
        assert key.valid_to is None or signed < key.valid_to
        assert key.closed_at is None or signed < key.closed_at


@given(some_keys(), moments, moments)
def test_after_the_closing_of_a_compromised_key_no_date_makes_it_good(
    key: MemberKey, signed: datetime, witnessed: datetime
) -> None:
    if is_compromised(key) and key.closed_at is not None and witnessed >= key.closed_at:
        assert judge_key(key, signed, witnessed) is not KeyState.VALID


@given(some_keys(), moments)
def test_the_word_of_a_compromised_key_alone_is_never_enough(
    key: MemberKey, signed: datetime
) -> None:
    if is_compromised(key):
        assert judge_key(key, signed, None) is not KeyState.VALID


@given(some_keys(), moments, st.none() | moments, st.none() | moments)
def test_a_key_in_good_hands_needs_no_witness(
    key: MemberKey, signed: datetime, one: datetime | None, other: datetime | None
) -> None:
    if not is_compromised(key):
        assert judge_key(key, signed, one) is judge_key(key, signed, other)


@given(some_keys(), moments, moments, moments)
def test_an_earlier_witness_is_never_worse(
    key: MemberKey, signed: datetime, one: datetime, other: datetime
) -> None:
    if judge_key(key, signed, max(one, other)) is KeyState.VALID:
        assert judge_key(key, signed, min(one, other)) is KeyState.VALID


@given(some_keys(closed_at=None), moments, moments, moments, reasons)
def test_what_was_good_and_seen_before_stays_good_whatever_the_key_is_closed_for(
    key: MemberKey, signed: datetime, witnessed: datetime, at: datetime, reason: str | None
) -> None:
    closed = key.model_copy(update={"closed_at": at, "closed_reason": reason})
    before, after = judge_key(key, signed, witnessed), judge_key(closed, signed, witnessed)
    if max(signed, witnessed) < at:
        assert after is before
    if before is not KeyState.VALID:
        assert after is not KeyState.VALID


@given(st.lists(some_keys(), max_size=4), moments, moments)
def test_between_two_changes_the_newest_good_key_stays_the_same(
    given_keys: list[MemberKey], now: datetime, later: datetime
) -> None:
    keys = [key.model_copy(update={"kid": str(n)}) for n, key in enumerate(given_keys)]
    kids, settle = {key.kid for key in keys}, timedelta(hours=1)
    if now <= later < next_change(keys, now, settle):
        assert newest_good(keys, now, kids, settle) == newest_good(keys, later, kids, settle)


@given(st.lists(some_keys(), max_size=4), moments)
def test_a_span_is_covered_without_a_gap(keys: list[MemberKey], now: datetime) -> None:
    until = covered_until(keys, now)
    moment = now
    while moment < min(until or now, START + timedelta(hours=HOURS + 1)):
        assert any(key_state(key, moment) is KeyState.VALID for key in keys)
        moment += timedelta(minutes=30)
    if until is None or until < FOR_EVER:
        assert not any(key_state(key, until or now) is KeyState.VALID for key in keys)


@pytest.mark.parametrize(
    ("reason", "worst"),
    [
        ("compromised", True),
        ("superseded", False),
        ("lost", False),
        ("left", False),
        ("left: 撤并", False),
        ("lost it on a bus", True),
        ("Superseded", True),
        (" lost", True),
        ("", True),
        (None, True),
    ],
)
def test_a_reason_that_is_not_known_to_be_harmless_is_the_worst(
    reason: str | None, worst: bool
) -> None:
    key = MemberKey(kid="k", jwk={}, valid_from=START, closed_at=START, closed_reason=reason)
    assert is_compromised(key) is worst
