"""The vectors of RFC 4226 and RFC 6238, and what is taken when."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.officers import one_time_code
from gateway.officers.one_time_code import accepted_step, code, enrolment, new_secret, step_of

SECRET = b"12345678901234567890"
NOW = 1_790_000_000_000


def test_rfc_4226_appendix_d() -> None:
    expected = (
        "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"  # counts 0 to 9
    )
    assert [code(SECRET, count) for count in range(10)] == expected.split()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(seconds: int, expected: str) -> None:
    assert code(SECRET, step_of(seconds * 1000), digits=8) == expected


@pytest.mark.parametrize(
    ("off", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_telephone_may_be_half_a_minute_off(off: int, taken: bool) -> None:
    step = step_of(NOW) + off
    assert (accepted_step(SECRET, code(SECRET, step), NOW, 0) == step) is taken


def test_a_code_is_taken_once_and_none_before_it() -> None:
    step = step_of(NOW)
    assert accepted_step(SECRET, code(SECRET, step), NOW, used=step) is None
    assert accepted_step(SECRET, code(SECRET, step - 1), NOW, used=step) is None
    assert accepted_step(SECRET, code(SECRET, step + 1), NOW, used=step) == step + 1


@pytest.mark.parametrize("given", ["", "12345", "１２３４５６", "0" * 1000, "abcdef"])
def test_what_is_no_code_is_not_taken(given: str) -> None:
    assert accepted_step(SECRET, given, NOW, 0) is None


def test_an_authenticator_reads_the_address() -> None:
    secret = new_secret()
    parts = urlsplit(enrolment(secret, "auditor", "通办 郑州市"))
    asked = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    padded = asked["secret"][0] + "=" * (-len(asked["secret"][0]) % 8)
    assert base64.b32decode(padded) == secret
    assert asked["issuer"] == ["通办 郑州市"]
    assert len(secret) == 20
    assert one_time_code.base32(secret) == asked["secret"][0]
