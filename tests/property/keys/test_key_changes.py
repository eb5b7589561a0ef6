"""Adding, rotating and closing keys in any order keeps the rules, and rotation leaves no gap."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.trust.key_changes import (
    USES,
    Entry,
    Use,
    beginning,
    closed,
    entries_of,
    name_of,
    rotated,
    use_of,
    with_key,
)
from keys.trust.key_judgement import ClosedReason
from keys.trust.key_terms import FOR_EVER, covered_until
from keys.trust.member import Member, MemberKey, TlsPin
from keys.trust.succession import broken_rules

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
LEAD, OVERLAP = timedelta(hours=24), timedelta(hours=72)

uses = st.sampled_from(USES)
waits = st.integers(0, 200).map(lambda hours: timedelta(hours=hours))
steps = st.lists(st.tuples(st.sampled_from(["new", "rotate", "close"]), uses, waits), max_size=8)


def member_of(*valid_to: datetime | None) -> Member:
    """With so many signing keys, which end then."""
    keys = tuple(
        MemberKey(kid=f"old-{n}", jwk={}, valid_from=NOW - timedelta(days=9), valid_to=end)
        for n, end in enumerate(valid_to)
    )
    return Member(code="410100", name="", suite="sm", address="https://a.cn", signing_keys=keys)


def key(kid: str, begins: datetime) -> MemberKey:
    return MemberKey(kid=kid, jwk={}, valid_from=begins)


def made(name: str, use: Use, begins: datetime) -> Entry:
    if use == "tls":
        return TlsPin(sha256=hashlib.sha256(name.encode()).hexdigest(), valid_from=begins)
    return key(name, begins)


@given(steps)
def test_whatever_is_done_keeps_the_rules(done: list[tuple[str, Use, timedelta]]) -> None:
    member, now = member_of(None), NOW
    for number, (what, use, wait) in enumerate(done):
        now += wait
        before, name = member, f"{use}-{number}"
        if what == "new":
            member = with_key(member, use, made(name, use, now + LEAD))
        elif what == "rotate":
            member = rotated(
                member, use, made(name, use, beginning(member, use, now, LEAD)), OVERLAP
            )
        elif entries := [each for each in entries_of(member, use) if each.closed_at is None]:
            member = closed(member, name_of(entries[0]), now, ClosedReason.SUPERSEDED)
        assert broken_rules(before, member) == []


@given(st.lists(st.none() | waits.map(lambda wait: NOW + wait), min_size=1, max_size=3))
def test_rotation_leaves_no_gap(ends: list[datetime | None]) -> None:
    member = member_of(*ends)
    begins = beginning(member, "signing", NOW, LEAD)
    after = rotated(member, "signing", key("new", begins), OVERLAP)
    covered = covered_until(member.signing_keys, NOW)
    assert begins <= NOW + LEAD
    if covered is not None:
        assert covered_until(after.signing_keys, NOW) == FOR_EVER
    assert all(
        each.valid_to is not None and each.valid_to <= begins + OVERLAP
        for each in after.signing_keys
        if each.kid != "new"
    )


def test_a_key_that_ends_early_still_leaves_time_on_both_sides() -> None:
    member = member_of(NOW + timedelta(hours=10))
    assert beginning(member, "signing", NOW, LEAD) == NOW + timedelta(hours=5)


def test_without_a_good_key_the_next_begins_at_once() -> None:
    assert beginning(member_of(NOW), "signing", NOW, LEAD) == NOW
    assert beginning(member_of(None), "sealing", NOW, LEAD) == NOW


def test_the_old_key_is_good_for_what_is_under_way() -> None:
    after = rotated(member_of(None), "signing", key("new", NOW + LEAD), OVERLAP)
    assert after.signing_keys[0].valid_to == NOW + LEAD + OVERLAP


def test_a_key_is_closed_once_and_by_its_name() -> None:
    member = closed(member_of(None), "old-0", NOW, ClosedReason.COMPROMISED)
    assert member.signing_keys[0].closed_at == NOW
    assert member.signing_keys[0].closed_reason == "compromised"
    assert (use_of(member, "old-0"), use_of(member, "old-1")) == ("signing", None)
    again: list[tuple[str, type[Exception]]] = [("old-0", ValueError), ("old-1", LookupError)]
    for name, error in again:
        with pytest.raises(error):
            closed(member, name, NOW, ClosedReason.LOST)


@pytest.mark.parametrize("change", [with_key, lambda m, u, k: rotated(m, u, k, OVERLAP)])
def test_no_kid_stands_twice(change: Callable[[Member, Use, MemberKey], Member]) -> None:
    with pytest.raises(ValueError, match="stand twice"):
        change(member_of(None), "sealing", key("old-0", NOW))
