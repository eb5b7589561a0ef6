"""An attacker between two gateways, whom both take for each other; he is a member himself.

The transport is his: this is what is left when TLS is taken away, or when he has valid
certificates for both. Each test is one attempt and names the code that stopped it; then what
the sender meant arrives all the same, once.
"""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from keys import base64url
from keys.trust.members_file import read_members, write_members
from tests.processes.answer import Answer, post
from tests.processes.city import City, cities
from tests.processes.drafts import APPLICANT, CITIZEN_ID, MOBILE
from tests.processes.forger import Forger, Letter, new_id
from tests.processes.ledger import assert_same_story, count, entries
from tests.processes.liar import Liar
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until_then
from tests.processes.ports import free_port
from tests.processes.relay import CUT, Json, Relay, Way, answers_with, changes, relaying

HERE, THERE, THIRD, MALLORY = "410100", "440100", "430100", "510100"


@dataclass
class Between:
    """The way from `sender` to `receiver` leads through `relay`; `third` is another member."""

    sender: City
    receiver: City
    third: City
    relay: Relay
    mallory: Forger
    desk: Office

    async def assert_stopped(
        self, code: str, handles: Callable[[bytes, Way], Answer], *, by: City | None = None
    ) -> str:
        """Whatever he did, `by` (the receiver) rejected under `code`; the case id of the
        message that then arrived, once."""
        judge = by or self.receiver
        before = judge.metric("tongban_rejected_total", code=code)
        with self.relay.doing(handles):
            case_id = await self.desk.file(new_id(), THERE)
            await until_then(
                lambda: judge.metric("tongban_rejected_total", code=code) > before,
                f"{judge.code} rejects as {code}",
            )
            if by is None:
                assert count(self.receiver.store, "message", "case_id = ?", case_id) == 0
            else:
                (entry,) = entries(self.sender.store, "case_id = ?", case_id)
                assert entry.receipt is None
        await self.assert_arrived(case_id)
        return case_id

    async def assert_arrived(self, *case_ids: str) -> None:
        await all_settled(self.sender)
        for case_id in case_ids:
            assert [e.state for e in entries(self.receiver.store, "case_id = ?", case_id)] == [
                "taken"
            ]

    async def file_several(self, number: int) -> list[str]:
        """So many cases, held back until they travel in one batch or in few."""
        with self.relay.doing(lambda *_: CUT):
            return [await self.desk.file(new_id(), THERE) for _ in range(number)]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    mallory = Forger(MALLORY)
    folder = tmp_path_factory.mktemp("between")
    suites = {HERE: "sm", THERE: "intl", THIRD: "intl"}
    with cities(folder, suites, mallory.entry) as (sender, receiver, third):
        relay, port = Relay(receiver.url), free_port()
        lead_through(sender.folder / "members.json", THERE, port)
        with relaying(relay, port):
            for city in (sender, receiver, third):
                city.start()
            for city in (sender, receiver, third):
                city.ready()
            yield sender, receiver, third, relay, mallory


def lead_through(file: Path, code: str, port: int) -> None:
    """Names, routes and certificates are his: what is sent to `code` comes to him."""
    there = {"address": f"http://127.0.0.1:{port}"}
    members = read_members(file).members
    write_members(file, [m.model_copy(update=there) if m.code == code else m for m in members])


@pytest.fixture
async def between(members: Any) -> AsyncIterator[Between]:
    async with offices([members[0]]) as (desk,):
        sender, receiver, third, relay, mallory = members
        yield Between(sender, receiver, third, relay, mallory, desk)


# --- forge ----------------------------------------------------------------------------------------


async def test_a_changed_envelope_is_stopped_by_path_invalid(between: Between) -> None:
    def elsewhere(batch: Json) -> Json:
        for message in batch["messages"]:
            message["envelope"] = message["envelope"].replace("case.submit", "case.remind")
        return batch

    await between.assert_stopped("path.invalid", changes(elsewhere))


async def test_changed_claims_are_stopped_by_seal_invalid(between: Between) -> None:
    def later(batch: Json) -> Json:
        header, payload, signature = batch["seal"].split(".")
        claims = {**orjson.loads(base64url.decode(payload)), "jti": new_id()}
        batch["seal"] = f"{header}.{base64url.encode(orjson.dumps(claims))}.{signature}"
        return batch

    await between.assert_stopped("seal.invalid", changes(later))


async def test_his_own_key_in_the_senders_name_is_stopped_by_seal_key_unknown(
    between: Between,
) -> None:
    def signed_anew(batch: Json) -> Json:
        claims = orjson.loads(base64url.decode(batch["seal"].split(".")[1]))
        batch["seal"] = between.mallory.token(claims)
        return batch

    await between.assert_stopped("seal.key_unknown", changes(signed_anew))


async def test_the_senders_message_under_his_own_seal_is_stopped_by_envelope_sender(
    between: Between,
) -> None:
    """He seals what he overheard as a member, in his own name."""
    case_id = await between.desk.file(new_id(), THERE)
    await between.assert_arrived(case_id)
    overheard = orjson.loads(between.relay.heard[-1][0])["messages"][0]
    letter = Letter({}, [base64.b64decode(p) for p in overheard["parts"]])
    letter.exact = overheard["envelope"].encode()
    answer = between.mallory.send(between.receiver.url, between.receiver.member, letter)
    assert answer.reasons == ["envelope.sender"]
    assert count(between.receiver.store, "message", "case_id = ?", case_id) == 1


async def test_another_part_is_stopped_by_part_digest(between: Between) -> None:
    """Parts are under no seal of their own: the digests in the envelope are."""

    def spoiled(batch: Json) -> Json:
        for message in batch["messages"]:
            part = bytearray(base64.b64decode(message["parts"][0]))
            part[-1] ^= 1
            message["parts"][0] = base64.b64encode(part).decode()
        return batch

    with between.relay.doing(changes(spoiled)):
        case_id = await between.desk.file(new_id(), THERE)
        await until_then(
            lambda: "part.digest" in _reasons(between.relay, case_id), "the part is refused"
        )
        assert count(between.receiver.store, "message", "case_id = ?", case_id) == 0
    await between.assert_arrived(case_id)


def _reasons(relay: Relay, case_id: str) -> list[str | None]:
    """What the receiver said of the messages of a case, each time."""
    said = []
    for body, answer in list(relay.heard):
        messages = orjson.loads(body)["messages"]
        if answer.status == 200:
            said += [
                reason
                for message, reason in zip(messages, answer.reasons, strict=True)
                if case_id in message["envelope"]
            ]
    return said


# --- replay ---------------------------------------------------------------------------------------


async def test_a_batch_again_is_stopped_by_duplicate_with_the_first_receipts(
    between: Between,
) -> None:
    case_id = await between.desk.file(new_id(), THERE)
    await between.assert_arrived(case_id)
    body, first = between.relay.heard[-1]
    before = count(between.receiver.store, "message")
    again = post(between.receiver.url, body)
    assert again.outcomes == ["duplicate"] * len(first.outcomes)
    assert again.receipts == first.receipts
    assert count(between.receiver.store, "message") == before


async def test_a_message_again_in_a_batch_of_today_is_stopped_by_seal_tree_size(
    between: Between,
) -> None:
    case_id = await between.desk.file(new_id(), THERE)
    await between.assert_arrived(case_id)
    old = orjson.loads(between.relay.heard[-1][0])["messages"][0]

    def with_old(batch: Json) -> Json:
        return {**batch, "messages": [old, *batch["messages"]]}

    await between.assert_stopped("seal.tree_size", changes(with_old))
    assert count(between.receiver.store, "message", "case_id = ?", case_id) == 1


async def test_an_old_answer_to_a_new_batch_is_stopped_by_receipt_invalid(
    between: Between,
) -> None:
    """Receipts of another batch, under a seal of the partner that holds."""
    case_id = await between.desk.file(new_id(), THERE)
    await between.assert_arrived(case_id)
    _, old = between.relay.heard[-1]

    def instead(_body: bytes, _on: Way) -> Answer:
        return old

    await between.assert_stopped("receipt.invalid", instead, by=between.sender)


# --- reorder --------------------------------------------------------------------------------------


async def test_messages_of_two_cases_exchanged_are_stopped_by_path_invalid(
    between: Between,
) -> None:
    case_ids = await between.file_several(4)

    def exchanged(batch: Json) -> Json | None:
        if len(batch["messages"]) < 2:
            return None
        one, two, *rest = batch["messages"]
        return {**batch, "messages": [two, one, *rest]}

    before = between.receiver.metric("tongban_rejected_total", code="path.invalid")
    with between.relay.doing(changes(exchanged)):
        await until_then(
            lambda: between.receiver.metric("tongban_rejected_total", code="path.invalid") > before,
            "the batch is rejected",
        )
    await between.assert_arrived(*case_ids)


async def test_parts_of_one_case_in_another_are_stopped_by_part_digest(
    between: Between,
) -> None:
    case_ids = await between.file_several(4)

    def crossed(batch: Json) -> Json | None:
        if len(batch["messages"]) < 2:
            return None
        one, two, *_ = batch["messages"]
        one["parts"], two["parts"] = two["parts"], one["parts"]
        return batch

    with between.relay.doing(changes(crossed)):
        await until_then(
            lambda: any("part.digest" in _reasons(between.relay, each) for each in case_ids),
            "crossed parts are refused",
        )
    await between.assert_arrived(*case_ids)


async def test_receipts_of_two_messages_exchanged_are_stopped_by_path_invalid(
    between: Between,
) -> None:
    case_ids = await between.file_several(4)

    def exchanged(answer: Answer) -> Answer:
        if answer.status != 200 or len(answer.results) < 2:
            return answer
        reply = orjson.loads(answer.body)
        one, two, *rest = reply["results"]
        return Answer(200, answer.headers, orjson.dumps({**reply, "results": [two, one, *rest]}))

    before = between.sender.metric("tongban_rejected_total", code="path.invalid")
    with between.relay.doing(answers_with(exchanged)):
        await until_then(
            lambda: between.sender.metric("tongban_rejected_total", code="path.invalid") > before,
            "the answer is rejected",
        )
    await between.assert_arrived(*case_ids)


# --- withhold -------------------------------------------------------------------------------------


async def test_a_message_taken_out_of_its_batch_is_stopped_by_seal_tree_size(
    between: Between,
) -> None:
    case_ids = await between.file_several(4)

    def shorter(batch: Json) -> Json | None:
        return {**batch, "messages": batch["messages"][1:]} if len(batch["messages"]) > 1 else None

    before = between.receiver.metric("tongban_rejected_total", code="seal.tree_size")
    with between.relay.doing(changes(shorter)):
        await until_then(
            lambda: (
                between.receiver.metric("tongban_rejected_total", code="seal.tree_size") > before
            ),
            "the batch is rejected",
        )
    await between.assert_arrived(*case_ids)


async def test_a_forged_receipt_is_stopped_by_seal_key_unknown(between: Between) -> None:
    """He keeps the message to himself and gives the receipt in the receiver's name."""

    def forged(body: bytes, _on: Way) -> Answer:
        liar = Liar(
            between.mallory,
            receipt_as=lambda receipt: {**receipt, "receiver": THERE},
            claims_as=lambda claims: {**claims, "iss": THERE},
        )
        return Answer(200, {}, liar.reply(orjson.loads(body)))

    await between.assert_stopped("seal.key_unknown", forged, by=between.sender)


async def test_a_receipt_of_his_own_is_stopped_by_receipt_invalid(between: Between) -> None:
    """A member's receipt that holds, but not the partner's."""

    def own(body: bytes, _on: Way) -> Answer:
        return Answer(200, {}, Liar(between.mallory).reply(orjson.loads(body)))

    await between.assert_stopped("receipt.invalid", own, by=between.sender)


async def test_a_batch_turned_into_a_receipt_is_stopped_by_seal_malformed(
    between: Between,
) -> None:
    """The sender's own seal, sent back to it as if it were an answer."""

    def mirrored(body: bytes, on: Way) -> Answer:
        answer = on(body)
        seal = orjson.loads(body)["seal"]
        reply = {**orjson.loads(answer.body), "seal": seal}
        return Answer(200, answer.headers, orjson.dumps(reply))

    await between.assert_stopped("seal.malformed", mirrored, by=between.sender)


async def test_silence_is_stopped_by_a_receipt_that_never_comes(between: Between) -> None:
    """He swallows the answer: the sender asks again, and the first receipts settle it."""
    swallowed = []

    def deaf(body: bytes, on: Way) -> Answer:
        swallowed.append(on(body))
        return CUT

    with between.relay.doing(deaf):
        case_id = await between.desk.file(new_id(), THERE)
        await until_then(lambda: len(swallowed) > 1, "the sender asks again")
        assert [e.receipt for e in entries(between.sender.store, "case_id = ?", case_id)] == [None]
    await between.assert_arrived(case_id)
    (entry,) = entries(between.sender.store, "case_id = ?", case_id)
    assert entry.receipt in {each["receipt"].encode() for each in swallowed[0].results}


# --- redirect -------------------------------------------------------------------------------------


async def test_a_batch_led_to_another_city_is_stopped_by_seal_audience(
    between: Between,
) -> None:
    before = between.third.metric("tongban_rejected_total", code="seal.audience")

    def elsewhere(body: bytes, _on: Way) -> Answer:
        return post(between.third.url, body)

    with between.relay.doing(elsewhere):
        case_id = await between.desk.file(new_id(), THERE)
        await until_then(
            lambda: between.third.metric("tongban_rejected_total", code="seal.audience") > before,
            "the other city refuses it",
        )
        assert count(between.third.store, "message") == 0
    await between.assert_arrived(case_id)


async def test_a_batch_sent_back_to_its_sender_is_stopped_by_seal_audience(
    between: Between,
) -> None:
    await between.assert_stopped(
        "seal.audience", lambda body, _: post(between.sender.url, body), by=between.sender
    )


async def test_a_redirect_of_http_is_stopped_by_link_answer(between: Between) -> None:
    location = {"Location": f"{between.third.url}/exchange/v1/batches"}
    await between.assert_stopped(
        "link.answer", lambda *_: Answer(307, location, b""), by=between.sender
    )
    assert count(between.third.store, "message") == 0


# --- read -----------------------------------------------------------------------------------------


async def test_what_he_overhears_tells_nothing_of_the_applicant(between: Between) -> None:
    case_id = await between.desk.file(new_id(), THERE)
    await between.assert_arrived(case_id)
    overheard = b""
    for body, answer in between.relay.heard:
        parts = [p for m in orjson.loads(body)["messages"] for p in m["parts"]]
        overheard += body + answer.body + b"".join(base64.b64decode(part) for part in parts)
    for private in (APPLICANT, CITIZEN_ID, MOBILE, "%PDF"):
        assert private.encode() not in overheard


async def test_after_all_of_this_both_tell_the_same_story(between: Between) -> None:
    listed = between.receiver.folder / "members.json"
    assert assert_same_story(between.sender.books, between.receiver.books, listed, MALLORY) > 20
