"""The vectors of the wire protocol: what they show holds, what they break is refused by name."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts.errors import REASONS, TongbanError
from contracts.receipt import Outcome, Receipt
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE, Seal
from contracts.tree import leaf_hash
from gateway.exchange.examine import check_leaves, read_batch
from gateway.exchange.pack import Packed
from gateway.exchange.sealed_tree import SealedTree
from gateway.exchange.settle import read_reply
from gateway.records import Direction, MessageRecord, MessageState, SealOf, SealRecord
from keys.batch_seal import check_seal
from keys.jws import unverified_claims
from keys.suites import DIGESTS, SUITES
from tests.vectors.protocol.cities import FOLDER, SUITE_OF, home, load, opening_key, roll
from tests.vectors.protocol.receiving import Receiver, open_cases

GOOD = ("sm-to-intl.json", "intl-to-sm.json", "es256-to-sm.json")
BAD = sorted(path.name for path in FOLDER.glob("bad-*.json"))


@pytest.fixture(params=GOOD)
def good(request: pytest.FixtureRequest) -> dict[str, Any]:
    loaded: dict[str, Any] = load(request.param)
    return loaded


def now_of(vector: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(vector["now"])


def packed(vector: dict[str, Any]) -> Packed:
    """The request as its sender remembers it."""
    request, sender = vector["request"], vector["sender"]
    digest = SUITES[SUITE_OF[sender]].digest
    claims = Seal.model_validate(unverified_claims(request["seal"]))
    messages = []
    for position, message in enumerate(request["messages"]):
        raw = message["envelope"].encode()
        envelope = json.loads(raw)
        messages.append(
            MessageRecord(
                id=envelope["id"],
                sender=sender,
                receiver=vector["receiver"],
                direction=Direction.OUT,
                case_id=envelope["case_id"],
                kind=envelope["kind"],
                sequence=envelope["sequence"],
                state=MessageState.QUEUED,
                envelope=raw,
                digest=leaf_hash(digest, raw),
                recorded_at=0,
                expires_at=0,
                position=position,
            )
        )
    record = SealRecord("", SealOf.BATCH, sender, vector["receiver"], request["seal"], b"", 0)
    return Packed(messages, SealedTree(claims, record, []), b"")


# --- what holds -------------------------------------------------------------------------------


def test_the_seal_holds_over_the_leaves_and_the_root_that_are_written(good: dict[str, Any]) -> None:
    seal = check_seal(
        good["request"]["seal"], BATCH_TYPE, trust=roll(), us=good["receiver"], now=now_of(good)
    )
    leaves = check_leaves(seal, read_batch(orjson.dumps(good["request"])))
    assert [leaf.hex() for leaf in leaves] == good["steps"]["leaf_hashes"]
    assert (seal.root, seal.digest) == (good["steps"]["root"], good["steps"]["digest"])


def test_every_step_of_sealing_a_part_is_as_written(good: dict[str, Any]) -> None:
    suite, ours = SUITES[SUITE_OF[good["receiver"]]], DIGESTS[good["steps"]["digest"]]
    key = opening_key(good["receiver"])
    for message, steps in zip(good["request"]["messages"], good["steps"]["sealing"], strict=True):
        envelope = json.loads(message["envelope"])
        assert envelope["sealing"]["key"] == key.kid
        wrapped = base64.b64decode(envelope["sealing"]["secret"])
        secret = key.unwrap(wrapped, steps["context"].encode())
        assert secret.hex() == steps["secret"]
        for part, text, made in zip(
            envelope["parts"], message["parts"], steps["parts"], strict=True
        ):
            info = made["info"].encode()
            assert made["info"] == f"tongban/part/1\n{envelope['id']}\n{part['name']}"
            part_key = suite.part_key(secret, info)
            assert [each.hex() for each in part_key] == [made["key"], made["nonce"], made["salt"]]
            sealed = base64.b64decode(text)
            plain = suite.decrypt(part_key, sealed, info)
            assert plain == base64.b64decode(made["plain"])
            assert (len(plain), len(sealed)) == (part["size"], part["sealed_size"])
            assert ours(sealed).hex() == part["digest"]
            assert ours(part_key.salt + plain).hex() == part["plain_digest"]


def test_the_reply_settles_the_request(good: dict[str, Any]) -> None:
    settled = read_reply(
        home(good["sender"], now_of(good)),
        good["receiver"],
        packed(good),
        orjson.dumps(good["reply"]),
    )
    assert len(settled.receipts) == len(good["request"]["messages"])
    assert settled.later == []


async def test_the_same_request_is_answered_in_the_same_way(good: dict[str, Any]) -> None:
    receiver = Receiver(good["receiver"], now_of(good))
    await open_cases(receiver.store, good["receiver"], good["opened_before"])
    reply = await receiver.post(good["request"])
    assert reply["results"] == good["reply"]["results"]
    again = await receiver.post(good["request"])
    assert [r["result"] for r in again["results"]] == ["duplicate"] * len(reply["results"])
    assert [r["receipt"] for r in again["results"]] == [r["receipt"] for r in reply["results"]]


def test_both_outcomes_and_all_algorithms_are_shown() -> None:
    outcomes, algorithms = set(), set()
    for name in GOOD:
        vector = load(name)
        seals = [vector["request"]["seal"], vector["reply"]["seal"]]
        for token, typ in zip(seals, (BATCH_TYPE, RECEIPTS_TYPE), strict=True):
            head = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
            assert sorted(head) == ["alg", "kid", "typ"]
            assert head["typ"] == typ
            algorithms.add(head["alg"])
        for result in vector["reply"]["results"]:
            outcomes.add(Receipt.model_validate_json(result["receipt"]).outcome)
    assert outcomes == set(Outcome)
    assert algorithms == {"SM2", "Ed25519", "ES256"}


# --- what does not ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_vector_is_refused_with_the_code_it_states(name: str) -> None:
    vector = load(name)
    if vector["answer"] == "reply":
        with pytest.raises(TongbanError) as unbelieved:
            read_reply(
                home(vector["sender"], now_of(vector)),
                vector["receiver"],
                packed(vector),
                orjson.dumps(vector["reply"]),
            )
        assert unbelieved.value.code == vector["code"]
        return
    receiver = Receiver(vector["receiver"], now_of(vector))
    for request in vector.get("before", []):
        before = await receiver.post(request)
        assert {result["result"] for result in before["results"]} == {"taken"}
    if vector["answer"] == "problem":
        with pytest.raises(TongbanError) as rejected:
            await receiver.post(vector["request"])
        assert rejected.value.code == vector["code"]
        return
    (result,) = (await receiver.post(vector["request"]))["results"]
    assert result["result"] == vector["answer"]
    receipt = json.loads(result["receipt"]) if "receipt" in result else None
    reason = receipt["reason"] if receipt else result["reason"]
    assert reason["code"] == vector["code"]


def test_the_bad_vectors_cover_the_steps() -> None:
    """Every code that `receive` may give for what was sent has a vector, or a reason not to."""
    shown = {load(name)["code"] for name in BAD}
    sent = {
        code
        for code, reason in REASONS.items()
        if code.partition(".")[0]
        in {"batch", "member", "seal", "path", "envelope", "part", "body", "message", "order"}
        or code in {"case.unknown", "case.exists", "case.not_allowed", "case.wrong_city"}
        if reason.status < 500
    }
    too_large_for_a_file = {
        "batch.too_complex",
        "batch.too_many",
        "envelope.too_complex",
        "order.too_early",
    }
    told_to_the_own_city = {"member.closed"}
    assert sent - shown == too_large_for_a_file | told_to_the_own_city


def test_the_folder_says_what_each_file_is() -> None:
    page = Path(FOLDER / "README.md").read_text("utf-8")
    assert all(name in page for name in GOOD)
