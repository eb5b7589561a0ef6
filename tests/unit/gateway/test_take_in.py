"""Taking in: each document becomes messages once, or is set aside with the reason."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from adapters.adapter import Draft
from contracts.errors import DocumentRejected, TongbanError
from contracts.messages import Kind
from gateway.exchange.take_in import TakeIn
from gateway.ports import Arrival, Notice
from gateway.records import partner_lane
from gateway.simulation.drafts import said, submission
from gateway.simulation.front_end import MemoryConnector, ToldAdapter
from gateway.simulation.loop import simulate
from tests.unit.gateway.stage import HERE, THERE, City


class Intake:
    """A city whose own system offers documents, while `TakeIn` runs."""

    def __init__(self, connector: MemoryConnector | None = None) -> None:
        self.city = City(HERE)
        self.adapter = ToldAdapter(HERE)
        self.connector = connector or MemoryConnector()
        self.take_in = TakeIn(
            self.city.home, self.city.store, self.city.submit, self.adapter, self.connector
        )

    def offers(self, key: str, says: Sequence[Draft] | TongbanError) -> None:
        data = f"document {key}".encode()
        self.adapter.says[data] = says
        self.connector.offer(key, data)

    def opening(self, number: str) -> Draft:
        now = self.city.clock.now()
        return submission(number, receiving=HERE, handling=THERE, at=now)

    def runs(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """For a minute of simulated time."""

        async def scene() -> None:
            running = asyncio.create_task(self.take_in.run())
            if meanwhile is not None:
                await meanwhile()
            await self.city.clock.sleep(60.0)
            assert not running.done(), running
            self.take_in.stop()
            await running

        simulate(scene, self.city.clock)

    def queued(self) -> list[str]:
        async def scene() -> list[str]:
            tickets = await self.city.store.tickets(partner_lane(THERE), 0, 100)
            sent = await self.city.store.outgoing([ticket.message_id for ticket in tickets])
            return [message.kind for message, _ in sent]

        return asyncio.run(scene())


def test_a_document_becomes_its_messages_in_order_and_is_accepted() -> None:
    intake = Intake()
    reminder = said("1", Kind.REMIND, intake.city.clock.now())
    intake.offers("a", [intake.opening("1"), reminder, reminder])
    intake.runs()
    assert intake.queued() == ["case.submit", "case.remind", "case.remind"]
    assert intake.connector.accepted == ["a"]


def test_a_document_that_was_committed_but_not_accepted_does_nothing_twice() -> None:
    """The process died in between."""
    intake = Intake()
    intake.offers("a", [intake.opening("1"), said("1", Kind.REMIND, intake.city.clock.now())])
    intake.runs()
    again = Intake()
    again.city, again.adapter = intake.city, intake.adapter
    again.connector.offer("a", b"document a")
    again.take_in = TakeIn(
        again.city.home, again.city.store, again.city.submit, again.adapter, again.connector
    )
    again.runs()
    assert again.connector.accepted == ["a"]
    assert intake.queued() == ["case.submit", "case.remind"]


@pytest.mark.parametrize(
    "error",
    [
        DocumentRejected("区划代码无效", code="code.invalid", field="区划", number="7"),
        DocumentRejected("no such matter", code="matter.unknown"),
    ],
)
def test_a_document_that_cannot_be_read_is_set_aside_with_the_reason(error: TongbanError) -> None:
    intake = Intake()
    intake.offers("bad", error)
    intake.offers("good", [intake.opening("1")])
    intake.runs()
    notice = intake.connector.rejected["bad"]
    assert (notice.code, notice.number) == (error.code, error.where.get("number"))
    assert error.detail in notice.detail
    assert notice.zh
    assert notice.remedy_zh
    (incident,) = asyncio.run(intake.city.store.incidents(limit=10))
    assert incident.code == error.code
    assert intake.connector.accepted == ["good"], "the rest flow on"


def test_what_the_partner_would_refuse_is_refused_here() -> None:
    intake = Intake()
    intake.offers("stray", [said("nobody's", Kind.REMIND, intake.city.clock.now())])
    intake.offers("to itself", [submission(
        "2", receiving=HERE, handling=HERE, at=intake.city.clock.now()
    )])  # fmt: skip
    intake.offers("taken", [intake.opening("1")])
    intake.offers("taken again", [intake.opening("1")])
    intake.runs()
    codes = {key: notice.code for key, notice in intake.connector.rejected.items()}
    assert codes == {
        "stray": "case.unknown",
        "to itself": "envelope.receiver",
        "taken again": "case.exists",
    }


def test_what_was_sent_before_a_refusal_is_named_so_that_nobody_sends_it_again() -> None:
    intake = Intake()
    now = intake.city.clock.now()
    drafts = [intake.opening("1"), said("1", Kind.REMIND, now), said("1", Kind.DELIVER, now)]
    intake.offers("partly", drafts)
    intake.adapter.says[b"document poison"] = [intake.opening("2"), None]  # type: ignore[list-item]
    intake.connector.offer("poison", b"document poison")
    intake.offers("stray", [said("nobody's", Kind.REMIND, now)])
    intake.runs()
    assert intake.queued() == ["case.submit", "case.remind", "case.submit"]
    partly, poison, stray = (intake.connector.rejected[k] for k in ("partly", "poison", "stray"))
    assert "[sent case.submit 1, case.remind 1]" in partly.detail
    assert "[sent case.submit 2]" in poison.detail
    for notice in (partly, poison):
        assert "勿再放入" in notice.remedy_zh
        assert "sent already" in notice.remedy_en
    assert "sent" not in stray.detail + stray.remedy_en
    incidents = asyncio.run(intake.city.store.incidents(limit=10))
    sent = {incident.where["document"]: incident.where.get("sent") for incident in incidents}
    assert sent == {
        "partly": "case.submit 1, case.remind 1",
        "poison": "case.submit 2",
        "stray": None,
    }


def test_a_fault_of_our_own_sets_one_document_aside_and_stops_nothing() -> None:
    intake = Intake()
    intake.adapter.says[b"document poison"] = [None]  # type: ignore[list-item]
    intake.connector.offer("poison", b"document poison")
    intake.offers("good", [intake.opening("1")])
    intake.runs()
    assert intake.connector.rejected["poison"].code == "internal"
    assert intake.connector.accepted == ["good"]


class FaultyConnector(MemoryConnector):
    """One step fails in a way that nobody foresaw: for all, or for the document "a"."""

    fails = ""
    tries = 0

    def _step(self, name: str, key: str = "a") -> None:
        if name == self.fails and key == "a":
            self.tries += 1
            raise TypeError("str is not valid UTF-8: surrogates not allowed")

    async def arrivals(self, wait: float) -> list[Arrival]:
        self._step("arrivals")
        return await super().arrivals(wait)

    async def accept(self, arrival: Arrival) -> None:
        self._step("accept", arrival.key)
        await super().accept(arrival)

    async def reject(self, arrival: Arrival, notice: Notice) -> None:
        self._step("reject", arrival.key)
        await super().reject(arrival, notice)


@pytest.mark.parametrize("fails", ["accept", "reject", "arrivals"])
def test_what_is_unforeseen_stops_nothing_and_is_tried_again_after_a_pause(fails: str) -> None:
    connector = FaultyConnector()
    intake = Intake(connector)
    connector.fails = fails
    intake.offers("a", [intake.opening("1")] if fails == "accept" else DocumentRejected("bad"))
    intake.offers("b", [intake.opening("2")])

    async def mend_it() -> None:
        await intake.city.clock.sleep(20.0)
        if fails != "arrivals":
            assert connector.accepted == ["b"], "the other one flowed on"
            assert list(connector.offered) == ["a"], "it is left where it lies"
        connector.fails = ""

    intake.runs(mend_it)
    assert 1 < connector.tries < 100, "tried again, and not hot"
    assert connector.offered == {}


def test_while_the_share_is_gone_it_is_asked_again_and_nothing_is_lost() -> None:
    intake = Intake()
    intake.connector.broken = True
    intake.offers("a", [intake.opening("1")])

    async def mend_it() -> None:
        await intake.city.clock.sleep(20.0)
        assert intake.connector.accepted == []
        intake.connector.broken = False

    intake.runs(mend_it)
    assert intake.connector.accepted == ["a"]


def test_it_stops_between_two_documents() -> None:
    intake = Intake()

    async def scene() -> None:
        for number in range(50):
            intake.offers(f"{number:02}", [intake.opening(str(number))])
        running = asyncio.create_task(intake.take_in.run())
        await intake.connector.first_accepted.wait()
        intake.take_in.stop()
        await running

    simulate(scene, intake.city.clock)
    assert 1 <= len(intake.connector.accepted) <= 3, "the one at hand is finished, no more"
    assert len(intake.queued()) == len(intake.connector.accepted)


def test_two_rejected_documents_of_one_long_name_are_two_incidents() -> None:
    """A store keeps no more than 200 characters of what an incident is named by."""
    intake = Intake()
    for digest in ("1" * 64, "2" * 64):
        intake.offers(f"{'件' * 255}:{digest}", DocumentRejected("bad"))
    intake.runs()
    incidents = asyncio.run(intake.city.store.incidents(limit=10))
    assert len({incident.id[:200] for incident in incidents}) == 2
