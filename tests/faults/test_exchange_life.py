"""Step 9: the life of the case; and messages whose parts did not come through."""

import pytest

from contracts.messages import Kind
from tests.processes.forger import new_id
from tests.processes.ledger import incidents
from tests.processes.under_attack import UnderAttack

# --- step 9: the life of the case ------------------------------------------------------------


def test_a_submission_comes_once(attack: UnderAttack) -> None:
    letter = attack.opened()
    second = attack.submit(case_id=letter.case_id, sequence=2)
    assert attack.send(second).reasons == ["case.exists"]
    assert attack.state(letter.case_id) == ("submitted", 2)


@pytest.mark.parametrize("kind", [Kind.RECEIVE, Kind.ACCEPT, Kind.DECIDE, Kind.CLOSE])
def test_only_the_handling_city_states_facts(attack: UnderAttack, kind: Kind) -> None:
    letter = attack.opened()
    answer = attack.send(attack.fact(kind, letter.case_id, 2))
    assert answer.reasons == ["case.wrong_city"]
    assert attack.state(letter.case_id) == ("submitted", 2)


def test_a_third_city_has_no_part_in_the_case(attack: UnderAttack) -> None:
    letter = attack.opened()
    meddling = attack.third.letter(
        attack.city.member,
        Kind.REMIND,
        b'{"reminded_at":"2026-01-01T08:00:00Z"}',
        case_id=letter.case_id,
        sequence=2,
    )
    answer = attack.third.send(attack.city.url, attack.city.member, meddling)
    assert answer.outcomes == ["refused"]
    assert answer.reasons == ["case.wrong_city"]
    assert attack.state(letter.case_id) == ("submitted", 1)
    assert attack.send(attack.remind(letter.case_id, 2)).outcomes == ["taken"]


def test_a_third_city_cannot_wait_for_a_case_that_is_not_its_own(attack: UnderAttack) -> None:
    letter = attack.opened()
    early = attack.third.letter(
        attack.city.member, Kind.REMIND, b"{}", case_id=letter.case_id, sequence=7
    )
    answer = attack.third.send(attack.city.url, attack.city.member, early)
    assert answer.reasons == ["case.wrong_city"]


def test_a_case_that_was_never_opened_is_unknown(attack: UnderAttack) -> None:
    assert attack.send(attack.remind(new_id(), 1)).reasons == ["case.unknown"]


def test_an_expired_message_is_refused_and_the_case_moves_on(attack: UnderAttack) -> None:
    letter = attack.opened()
    expired = attack.remind(
        letter.case_id,
        2,
        created_at="2026-01-01T08:00:00Z",
        expires_at="2026-01-02T08:00:00Z",
    )
    answer = attack.send(expired, attack.remind(letter.case_id, 3))
    assert answer.outcomes == ["refused", "taken"]
    assert answer.reasons == ["envelope.expired", None]
    assert attack.state(letter.case_id) == ("submitted", 3)


def test_a_refused_message_uses_its_place_up(attack: UnderAttack) -> None:
    letter = attack.opened()
    bad = attack.say(Kind.REMIND, b"{}", letter.case_id, 2)
    answer = attack.send(bad, attack.remind(letter.case_id, 3))
    assert answer.reasons == ["body.invalid", None]
    assert attack.state(letter.case_id)[1] == 3


def test_a_case_whose_submission_was_refused_stays_closed(attack: UnderAttack) -> None:
    refused = attack.submit(contract="2.0")
    answer = attack.send(refused, attack.remind(refused.case_id, 2))
    assert answer.reasons == ["envelope.contract_unsupported", "case.unknown"]


# --- parts that did not come through: nothing is receipted -----------------------------------


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ("missing", "part.missing"),
        ("more", "part.missing"),
        ("shorter", "part.size"),
        ("changed", "part.digest"),
        ("not base64", "part.digest"),
    ],
)
def test_a_part_spoilt_on_the_way_comes_again(attack: UnderAttack, spoil: str, code: str) -> None:
    letter, honest = attack.submit(), attack.submit()
    follower = attack.remind(letter.case_id, 2)
    batch = attack.forger.batch(attack.city.member, [letter, follower, honest])
    parts = batch["messages"][0]["parts"]
    batch["messages"][0]["parts"] = {
        "missing": [],
        "more": [*parts, parts[0]],
        "shorter": [parts[0][:-8] + "AA=="],
        "changed": ["AAAA" + parts[0][4:]],
        "not base64": ["*" + parts[0][1:]],
    }[spoil]
    answer = attack.checked(attack.forger.post(attack.city.url, batch))
    assert answer.outcomes == ["later", "later", "taken"]
    assert answer.reasons == [code, "order.waiting", None]
    assert attack.kept(letter, follower) == 0
    assert code in incidents(attack.city.store)
    assert attack.send(letter, follower).outcomes == ["taken", "duplicate"]


def test_every_result_is_counted(attack: UnderAttack) -> None:
    def counted(result: str) -> float:
        return attack.city.metric("tongban_messages_received_total", result=result)

    results = ("taken", "duplicate", "refused", "later")
    before = [counted(result) for result in results]
    first = attack.submit()
    attack.send(attack.remind(first.case_id, 2))
    attack.send(first, first, attack.remind(new_id(), 1))
    assert [counted(r) - b for r, b in zip(results, before, strict=True)] == [1, 1, 1, 1]
