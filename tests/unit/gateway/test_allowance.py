"""Allowance: what a partner may send, charged to it alone."""

from collections.abc import Sequence

import pytest

from contracts.errors import PartnerLimited
from gateway.exchange.allowance import Allowance, Allowed
from gateway.ports import always
from gateway.records import Changes, Scope, Ticket
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.store import MemoryStore

A, B = "410100", "430100"


class Desk:
    def __init__(self, allowed: Allowed, **partners: Allowed) -> None:
        self.clock, self.store = SimulatedClock(), MemoryStore()
        own = {name.strip("_"): each for name, each in partners.items()}
        self.allowance = Allowance(self.store, self.clock, allowed, own)

    async def code(self, partner: str, messages: int, size: int = 1) -> str:
        """The code of the answer, empty when it may."""
        try:
            await self.allowance(partner, messages, size)
        except PartnerLimited as error:
            self.retry_after = error.retry_after
            return error.code
        return ""

    async def waits(self, lanes: Sequence[str]) -> None:
        tickets = [Ticket(lane, f"m{n}", A, "case", 0) for n, lane in enumerate(lanes)]
        await self.store.apply(Scope(), always(Changes(tickets=tickets)))


async def test_a_batch_may_overdraw_the_account_and_the_next_one_waits() -> None:
    desk = Desk(Allowed(messages_per_s=10.0, burst_s=2.0))
    assert await desk.code(A, 512) == ""
    assert await desk.code(A, 1) == "partner.too_fast"
    assert desk.retry_after == pytest.approx((512 - 20) / 10, abs=0.01)
    desk.clock.advance(desk.retry_after + 0.01)
    assert await desk.code(A, 1) == ""


async def test_the_rate_holds_over_time_whatever_the_size_of_batches() -> None:
    for size in (1, 7, 300):
        desk = Desk(Allowed(messages_per_s=100.0, burst_s=1.0))
        taken = 0
        for _ in range(60_000):
            desk.clock.advance(0.001)
            taken += size if await desk.code(A, size) == "" else 0
        assert 60 * 100 <= taken <= 61 * 100 + size


async def test_bytes_are_counted_apart_and_a_refusal_charges_nothing() -> None:
    desk = Desk(Allowed(messages_per_s=1000.0, bytes_per_s=100.0, burst_s=1.0))
    assert await desk.code(A, 1, 150) == ""
    for _ in range(5_000):
        assert await desk.code(A, 1, 1) == "partner.too_fast"
    desk.clock.advance(1.0)
    assert await desk.code(A, 1, 1) == ""


async def test_one_partner_never_pays_for_another() -> None:
    desk = Desk(Allowed(messages_per_s=10.0, burst_s=1.0), _430100=Allowed(messages_per_s=1000.0))
    assert await desk.code(A, 500) == ""
    assert await desk.code(A, 1) == "partner.too_fast"
    for _ in range(10):
        assert await desk.code(B, 500) == "", "and what is set for it holds for it"


async def test_who_has_too_much_waiting_for_the_city_comes_later() -> None:
    desk = Desk(Allowed(waiting=3))
    await desk.waits([f"city/1/{A}", f"city/2/{A}", f"partner/{A}", f"partner/{A}"])
    assert await desk.code(A, 1) == "", "two of three; what waits for it is no matter"
    assert await desk.code(A, 1) == "partner.quota", "what came meanwhile counts"
    assert await desk.code(B, 1) == ""
    desk.clock.advance(desk.retry_after)
    assert await desk.code(A, 1) == "", "counted anew"


async def test_without_limits_nobody_is_limited() -> None:
    desk = Desk(Allowed())
    for _ in range(1000):
        assert await desk.code(A, 512, 1 << 24) == ""
