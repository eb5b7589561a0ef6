"""Two processes of each role of one member: one of each is killed while cases flow.

PostgreSQL keeps, RabbitMQ tells, a front hands requests to whichever `api` listens. What the
partner files comes to the city's own system once and in order, and so does the answer.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.adapter import Draft
from contracts.case import State
from contracts.matter import MatterRef
from contracts.messages import Kind, RemindBody, SubmitBody
from tests.processes.broker import use_broker
from tests.processes.bureau import Bureau
from tests.processes.city import City, beside, cities
from tests.processes.drafts import application, now
from tests.processes.ledger import ask, assert_same_story, count
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until_then
from tests.processes.postgres import Server
from tests.processes.rabbitmq import rabbit_server
from tests.processes.road import road

PARTNER, MEMBER = "440100", "419001"
MATTER = MatterRef(base_code="002014001000", name="职业资格证书核验")
CASES = 24
SAID = (Kind.SUBMIT, Kind.REMIND, Kind.REMIND)
DRAIN = 20.0  # seconds after which a process that stops gives up what it waits for
TAKEOVER = 20.0  # seconds; a lease is 6


@dataclass
class Staff:
    """The processes of the member, two of each role."""

    api: list[City]
    courier: list[City]
    adapter: list[City]

    @property
    def all(self) -> list[City]:
        return [*self.api, *self.courier, *self.adapter]


@asynccontextmanager
async def staffed(member: City) -> AsyncIterator[Staff]:
    def two(role: str) -> list[City]:
        made = [beside(member), beside(member)]
        for each in made:
            each.env = {
                "TONGBAN_GATEWAY__ROLES": f'["{role}"]',
                "TONGBAN_CITY__CONNECTOR": "folder",
                "TONGBAN_CITY__PROFILE": MEMBER,
            }
        return made

    staff = Staff(two("api"), two("courier"), two("adapter"))
    try:
        yield staff
    finally:
        for each in staff.all:
            each.clear_away()


async def file_one(office: Office, number: str) -> None:
    """A case and two reminders at once: three things that must come in this order."""
    body = application(PARTNER, MEMBER).model_copy(update={"matter": MATTER})
    await office.parts.submit(Draft(number, Kind.SUBMIT, SubmitBody(application=body)))
    for _ in range(2):
        await office.parts.submit(Draft(number, Kind.REMIND, RemindBody(reminded_at=now())))


def holder(processes: list[City], lane: str) -> City | None:
    """Which of the processes has the lease."""
    found = ask(processes[0].books, "SELECT owner FROM lane WHERE lane = ?", lane)
    pids = {str(each.process.pid): each for each in processes if each.process is not None}
    return pids.get(str(found[0][0]).split("/")[1]) if found else None


async def kill_the_holder(processes: list[City], lane: str) -> None:
    """Another process has its lease within seconds."""
    dying = await until_then(lambda: holder(processes, lane), f"{lane} is held")
    assert dying is not None
    dying.kill()
    await until_then(lambda: holder(processes, lane), f"{lane} is taken over", within=TAKEOVER)


@pytest.mark.slow
async def test_no_process_is_needed_by_the_others(
    tmp_path: Path, new_database: Callable[[], str], postgres: Server
) -> None:
    del postgres
    chance = random.Random(16)
    with (
        rabbit_server() as broker,
        cities(tmp_path, {PARTNER: "intl", MEMBER: "sm"}) as (partner, member),
    ):
        member.move_to(new_database())
        use_broker(member, broker, broker.new_vhost())
        async with staffed(member) as staff, road(partner, staff.api[0]) as front:
            front.others = [staff.api[1].port]
            for process in (partner, *staff.all):
                process.start()
            for process in (partner, *staff.all):
                process.ready()
            bureau = Bureau(member.folder / "city", expected=len(SAID))
            await shares_are_taken(staff)

            async def accident(at: int, happens: Callable[[], Awaitable[None]]) -> None:
                await until_then(lambda: bureau.work() >= at, f"{at} cases are answered")
                await happens()

            async def an_api_dies() -> None:
                chance.choice(staff.api).kill()

            async with offices([partner]) as (office,):
                for number in range(CASES // 2):
                    await file_one(office, f"R-{number}")
                accidents = [
                    lambda: kill_the_holder(staff.adapter, "take-in"),
                    lambda: kill_the_holder(staff.courier, f"partner/{PARTNER}"),
                    an_api_dies,
                ]
                chance.shuffle(accidents)
                for turn, happens in enumerate(accidents):
                    await accident(1 + turn * CASES // 8, happens)
                    for number in range(CASES // 6):
                        await file_one(office, f"R-{turn}-{number}")
                filed = CASES // 2 + 3 * (CASES // 6)
                await until_then(lambda: bureau.work() == filed, "all cases are answered")
                await until_then(lambda: closed(partner) == filed, "all cases are closed")
                await all_settled(partner, member)
            await asyncio.to_thread(stop_all, [each for each in staff.all if each.process])
        said = assert_same_story(partner.books, member.books, partner.folder / "members.json")
        assert said == filed * (len(SAID) + 4)
        assert all(kinds == list(SAID) for kinds in bureau.documents().values())
        assert len(list((member.folder / "city" / "accepted").iterdir())) == filed
        for empty in ("in", "rejected", "notices"):
            assert list((member.folder / "city" / empty).iterdir()) == []
        assert count(member.books, "incident") == 0


async def shares_are_taken(staff: Staff) -> None:
    """The two adapters come to hold half of the lanes each."""

    def held() -> list[int]:
        found = ask(
            staff.adapter[0].books,
            "SELECT count(*) FROM lane WHERE lane LIKE 'city%' GROUP BY owner ORDER BY 1",
        )
        return [int(row[0]) for row in found]

    await until_then(lambda: held() == [4, 5], "nine leases are shared by two")


def stop_all(processes: list[City]) -> None:
    """Each ends in order and soon, also one that waits for what another holds."""
    start = time.monotonic()
    for each in processes:
        each.terminate()
    assert [each.ended() for each in processes] == [0] * len(processes)
    assert time.monotonic() - start < DRAIN, "nobody had to be given up"


def closed(city: City) -> int:
    return count(city.books, "case_record", "state = ?", State.CLOSED.value)
