"""A partner whose answers lie: nothing is believed of them, and the message is kept."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts import limits
from contracts.seal import BATCH_TYPE, RECEIPTS_TYPE
from tests.processes.city import City, cities
from tests.processes.forger import Forger, new_id
from tests.processes.ledger import count, entries
from tests.processes.liar import Json, Liar, listening
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until_then
from tests.processes.ports import free_port

HERE, LIAR, THIRD = "410100", "440100", "410300"


class Deceived:
    """A gateway with one message on its way to the liar."""

    def __init__(self, city: City, office: Office, liar: Liar, port: int) -> None:
        self.city, self.office, self.liar, self.port = city, office, liar, port

    async def assert_unbelieved(self, code: str) -> None:
        """After a lie the message stands as it stood; an honest one settles it."""
        with listening(self.liar, self.port):
            before = self.city.metric("tongban_rejected_total", code=code)
            await self.office.file(new_id(), LIAR)
            await until_then(
                lambda: self.city.metric("tongban_rejected_total", code=code) > before,
                f"an answer is rejected as {code}",
            )
        assert [entry.state for entry in entries(self.city.store)][-1] == "queued"
        assert entries(self.city.store)[-1].receipt is None
        honest = Liar(self.liar.forger)
        with listening(honest, self.port):
            await all_settled(self.city)
        assert [entry.state for entry in entries(self.city.store)][-1] == "taken"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Any:
    port = free_port()
    forger = Forger(LIAR, address=f"http://127.0.0.1:{port}")
    forger.new_key("closed", closed_at=datetime(2021, 1, 1, tzinfo=UTC))
    third = Forger(THIRD)
    with cities(tmp_path_factory.mktemp("replies"), {HERE: "sm"}, forger.entry, third.entry) as (
        city,
    ):
        city.start().ready()
        yield city, forger, third, port


@pytest.fixture
async def deceived(members: Any) -> AsyncIterator[Deceived]:
    city, forger, _, port = members
    async with offices([city]) as (office,):
        yield Deceived(city, office, Liar(forger), port)


def without(name: str) -> Callable[[Json], Json]:
    return lambda json: {key: value for key, value in json.items() if key != name}


async def test_an_honest_answer_settles(deceived: Deceived) -> None:
    with listening(deceived.liar, deceived.port):
        await deceived.office.file(new_id(), LIAR)
        await all_settled(deceived.city)
    assert deceived.liar.asked == 1
    assert entries(deceived.city.store)[-1].state == "taken"


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "00" * 32},
        {"message": "01a2131f-7f22-706d-b039-9da768aa5c6f"},
        {"sender": THIRD},
        {"receiver": THIRD},
        {"outcome": "perhaps"},
        {"at": "2026-01-01T08:00:00"},
    ],
    ids=str,
)
async def test_a_receipt_for_something_else_settles_nothing(
    deceived: Deceived, change: Json
) -> None:
    deceived.liar.receipt_as = lambda receipt: {**receipt, **change}
    await deceived.assert_unbelieved("receipt.invalid")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": THIRD}, "seal.invalid"),
        ({"aud": THIRD}, "seal.audience"),
        ({"iat": 1_600_000_000}, "seal.clock"),
        ({"answers": "0190163d-8694-739b-aea5-966c26f8ad91"}, "receipt.invalid"),
        ({"answers": None}, "receipt.invalid"),
        ({"size": 2}, "receipt.invalid"),
        ({"root": "00" * 32}, "path.invalid"),
        ({"digest": "sm3"}, "seal.algorithm"),
    ],
    ids=str,
)
async def test_a_seal_that_says_something_else_settles_nothing(
    deceived: Deceived, change: Json, code: str
) -> None:
    deceived.liar.claims_as = lambda claims: {**claims, **change}
    await deceived.assert_unbelieved(code)


async def test_a_seal_by_another_member_settles_nothing(deceived: Deceived, members: Any) -> None:
    third: Forger = members[2]
    deceived.liar.claims_as = lambda claims: {**claims, "iss": THIRD}
    deceived.liar.token_as = lambda claims: third.token(claims, header={"typ": RECEIPTS_TYPE})
    await deceived.assert_unbelieved("receipt.invalid")


@pytest.mark.parametrize(
    ("kid", "typ", "code"),
    [
        ("sign-1", BATCH_TYPE, "seal.malformed"),
        ("closed", RECEIPTS_TYPE, "seal.key_closed"),
    ],
)
async def test_a_seal_of_another_kind_or_key_settles_nothing(
    deceived: Deceived, kid: str, typ: str, code: str
) -> None:
    forger = deceived.liar.forger
    deceived.liar.token_as = lambda claims: forger.token(claims, kid=kid, header={"typ": typ})
    await deceived.assert_unbelieved(code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("seal"), "receipt.invalid"),
        (without("results"), "link.answer"),
        (lambda reply: {**reply, "results": []}, "receipt.invalid"),
        (lambda reply: {**reply, "results": reply["results"] * 2}, "receipt.invalid"),
        (lambda reply: {**reply, "results": "taken"}, "link.answer"),
        (lambda reply: {**reply, "seal": "e30.e30.e30"}, "seal.malformed"),
    ],
    ids=["no seal", "no results", "none", "twice", "text", "no token"],
)
async def test_an_answer_out_of_shape_settles_nothing(
    deceived: Deceived, change: Callable[[Json], Json], code: str
) -> None:
    deceived.liar.reply_as = change
    await deceived.assert_unbelieved(code)


async def test_a_result_without_a_receipt_is_only_a_wish(deceived: Deceived) -> None:
    deceived.liar.reply_as = lambda reply: {"seal": None, "results": [{"result": "taken"}]}
    with listening(deceived.liar, deceived.port):
        await deceived.office.file(new_id(), LIAR)
        await until_then(lambda: deceived.liar.asked >= 2, "the message is offered again")
    assert entries(deceived.city.store)[-1].state == "queued"
    with listening(Liar(deceived.liar.forger), deceived.port):
        await all_settled(deceived.city)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[" * 100_000,
        b'{"results":[' + b"{}," * limits.BATCH_NODES + b"{}]}",
        b'{"seal":"' + b"x" * limits.BATCH_BYTES + b'"}',
    ],
    ids=["empty", "page", "deep", "many", "large"],
)
async def test_an_answer_that_is_none_is_the_partners_fault(
    deceived: Deceived, body: bytes
) -> None:
    deceived.liar.body = body
    await deceived.assert_unbelieved("link.answer")


@pytest.mark.parametrize("status", [204, 301, 307, 400, 401, 404, 429, 500, 503, 507])
async def test_an_answer_of_another_status_settles_nothing(deceived: Deceived, status: int) -> None:
    deceived.liar.status = status
    deceived.liar.headers = {"Location": f"http://127.0.0.1:{deceived.port}/elsewhere"}
    await deceived.assert_unbelieved("link.answer")


async def test_a_compressed_answer_is_not_inflated(deceived: Deceived) -> None:
    deceived.liar.headers = {"Content-Encoding": "gzip"}
    deceived.liar.body = b"\x1f\x8b" + b"\0" * 100
    await deceived.assert_unbelieved("link.answer")


async def test_a_refusal_settles_as_refused(deceived: Deceived) -> None:
    reason = {"code": "case.unknown", "detail": "no such case", "where": {}}
    deceived.liar.receipt_as = lambda receipt: {**receipt, "outcome": "refused", "reason": reason}
    with listening(deceived.liar, deceived.port):
        await deceived.office.file(new_id(), LIAR)
        await all_settled(deceived.city)
    last = entries(deceived.city.store)[-1]
    assert (last.state, last.reason) == ("refused", "case.unknown")


async def test_a_reason_that_nobody_knows_is_kept_as_it_is(deceived: Deceived) -> None:
    reason = {"code": "case.full_moon", "detail": "x", "where": {}}
    deceived.liar.receipt_as = lambda receipt: {**receipt, "outcome": "refused", "reason": reason}
    with listening(deceived.liar, deceived.port):
        await deceived.office.file(new_id(), LIAR)
        await all_settled(deceived.city)
    assert entries(deceived.city.store)[-1].reason == "case.full_moon"


def test_nothing_was_lost_in_all_of_this(members: Any) -> None:
    city: City = members[0]
    assert count(city.store, "message", "state = 'queued'") == 0
    assert count(city.store, "ticket") == 0
