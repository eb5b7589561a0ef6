"""Steps 6 and 9: one bad message is refused in its own signed receipt, and takes nothing
from the others of its batch."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from contracts import limits
from contracts.messages import Kind
from tests.processes.drafts import APPLICANT, CITIZEN_ID, MOBILE, submission
from tests.processes.forger import Letter, new_id
from tests.processes.ledger import ask, entries, incidents
from tests.processes.under_attack import UnderAttack


def assert_refused(attack: UnderAttack, letter: Letter, code: str) -> None:
    """Refused with a receipt over its exact bytes, beside a good message that is taken."""
    good = attack.submit()
    answer = attack.send(letter, good)
    assert list(zip(answer.outcomes, answer.reasons, strict=True)) == [
        ("refused", code),
        ("taken", None),
    ]
    assert answer.receipts[0].digest == attack.forger.digest(b"\0" + letter.raw).hex()
    assert code in incidents(attack.city.store)
    assert attack.send(letter).results[0]["receipt"] == answer.results[0]["receipt"]


def spoilt(attack: UnderAttack, **fields: object) -> Letter:
    """A submission whose envelope has these fields; those that are None are left out."""
    letter = attack.submit()
    changed = {**letter.envelope, **fields}
    letter.envelope = {name: value for name, value in changed.items() if value is not None}
    return letter


# --- envelopes that cannot be read ----------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"case.submit"',
        b"{",
        b"not JSON at all",
        b'{"id":1e999}',
        b'{"id":NaN}',
    ],
)
def test_what_is_no_envelope_is_malformed(attack: UnderAttack, raw: bytes) -> None:
    letter = attack.submit()
    letter.exact = raw
    answer = attack.send(letter)
    assert answer.outcomes in (["refused"], ["duplicate"])  # the empty one may come twice
    assert answer.reasons == ["envelope.malformed"]
    assert answer.receipts[0].message is None


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "0190163d-8694-4000-8000-000000000000"},
        {"id": None},
        {"kind": None},
        {"kind": "submit"},
        {"contract": "one"},
        {"sequence": 0},
        {"sequence": -1},
        {"sequence": 1_000_000_001},
        {"sequence": "first"},
        {"case_id": "7"},
        {"sender": "44010"},
        {"created_at": "2026-01-01T08:00:00"},
        {"created_at": "yesterday"},
        {"parts": {}},
        {"sealing": None},
    ],
    ids=str,
)
def test_a_field_out_of_shape_is_malformed(attack: UnderAttack, fields: dict[str, object]) -> None:
    assert_refused(attack, spoilt(attack, **fields), "envelope.malformed")


def test_a_cut_envelope_is_malformed(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.exact = letter.raw[:-20]
    assert_refused(attack, letter, "envelope.malformed")


def test_a_field_that_stands_twice_is_malformed(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.exact = letter.raw[:-1] + b',"kind":"case.remind"}'
    assert_refused(attack, letter, "envelope.malformed")


def test_a_field_of_a_part_that_stands_twice_is_malformed(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.exact = letter.raw.replace(b'"name":"body"', b'"name":"scan","name":"body"')
    assert_refused(attack, letter, "envelope.malformed")


def test_half_a_character_is_malformed(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.exact = letter.raw[:-1] + b',"remark":"\\ud800"}'
    assert_refused(attack, letter, "envelope.malformed")


def test_two_parts_of_one_name_are_malformed(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.envelope["parts"] *= 2
    letter.sealed *= 2
    assert_refused(attack, letter, "envelope.malformed")


@pytest.mark.parametrize(
    ("after_days"), [0, -1, limits.MESSAGE_DAYS + 1], ids=["at once", "before", "too long"]
)
def test_a_life_of_no_sense_is_malformed(attack: UnderAttack, after_days: int) -> None:
    now = datetime.now(UTC)
    letter = spoilt(
        attack,
        created_at=now.isoformat(),
        expires_at=(now + timedelta(days=after_days)).isoformat(),
    )
    assert_refused(attack, letter, "envelope.malformed")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"x":' + b"[" * 20 + b"]" * 20 + b"}",
        b"[" * 50_000,
        b'{"x":[' + b"0," * 10_000 + b"0]}",
        b'{"x":"' + b"y" * limits.ENVELOPE_BYTES + b'"}',
    ],
    ids=["deep", "deeper", "many", "large"],
)
def test_an_envelope_beyond_the_limits_is_too_complex(attack: UnderAttack, raw: bytes) -> None:
    letter = attack.submit()
    letter.exact = raw
    assert_refused(attack, letter, "envelope.too_complex")


# --- whose it is ------------------------------------------------------------------------


def test_an_envelope_of_another_sender_is_not_the_sealers_to_send(attack: UnderAttack) -> None:
    letter = spoilt(attack, sender=attack.third.code)
    assert_refused(attack, letter, "envelope.sender")
    assert not entries(attack.city.store, "case_id = ?", letter.case_id)


def test_an_envelope_to_another_city_is_not_for_us(attack: UnderAttack) -> None:
    letter = spoilt(attack, receiver=attack.third.code)
    assert_refused(attack, letter, "envelope.receiver")
    assert not entries(attack.city.store, "case_id = ?", letter.case_id)


# --- what it speaks ----------------------------------------------------------------------


def test_an_unknown_kind_is_refused_by_name(attack: UnderAttack) -> None:
    letter = attack.say("case.dream", b"{}", new_id(), 1)
    assert_refused(attack, letter, "envelope.kind_unknown")


def test_another_major_version_is_refused_by_name(attack: UnderAttack) -> None:
    assert_refused(attack, attack.submit(contract="2.0"), "envelope.contract_unsupported")


def test_a_newer_minor_version_is_taken_and_its_new_fields_are_kept(attack: UnderAttack) -> None:
    letter = attack.submit(contract="1.9", priority={"level": "高"})
    assert attack.send(letter).outcomes == ["taken"]
    (entry,) = entries(attack.city.store, "case_id = ?", letter.case_id)
    assert entry.envelope == letter.raw
    assert orjson.loads(entry.envelope)["priority"] == {"level": "高"}


def test_a_new_field_of_a_body_is_no_fault(attack: UnderAttack) -> None:
    draft = submission("F-2", attack.forger.code, attack.city.code)
    body = {**orjson.loads(draft.body.to_json()), "since_2_0": [1, 2, 3]}
    letter = attack.say(Kind.SUBMIT, orjson.dumps(body), new_id(), 1)
    assert attack.send(letter).outcomes == ["taken"]


# --- what it says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"reminded_at":"soon"}',
        b'{"reminded_at":"2026-01-01T08:00:00"}',
        b"\xff\xfe",
        b'{"reminded_at":"2026-01-01T08:00:00Z","note":"\\udc00"}',
        b'{"reminded_at":"2026-01-01T08:00:00Z","reminded_at":"2027-01-01T08:00:00Z"}',
        b'{"reminded_at":' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"reminded_at":[' + b"0," * limits.BATCH_NODES + b"0]}",
    ],
    ids=["nothing", "empty", "list", "time", "zone", "utf8", "half", "twice", "deep", "many"],
)
def test_a_body_that_breaks_the_contract_is_invalid(attack: UnderAttack, body: bytes) -> None:
    letter = attack.opened()
    assert_refused(attack, attack.say(Kind.REMIND, body, letter.case_id, 2), "body.invalid")


def test_a_refusal_names_the_field_and_repeats_nothing_personal(attack: UnderAttack) -> None:
    draft = submission("F-3", attack.forger.code, attack.city.code)
    body = orjson.loads(draft.body.to_json())
    wrong_id = CITIZEN_ID[:-1] + "1"  # its check character does not hold
    applicant = body["application"]["applicant"]
    applicant["identity"]["number"] = wrong_id
    applicant["contact"]["mobile"] = {"number": MOBILE}
    letter = attack.say(Kind.SUBMIT, orjson.dumps(body), new_id(), 1)
    answer = attack.send(letter)
    assert answer.reasons == ["body.invalid"]
    assert "application.applicant" in answer.body.decode()
    kept = ask(attack.city.store, 'SELECT detail, "where" FROM incident').__repr__()
    for personal in (wrong_id, CITIZEN_ID, MOBILE, APPLICANT):
        assert personal not in answer.body.decode()
        assert personal not in attack.city.log()
        assert personal not in kept


def test_a_message_without_a_body_is_invalid(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.envelope["parts"], letter.sealed = [], []
    assert_refused(attack, letter, "body.invalid")


# --- what nobody here can open --------------------------------------------------------------


def test_a_part_sealed_for_somebody_else_is_unreadable(attack: UnderAttack) -> None:
    letter = attack.submit(sealed_to=attack.third.entry)
    assert_refused(attack, letter, "part.unreadable")


def test_a_part_of_another_message_is_unreadable(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.envelope["id"] = new_id()
    assert_refused(attack, letter, "part.unreadable")


def test_a_plain_digest_that_does_not_hold_is_unreadable(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.envelope["parts"][0]["plain_digest"] = "00" * 32
    assert_refused(attack, letter, "part.unreadable")


@pytest.mark.parametrize("secret", ["!", "AAAA", "A" * 2000, "证"])
def test_a_wrapped_secret_out_of_shape_is_unreadable(attack: UnderAttack, secret: str) -> None:
    letter = attack.submit()
    letter.envelope["sealing"]["secret"] = secret
    assert_refused(attack, letter, "part.unreadable")


def test_a_sealing_key_that_is_not_ours_is_unreadable(attack: UnderAttack) -> None:
    letter = attack.submit()
    letter.envelope["sealing"]["key"] = "open-99"
    assert_refused(attack, letter, "part.unreadable")
