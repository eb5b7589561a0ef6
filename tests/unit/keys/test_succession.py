"""What a new version of a member's file may change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keys.trust.member import Member, TlsPin
from keys.trust.succession import broken_rules

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
KEY = {"kid": "k", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "a"}, "valid_from": START}
PIN = {"sha256": "0" * 64, "valid_from": START}


def member(**more: Any) -> Member:
    plain = {"code": "410100", "name": "郑州市", "suite": "sm", "address": "https://a.example"}
    return Member.model_validate({**plain, **more})


@pytest.mark.parametrize("use", ["signing_keys", "sealing_keys", "log_keys"])
@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        ({}, {}, True),
        ({}, {"closed_at": START + YEAR, "closed_reason": "lost"}, True),
        ({}, {"valid_to": START + YEAR}, True),
        ({"valid_to": START + 2 * YEAR}, {"valid_to": START + YEAR}, True),
        ({"valid_to": START + YEAR}, {"valid_to": START + 2 * YEAR}, False),
        ({"valid_to": START + YEAR}, {}, False),
        ({"closed_at": START}, {}, False),
        ({"closed_at": START}, {"closed_at": START + YEAR}, False),
        ({"closed_at": START}, {"closed_at": START, "closed_reason": "lost"}, False),
        ({"closed_at": START}, {"closed_at": START, "valid_to": START}, False),
        ({}, {"valid_from": START + YEAR}, False),
        ({}, {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "b"}}, False),
        ({}, {"note": "of a newer version"}, False),
    ],
)
def test_a_key(use: str, before: dict[str, Any], after: dict[str, Any], holds: bool) -> None:
    old, new = member(**{use: [{**KEY, **before}]}), member(**{use: [{**KEY, **after}]})
    assert (broken_rules(old, new) == []) is holds


@pytest.mark.parametrize("use", ["signing_keys", "sealing_keys", "log_keys", "tls_pins"])
def test_nothing_goes_and_anything_may_come(use: str) -> None:
    entry = PIN if use == "tls_pins" else KEY
    with_it, without = member(**{use: [entry]}), member()
    assert broken_rules(without, with_it) == []
    (mistake,) = broken_rules(with_it, without)
    assert "never removed" in mistake


def test_a_key_does_not_move_to_another_use() -> None:
    assert broken_rules(member(signing_keys=[KEY]), member(log_keys=[KEY]))


def test_what_is_not_a_key_may_change() -> None:
    before = member(names={"en": "Zhengzhou"}, contact={"name": "a"}, jurisdictions=["410100"])
    after = member(address="https://b.example", further_addresses=["https://c.example"])
    assert broken_rules(before, after) == []
    assert TlsPin.model_validate(PIN).sha256 == "0" * 64


def test_a_file_stays_that_of_its_member() -> None:
    assert broken_rules(member(), member(code="440100"))
