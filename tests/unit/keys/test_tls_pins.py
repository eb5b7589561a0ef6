"""Whose certificate is shown, and from when to when it may be."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from keys.tls.certificate import new_certificate, new_pin
from keys.tls.pins import PinBook, anchor_of, next_turn, pin_state, shown_state, to_show
from keys.trust.member import KeyState, Member, TlsPin

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def pin(name: str = "a", **days: datetime | str | None) -> TlsPin:
    given = {"sha256": name * 64, "valid_from": NOON, **days}
    return TlsPin.model_validate(given)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (NOON - MINUTE, KeyState.NOT_YET_VALID),
        (NOON, KeyState.VALID),
        (NOON + HOUR - MINUTE, KeyState.VALID),
        (NOON + HOUR, KeyState.CLOSED),
        (NOON + 3 * HOUR, KeyState.CLOSED),
    ],
)
def test_a_pin_is_good_in_its_days(at: datetime, state: KeyState) -> None:
    assert pin_state(pin(valid_to=NOON + 2 * HOUR, closed_at=NOON + HOUR), at) is state


def test_what_is_shown_may_be_some_minutes_early_and_never_late() -> None:
    """The other city's clock may be ahead of ours; what is closed is closed."""
    one = pin(valid_to=NOON + HOUR)
    assert shown_state(one, NOON - 5 * MINUTE) is KeyState.VALID
    assert shown_state(one, NOON - 6 * MINUTE) is KeyState.NOT_YET_VALID
    assert shown_state(one, NOON + HOUR) is KeyState.EXPIRED


def test_the_newest_is_shown_and_turns_are_known_ahead() -> None:
    old = pin("a", valid_to=NOON + 3 * HOUR)
    new = pin("b", valid_from=NOON + HOUR)
    assert to_show([old, new], NOON) == [old]
    assert next_turn([old, new], NOON) == NOON + HOUR
    assert to_show([old, new], NOON + HOUR) == [new, old]
    assert next_turn([old, new], NOON + HOUR) == NOON + 3 * HOUR
    assert to_show([old, new], NOON + 3 * HOUR) == [new]
    assert next_turn([old, new], NOON + 3 * HOUR) is None


def member(code: str, *pins: TlsPin) -> Member:
    return Member(code=code, name=code, suite="intl", address="https://a.example", tls_pins=pins)


def test_a_member_that_publishes_the_pin_of_another_takes_nothing_from_it() -> None:
    victim, thief = member("410100", pin()), member("440100", pin(closed_at=NOON + HOUR))
    book = PinBook([thief, victim])
    assert book.states("a" * 64, NOON + 2 * HOUR) == {
        "440100": KeyState.CLOSED,
        "410100": KeyState.VALID,
    }
    assert book.states("c" * 64, NOON) == {}


@pytest.mark.parametrize("certificate", [None, "", "not base64!", "AAAA" * 6000])
def test_a_pin_without_a_certificate_that_is_one_is_an_anchor_for_nobody(
    certificate: str | None,
) -> None:
    assert anchor_of(pin(certificate=certificate)) is None


def test_a_new_certificate_is_named_and_carried_by_its_pin() -> None:
    made = new_certificate("410100-tls", NOON)
    new = new_pin(made.certificate, NOON)
    assert anchor_of(new) == made.certificate
    assert base64.b64decode(new.certificate or "") == made.certificate
    assert PinBook([member("410100", new, pin())]).anchors() == [made.certificate]
    assert repr(made).find("private_key") < 0, "no secret in a repr"
