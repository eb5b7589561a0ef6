"""Steps 7 and 8: duplicates, and order within a case."""

import pytest

from contracts import limits
from contracts.messages import Kind
from tests.processes.forger import Letter, new_id
from tests.processes.ledger import ask, count, entries
from tests.processes.under_attack import UnderAttack


def waiting(attack: UnderAttack, case_id: str) -> int:
    return count(attack.city.store, "waiting", "case_id = ?", case_id)


# --- step 7: duplicate -----------------------------------------------------------------------


def test_a_whole_batch_again_is_all_duplicate_with_the_first_receipts(attack: UnderAttack) -> None:
    letters = [attack.submit() for _ in range(5)]
    batch = attack.forger.batch(attack.city.member, letters)
    first = attack.checked(attack.forger.post(attack.city.url, batch))
    again = attack.checked(attack.forger.post(attack.city.url, batch))
    assert first.outcomes == ["taken"] * 5
    assert again.outcomes == ["duplicate"] * 5
    assert [r["receipt"] for r in again.results] == [r["receipt"] for r in first.results]
    assert attack.kept(*letters) == 5


def test_a_message_twice_in_one_batch_is_taken_once(attack: UnderAttack) -> None:
    letter = attack.submit()
    answer = attack.send(letter, letter)
    assert answer.outcomes == ["taken", "duplicate"]
    assert answer.results[0]["receipt"] == answer.results[1]["receipt"]
    assert attack.kept(letter) == 1


def test_a_refused_message_again_gets_the_first_refusal(attack: UnderAttack) -> None:
    letter = attack.remind(new_id(), 1)
    first, again = attack.send(letter), attack.send(letter)
    assert (first.outcomes, again.outcomes) == (["refused"], ["duplicate"])
    assert first.results[0]["receipt"] == again.results[0]["receipt"]


def test_the_same_id_with_other_bytes_is_an_alarm(attack: UnderAttack) -> None:
    letter = attack.opened()
    other = attack.submit(id=letter.envelope["id"])
    answer = attack.send(other)
    assert answer.outcomes == ["refused"]
    assert answer.reasons == ["message.conflict"]
    assert answer.receipts[0].digest == attack.forger.digest(b"\0" + other.raw).hex()
    assert attack.kept(letter) == 1
    assert attack.kept(other) == 1  # set aside: under its leaf hash, in no case
    ((content,),) = ask(
        attack.city.store,
        "SELECT content FROM incident WHERE code = 'message.conflict' AND message_id = ?",
        letter.envelope["id"],
    )
    assert content == other.raw
    assert attack.send(letter).outcomes == ["duplicate"]
    again = attack.send(other)
    assert again.outcomes == ["duplicate"]
    assert again.results[0]["receipt"] == answer.results[0]["receipt"]


def test_another_member_may_use_the_same_id(attack: UnderAttack) -> None:
    letter = attack.opened()
    other = attack.third.letter(attack.city.member, Kind.REMIND, b"{}", id=letter.envelope["id"])
    answer = attack.third.send(attack.city.url, attack.city.member, other)
    assert answer.outcomes == ["refused"]
    assert answer.reasons == ["body.invalid"]  # judged for itself: no conflict


# --- step 8: order ---------------------------------------------------------------------------


def test_what_comes_early_waits_and_follows_in_order(attack: UnderAttack) -> None:
    first = attack.submit()
    later = [attack.remind(first.case_id, sequence) for sequence in (2, 3, 4)]
    early = attack.send(later[2], later[0], later[1])
    assert early.outcomes == ["later"] * 3
    assert early.reasons == ["order.waiting"] * 3
    assert waiting(attack, first.case_id) == 3
    assert attack.send(first).outcomes == ["taken"]
    assert waiting(attack, first.case_id) == 0
    assert attack.state(first.case_id) == ("submitted", 4)
    recorded = entries(attack.city.store, "case_id = ?", first.case_id)
    assert [entry.sequence for entry in recorded] == [1, 2, 3, 4]
    again = attack.send(*later)
    assert again.outcomes == ["duplicate"] * 3
    assert {receipt.outcome for receipt in again.receipts} == {"taken"}


def test_what_waits_already_waits_once(attack: UnderAttack) -> None:
    case_id = new_id()
    letter = attack.remind(case_id, 2)
    for _ in range(3):
        assert attack.send(letter).reasons == ["order.waiting"]
    assert waiting(attack, case_id) == 1


def test_the_waiting_room_of_a_case_is_bounded_and_nothing_is_lost(attack: UnderAttack) -> None:
    first = attack.submit()
    room = limits.WAITING_PER_CASE
    later = [attack.remind(first.case_id, sequence) for sequence in range(2, room + 12)]
    answer = attack.send(*later)
    assert answer.outcomes == ["later"] * len(later)
    assert answer.reasons == ["order.waiting"] * room + ["order.too_early"] * 10
    assert waiting(attack, first.case_id) == room
    assert attack.send(first).outcomes == ["taken"]
    assert attack.state(first.case_id)[1] == room + 1
    # What found no room was kept by its sender, who sends it again.
    assert attack.send(*later).outcomes == ["duplicate"] * room + ["taken"] * 10
    assert attack.state(first.case_id)[1] == len(later) + 1


def test_the_waiting_room_of_a_partner_is_bounded(attack: UnderAttack) -> None:
    third, us, url = attack.third, attack.city.member, attack.city.url

    def early() -> Letter:
        return third.letter(us, Kind.REMIND, b"{}", sequence=2)

    def waiting_of_third() -> int:
        return count(attack.city.store, "waiting", "sender = ?", third.code)

    reasons: list[str | None] = []
    while waiting_of_third() < limits.WAITING_PER_PARTNER:
        reasons = third.send(url, us, *(early() for _ in range(450))).reasons
    assert waiting_of_third() == limits.WAITING_PER_PARTNER
    assert set(reasons) == {"order.waiting", "order.too_early"}
    assert third.send(url, us, early()).reasons == ["order.too_early"]
    # Its own order has no room: what is in order is judged as ever, and others are not touched.
    assert third.send(url, us, third.letter(us, Kind.REMIND, b"{}")).reasons == ["body.invalid"]
    assert attack.send(attack.remind(new_id(), 2)).reasons == ["order.waiting"]


def test_a_sequence_that_was_used_is_past(attack: UnderAttack) -> None:
    letter = attack.opened()
    answer = attack.send(attack.remind(letter.case_id, 1))
    assert answer.reasons == ["order.past"]


def test_two_messages_of_one_sequence_are_one_taken_and_one_past(attack: UnderAttack) -> None:
    letter = attack.opened()
    answer = attack.send(attack.remind(letter.case_id, 2), attack.remind(letter.case_id, 2))
    assert answer.outcomes == ["taken", "refused"]
    assert answer.reasons == [None, "order.past"]


def test_two_messages_waiting_for_one_place_both_get_an_answer(attack: UnderAttack) -> None:
    first = attack.submit()
    rivals = [attack.remind(first.case_id, 2) for _ in range(2)]
    assert attack.send(*rivals).reasons == ["order.waiting"] * 2
    assert attack.send(first).outcomes == ["taken"]
    assert waiting(attack, first.case_id) == 0
    answer = attack.send(*rivals)
    assert sorted(receipt.outcome for receipt in answer.receipts) == ["refused", "taken"]


def test_other_bytes_for_what_waits_are_an_alarm_at_once(attack: UnderAttack) -> None:
    first = attack.submit()
    waits = attack.remind(first.case_id, 2)
    other = attack.remind(first.case_id, 2, id=waits.envelope["id"])
    assert attack.send(waits).reasons == ["order.waiting"]
    assert attack.send(other).reasons == ["message.conflict"]
    assert attack.send(first).outcomes == ["taken"]
    assert attack.kept(waits) == 1
    assert attack.kept(other) == 1  # set aside


@pytest.mark.parametrize("together", [True, False])
def test_an_id_used_again_while_it_waits_does_not_block_what_it_waits_for(
    attack: UnderAttack, together: bool
) -> None:
    first = attack.submit()
    waits = attack.remind(first.case_id, 2)
    thief = attack.submit(id=waits.envelope["id"])  # in another case, and in order there
    if together:
        assert attack.send(waits, thief).outcomes == ["later", "taken"]
    else:
        assert attack.send(waits).outcomes == ["later"]
        assert attack.send(thief).outcomes == ["taken"]
    assert attack.send(first).outcomes == ["taken"]
    assert waiting(attack, first.case_id) == 0
    assert attack.send(waits).reasons == ["message.conflict"]
    assert attack.state(first.case_id) == ("submitted", 1)


def test_two_messages_waiting_under_one_id_are_an_alarm(attack: UnderAttack) -> None:
    first, second = attack.submit(), attack.submit()
    waits = attack.remind(first.case_id, 2)
    other = attack.remind(second.case_id, 2, id=waits.envelope["id"])
    assert attack.send(waits, other).outcomes[0] == "later"
    assert attack.send(first, second).outcomes == ["taken", "taken"]
    assert attack.send(waits).receipts[0].outcome == "taken"
    assert attack.send(other).reasons == ["message.conflict"]


def test_what_was_refused_for_its_id_stays_refused(attack: UnderAttack) -> None:
    """Its first receipt stands, also when the id it collided with is free in the end."""
    first = attack.submit()
    third = attack.remind(first.case_id, 3)
    second = attack.remind(first.case_id, 2, id=third.envelope["id"])
    assert attack.send(third).reasons == ["order.waiting"]
    refused = attack.send(second)
    assert refused.reasons == ["message.conflict"]
    assert attack.send(first).outcomes == ["taken"]
    again = attack.send(second)
    assert again.outcomes == ["duplicate"]
    assert again.results[0]["receipt"] == refused.results[0]["receipt"]


def test_what_waited_and_was_set_aside_meanwhile_blocks_nothing(attack: UnderAttack) -> None:
    first = attack.submit()
    waits = attack.remind(first.case_id, 2)
    thief = attack.submit(id=waits.envelope["id"])
    assert attack.send(waits).reasons == ["order.waiting"]
    assert attack.send(thief).outcomes == ["taken"]
    assert attack.send(waits).reasons == ["message.conflict"]
    assert attack.send(first).outcomes == ["taken"]
    assert attack.send(waits).outcomes == ["duplicate"]
