"""The people of two cities: one files cases, the other answers with facts.

They work from the test's own process, on the same stores as the gateways that run.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from contracts.case import State
from contracts.messages import Kind
from gateway import bootstrap
from gateway.bootstrap import Parts
from tests.processes.city import City
from tests.processes.drafts import fact, submission
from tests.processes.ledger import ask
from tests.processes.patience import LONG, until_then

_NEXT = {
    State.SUBMITTED: Kind.RECEIVE,
    State.RECEIVED: Kind.ACCEPT,
    State.ACCEPTED: Kind.DECIDE,
    State.DECIDED: Kind.CLOSE,
}


class Office:
    """One city's desk, beside its gateway."""

    def __init__(self, city: City, parts: Parts) -> None:
        self.city = city
        self.parts = parts

    async def file(self, number: str, handling: str) -> str:
        """File one case for another city; its case id."""
        draft = submission(number, self.city.code, handling)
        return (await self.parts.submit(draft)).case_id

    async def answer_all(self, partner: str, closed: int, *, within: float = LONG) -> None:
        """State the next fact of every case of `partner`, until `closed` of them are closed."""

        async def step() -> bool:
            for case_id, state in self.cases(partner):
                if kind := _NEXT.get(state):
                    await self.parts.submit(fact(kind, case_id))
            done = [state for _, state in self.cases(partner) if state is State.CLOSED]
            return len(done) >= closed

        deadline = asyncio.get_running_loop().time() + within
        while not await step():
            seen = Counter(state.value for _, state in self.cases(partner))
            late = asyncio.get_running_loop().time() > deadline
            assert not late, f"the cases were not all closed: {dict(seen)}"
            await asyncio.sleep(0.1)

    def cases(self, partner: str) -> list[tuple[str, State]]:
        """The cases that came from `partner`, as this city's copy has them."""
        found = ask(
            self.city.books,
            "SELECT id, state FROM case_record WHERE receiving = ? ORDER BY opened_at",
            partner,
        )
        return [(case_id, State(state)) for case_id, state in found]


@asynccontextmanager
async def offices(cities: Sequence[City]) -> AsyncIterator[list[Office]]:
    """A desk for each city; the stores are closed at the end."""
    opened = [Office(city, bootstrap.parts(city.home)) for city in cities]
    try:
        yield opened
    finally:
        for office in opened:
            await office.parts.queue.close()
            await office.parts.store.close()


async def all_settled(*cities: City, within: float = LONG) -> None:
    """Wait until nothing is on its way any more."""
    await until_then(
        lambda: not any(ask(city.books, "SELECT 1 FROM ticket LIMIT 1") for city in cities),
        "no ticket is left",
        within=within,
    )
