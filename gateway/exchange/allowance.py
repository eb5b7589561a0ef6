"""Allowance: how much a partner may send, so that none of them takes the gateway from the rest.

Charged after the seal is verified: nobody can use up what belongs to another. A batch goes
through while the account is not overdrawn, and may overdraw it; the next one waits until it is
level again. So the rate holds over time whatever the size of batches, and a partner that keeps
to its rate never notices. Each process keeps accounts of its own.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.errors import PartnerLimited
from gateway.lanes import partner_of, to_the_city
from gateway.ports import Clock, Store

_QUOTA_SECONDS = 5.0  # after which to come again when too much waits for the city
_LOOK_SECONDS = 1.0  # between two counts of what waits, at least
_LOOK_SHARE = 20  # times as long as counting takes


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one partner may do; None: as much as it likes.

    `burst_s`: after a pause it may send at once what it could have sent in so many seconds.
    `waiting`: its messages that may wait for the city's own system.
    """

    messages_per_s: float | None = None
    bytes_per_s: float | None = None
    burst_s: float = 10.0
    waiting: int | None = None


@dataclass(slots=True)
class Account:
    """Filled at `rate` a second up to `most`; a withdrawal may overdraw it."""

    rate: float
    most: float
    level: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.most

    def seconds_until_level(self, now: float) -> float:
        """0 when something may be withdrawn now."""
        self.level = min(self.most, self.level + (now - self._at) * self.rate)
        self._at = now
        return 0.0 if self.level > 0 else max(-self.level, 1e-3) / self.rate

    def withdraw(self, amount: float) -> None:
        self.level -= amount


class Allowance:
    """Keeps the accounts of all partners."""

    def __init__(
        self, store: Store, clock: Clock, allowed: Allowed, partners: Mapping[str, Allowed]
    ) -> None:
        """`partners`: those for whom something else holds than `allowed`."""
        self._store = store
        self._clock = clock
        self._allowed = allowed
        self._partners = partners
        self._accounts: dict[str, dict[str, Account]] = {}
        self._waiting: Counter[str] = Counter()
        self._look_at = -math.inf  # not before

    async def __call__(self, partner: str, messages: int, size: int) -> None:
        """Charge a batch of so many messages and bytes, its sender proven.

        Raises PartnerLimited (`partner.too_fast`, `partner.quota`), then nothing is charged;
        StoreUnavailable.
        """
        allowed = self._partners.get(partner, self._allowed)
        if allowed.waiting is not None:
            await self._check_waiting(partner, allowed.waiting)
        self._charge(partner, allowed, {"messages": messages, "bytes": size})
        self._waiting[partner] += messages

    def _charge(self, partner: str, allowed: Allowed, amounts: Mapping[str, int]) -> None:
        now = self._clock.monotonic()
        accounts = self._accounts.get(partner)
        if accounts is None:
            accounts = self._accounts[partner] = _accounts(allowed)
        for what, account in accounts.items():
            if pause := account.seconds_until_level(now):
                raise PartnerLimited(
                    f"more than {account.rate:g} {what} a second",
                    code="partner.too_fast",
                    retry_after=pause,
                    partner=partner,
                )
        for what, account in accounts.items():
            account.withdraw(amounts[what])

    async def _check_waiting(self, partner: str, most: int) -> None:
        await self._count()
        if self._waiting[partner] >= most:
            raise PartnerLimited(
                f"{self._waiting[partner]} of its messages wait for this city's own system, "
                f"at most {most}",
                code="partner.quota",
                retry_after=_QUOTA_SECONDS,
                partner=partner,
            )

    async def _count(self) -> None:
        """What waits, counted anew now and then; in between, what came is added."""
        before = self._clock.monotonic()
        if before < self._look_at:
            return
        self._look_at = math.inf  # one look at a time
        try:
            backlog = await self._store.backlog()
        finally:
            took = self._clock.monotonic() - before
            self._look_at = before + took + max(_LOOK_SECONDS, _LOOK_SHARE * took)
        self._waiting = Counter()
        for lane in backlog:
            if to_the_city(lane.lane):
                self._waiting[partner_of(lane.lane)] += lane.depth


def _accounts(allowed: Allowed) -> dict[str, Account]:
    rates = {"messages": allowed.messages_per_s, "bytes": allowed.bytes_per_s}
    return {
        what: Account(rate, rate * allowed.burst_s)
        for what, rate in rates.items()
        if rate is not None
    }
