"""What the doctor says of TLS."""

from datetime import UTC, datetime, timedelta

from gateway.doctor.finding import Finding, Level
from gateway.doctor.tls import own_certificate, partner_pins, without_tls
from keys.tls.certificate import new_certificate, new_pin
from keys.trust.member import Member, TlsPin

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def pin(begins: datetime = NOW - DAY, **days: datetime | str | None) -> TlsPin:
    made = new_certificate("410100", begins)
    return new_pin(made.certificate, begins).model_copy(update=days)


def member(*pins: TlsPin) -> Member:
    return Member(code="410100", name="郑州市", suite="sm", address="https://a", tls_pins=pins)


def ours(*pins: TlsPin, here: tuple[TlsPin, ...] | None = None) -> list[Finding]:
    lying = {each.sha256 for each in (pins if here is None else here)}
    return list(own_certificate(member(*pins), lying, NOW))


def levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def test_a_good_certificate_is_named() -> None:
    one = pin()
    (found,) = ours(one)
    assert found.level is Level.GOOD
    assert one.sha256[:16] in found.en


def test_plain_http_is_a_warning_and_a_proxy_is_not() -> None:
    assert without_tls("plain").level is Level.WARNING
    assert without_tls("proxy").level is Level.GOOD


def test_no_certificate_that_can_be_shown_is_a_fault() -> None:
    assert levels(ours()) == [Level.FAULT]
    assert levels(ours(pin(), here=())) == [Level.FAULT]
    assert levels(ours(pin(valid_to=NOW))) == [Level.FAULT]
    assert levels(ours(pin(NOW + DAY))) == [Level.FAULT]


def test_one_that_ends_within_thirty_days_is_told_unless_another_follows() -> None:
    assert levels(ours(pin(valid_to=NOW + 29 * DAY))) == [Level.WARNING]
    assert levels(ours(pin(valid_to=NOW + 31 * DAY))) == [Level.GOOD]
    assert levels(ours(pin(valid_to=NOW + 29 * DAY), pin(NOW - timedelta(hours=1)))) == [Level.GOOD]


def test_a_newer_one_that_is_published_and_not_here_is_a_warning() -> None:
    old, new = pin(), pin(NOW - timedelta(hours=1))
    assert levels(ours(old, new, here=(old,))) == [Level.WARNING, Level.GOOD]


def test_a_pin_that_lacks_its_certificate_is_a_fault_on_both_sides() -> None:
    bare = pin(certificate=None)
    assert Level.FAULT in levels(ours(bare))
    found = partner_pins(member(bare), NOW)
    assert found is not None
    assert (found.level, found.subject) == (Level.FAULT, "partner 410100")
    assert partner_pins(member(bare, pin()), NOW) is None


def test_a_partner_without_a_valid_pin_is_a_fault() -> None:
    for pins in ((), (pin(closed_at=NOW - DAY),), (pin(NOW + DAY),)):
        found = partner_pins(member(*pins), NOW)
        assert found is not None
        assert found.level is Level.FAULT
        assert found.remedy_en
