"""Whatever a member sends, well sealed or not: a signed answer or BatchRejected, never a crash."""

import asyncio
import base64
import copy
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BatchRejected
from contracts.messages import BODY_TYPE, Kind
from contracts.seal import BATCH_TYPE
from contracts.tree import leaf_hash
from contracts.wire import BatchReply, Result
from gateway.exchange.home import epoch_context, part_info
from gateway.exchange.pack import pack
from gateway.exchange.receive import Receive
from gateway.exchange.sealed_tree import seal_leaves
from gateway.exchange.submit import Submit
from gateway.queues.embedded import EmbeddedQueue
from gateway.records import partner_lane
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.drafts import submission
from gateway.simulation.members import new_keyring, roll_of
from gateway.simulation.store import MemoryStore
from keys.sealing import Sealer, salted_digest
from keys.suites import SUITES

HERE, THERE = "410100", "440100"
KEYRINGS = [new_keyring(HERE), new_keyring(THERE)]
TRUST = roll_of(KEYRINGS)
CLOCK = SimulatedClock()
SENDER = KEYRINGS[0].home(TRUST, CLOCK)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "", "\x00", "𠮷", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
            "2026-03-02T01:00:00Z", "x" * 3000, HERE, THERE, "case.submit", "2.0", "1.999999",
            "body", "=", "0190f5b4-0000-7000-8000-00000000000a", "ab" * 32,
        ]
    ),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path]
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found += paths(inner, (*path, key))
    return found


def mutated(data: st.DataObject, value: Any) -> Any:
    """`value` with one to three of its places replaced, removed or given a neighbour."""
    changed = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(changed)))
        new = data.draw(values)
        if not path:
            changed = new
            continue
        parent = changed
        for step in path[:-1]:
            parent = parent[step]
        how = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if how == "replace":
            parent[path[-1]] = new
        elif how == "remove":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.append(new)
        else:
            parent[data.draw(st.text(max_size=8))] = new
    return changed


async def receive(body: bytes) -> BatchReply | None:
    """The reply of a gateway that knows nothing yet; None when it rejects the batch."""
    store = MemoryStore()
    home = KEYRINGS[1].home(TRUST, CLOCK)
    queue = EmbeddedQueue(store, CLOCK, owner="there")
    try:
        sender, reply = await Receive(home, store, queue, to_city=True)(body)
    except BatchRejected:
        assert await store.cases(before=None, limit=1) == [], "nothing of it was taken"
        return None
    assert sender == HERE
    return BatchReply.model_validate_json(reply)


async def good_batch() -> dict[str, Any]:
    store = MemoryStore()
    queue = EmbeddedQueue(store, CLOCK, owner="here")
    home = KEYRINGS[0].home(TRUST, CLOCK)

    submit = Submit(home, store, queue, life=timedelta(hours=1))
    await submit(submission("1", receiving=HERE, handling=THERE, at=CLOCK.now()))
    (ticket,) = await store.tickets(partner_lane(THERE), 0, 1)
    packed = await pack(home, THERE, await store.outgoing([ticket.message_id]))
    batch: dict[str, Any] = json.loads(packed.body)
    return batch


GOOD = asyncio.run(good_batch())
ENVELOPE = json.loads(GOOD["messages"][0]["envelope"])


async def sealed(raw: str, parts: list[str]) -> bytes:
    """A batch of one envelope, whatever it says, under a good seal of a member."""
    leaf = leaf_hash(SENDER.suite.digest, raw.encode())
    tree = await seal_leaves(SENDER, BATCH_TYPE, THERE, [leaf])
    message = {"envelope": raw, "path": tree.paths[0], "parts": parts}
    return orjson.dumps({"seal": tree.record.token, "messages": [message]})


def test_the_good_batch_is_taken() -> None:
    reply = asyncio.run(receive(orjson.dumps(GOOD)))
    assert reply is not None
    assert [each.result for each in reply.results] == [Result.TAKEN]


@settings(max_examples=200)
@given(st.data())
def test_a_batch_of_any_shape_is_answered_or_rejected(data: st.DataObject) -> None:
    asyncio.run(receive(json.dumps(mutated(data, GOOD)).encode()))


@settings(max_examples=200)
@given(st.data())
def test_bytes_of_any_kind_are_answered_or_rejected(data: st.DataObject) -> None:
    body = orjson.dumps(GOOD)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    asyncio.run(receive(body[:start] + data.draw(st.binary(max_size=20)) + body[end:]))


@settings(max_examples=300)
@given(st.data())
def test_an_envelope_of_any_shape_under_a_good_seal_gets_a_receipt_or_a_later(
    data: st.DataObject,
) -> None:
    raw = json.dumps(mutated(data, ENVELOPE), ensure_ascii=data.draw(st.booleans()))
    reply = asyncio.run(_answer(raw))
    assert reply is not None
    (result,) = reply.results
    assert (result.receipt is None) == (result.result is Result.LATER)


async def _answer(raw: str) -> BatchReply | None:
    return await receive(await sealed(raw, GOOD["messages"][0]["parts"]))


@settings(max_examples=300)
@given(st.data())
def test_a_body_of_any_shape_in_a_good_envelope_gets_a_receipt(data: st.DataObject) -> None:
    """The private half: sealed to us, with digests that hold, by a member."""
    draft = submission("1", receiving=HERE, handling=THERE, at=CLOCK.now())
    body = mutated(data, json.loads(draft.body.to_json()))
    kind = data.draw(st.sampled_from([*Kind]))
    raw, part = with_body(json.dumps(body).encode(), kind)
    reply = asyncio.run(_sealed_answer(raw, part))
    assert reply is not None
    assert reply.results[0].receipt is not None


async def _sealed_answer(raw: str, part: str) -> BatchReply | None:
    return await receive(await sealed(raw, [part]))


def with_body(plain: bytes, kind: str) -> tuple[str, str]:
    """An envelope of `kind` around this body, and the sealed part in base64."""
    suite = SUITES["intl"]
    key = KEYRINGS[1].opening.public()
    epoch = Sealer(suite, key, epoch_context(HERE, THERE)).epoch(0.0)
    part, salt = epoch.seal(plain, part_info(ENVELOPE["id"], "body"))
    described = {
        "name": "body",
        "media_type": BODY_TYPE,
        "size": len(plain),
        "sealed_size": len(part),
        "digest": suite.digest(part).hex(),
        "plain_digest": salted_digest(suite.digest, salt, plain).hex(),
    }
    sealing = {"key": epoch.key_id, "secret": base64.b64encode(epoch.wrapped).decode()}
    envelope = {**ENVELOPE, "kind": kind, "sealing": sealing, "parts": [described]}
    return json.dumps(envelope), base64.b64encode(part).decode()


@pytest.mark.parametrize("kind", [*Kind])
@pytest.mark.parametrize(
    "plain", [b"", b"null", b"[]", b"{}", b"\xff", b"{" * 100_000, b'{"a":"\\ud842"}', b"1e999"]
)
def test_what_is_no_body_is_refused(kind: Kind, plain: bytes) -> None:
    reply = asyncio.run(_sealed_answer(*with_body(plain, kind)))
    assert reply is not None
    assert reply.results[0].result is Result.REFUSED
    assert "body.invalid" in str(reply.results[0].receipt)
