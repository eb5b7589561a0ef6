"""A member that leaves: nothing of it is taken away, and nothing of it is used any more."""

from datetime import timedelta

import pytest

from keys.trust.federation.published import read_member
from keys.trust.key_judgement import ClosedReason, judge_key
from keys.trust.member import KeyState, Member, TlsPin
from keys.trust.parting import closed, has_left, left_at, reason_of_leaving
from keys.trust.succession import broken_rules
from tests.doubles.federation import DAY, NOW, City, text_of


@pytest.fixture(scope="module")
def member() -> Member:
    pin = TlsPin(sha256="0" * 64, valid_from=NOW - DAY)
    return City("411000", "intl").entry(tls_pins=[pin])


def test_to_leave_is_to_close_every_key_and_nothing_else(member: Member) -> None:
    gone = closed(member, NOW, ClosedReason.LEFT, "撤并")
    assert broken_rules(member, gone) == []
    assert left_at(gone) == NOW
    assert reason_of_leaving(gone) == "撤并"
    assert [pin.closed_at for pin in gone.tls_pins] == [NOW]
    assert [key.kid for key in gone.signing_keys] == [key.kid for key in member.signing_keys]
    assert read_member(text_of(gone)) == gone


def test_it_has_left_from_that_moment_on(member: Member) -> None:
    gone = closed(member, NOW, ClosedReason.LEFT, "x")
    assert not has_left(gone, NOW - timedelta(microseconds=1))
    assert has_left(gone, NOW)


def test_what_was_closed_before_keeps_its_day_and_reason(member: Member) -> None:
    (key,) = member.signing_keys
    lost = key.model_copy(update={"closed_at": NOW - DAY, "closed_reason": "key compromised"})
    before = member.model_copy(update={"signing_keys": (lost,)})
    assert left_at(before) is None  # one closed key is no farewell: others are open
    gone = closed(before, NOW, ClosedReason.LEFT, "撤并")
    assert gone.signing_keys == (lost,)
    assert broken_rules(before, gone) == []
    assert reason_of_leaving(gone) == "撤并"


def test_a_new_key_brings_it_back(member: Member) -> None:
    gone = closed(member, NOW, ClosedReason.LEFT, "x")
    fresh = City("411000", "intl").entry().signing_keys[0].model_copy(update={"kid": "new"})
    back = gone.model_copy(update={"signing_keys": (*gone.signing_keys, fresh)})
    assert left_at(back) is None
    assert broken_rules(gone, back) == []


def test_who_publishes_no_key_has_not_left(member: Member) -> None:
    bare = member.model_copy(update={"signing_keys": (), "sealing_keys": ()})
    assert left_at(bare) is None


def test_what_it_signed_before_needs_no_witness(member: Member) -> None:
    """Unless others may have its keys."""
    (gone,) = closed(member, NOW, ClosedReason.LEFT, "x").signing_keys
    assert judge_key(gone, NOW - DAY, None) is KeyState.VALID
    assert judge_key(gone, NOW, None) is KeyState.CLOSED
    (stolen,) = closed(member, NOW, ClosedReason.COMPROMISED, "x").signing_keys
    assert judge_key(stolen, NOW - DAY, None) is KeyState.UNWITNESSED
