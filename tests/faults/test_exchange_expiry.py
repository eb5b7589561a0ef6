"""Messages that outlive their time: given back, and settled properly when the partner is
there again after all."""

from datetime import timedelta
from pathlib import Path

from adapters.adapter import Draft
from contracts.messages import Kind, RemindBody, WithdrawBody
from gateway.exchange.submit import Submit
from tests.processes.city import City, cities
from tests.processes.drafts import now, submission
from tests.processes.ledger import assert_same_story, entries, incidents
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until_then
from tests.processes.road import road

SUITES = {"410100": "sm", "440100": "intl"}
SHORT = timedelta(seconds=1)


async def say(office: Office, draft: Draft, life: timedelta) -> None:
    parts = office.parts
    await Submit(parts.home, parts.store, parts.queue, life=life)(draft)


def remind(number: str) -> Draft:
    return Draft(number, Kind.REMIND, RemindBody(reminded_at=now()))


def withdraw(number: str) -> Draft:
    return Draft(number, Kind.WITHDRAW, WithdrawBody(asked_at=now()))


def states(city: City) -> list[tuple[str, str, str | None]]:
    return [(entry.kind, entry.state, entry.reason) for entry in entries(city.store)]


async def test_what_expired_unheard_is_refused_later_and_the_case_goes_on(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        here.start().ready()
        there.start().ready()
        async with offices([here]) as (office,):
            await office.file("E-1", there.code)
            await all_settled(here)
            there.kill()
            await say(office, remind("E-1"), SHORT)
            await say(office, withdraw("E-1"), timedelta(hours=1))
            await until_then(
                lambda: states(here)[1] == (Kind.REMIND, "expired", None), "the reminder expires"
            )
            assert states(here)[2] == (Kind.WITHDRAW, "queued", None)
            assert incidents(here.store) == ["envelope.expired"]
            there.start().ready()
            await all_settled(here)
        expected = [
            (Kind.SUBMIT, "taken", None),
            (Kind.REMIND, "refused", "envelope.expired"),
            (Kind.WITHDRAW, "taken", None),
        ]
        assert states(here) == states(there) == expected
        assert_same_story(here.store, there.store, here.folder / "members.json")


async def test_what_was_taken_in_time_is_set_right_when_its_receipt_comes(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        async with road(here, there) as way, offices([here]) as (office,):
            way.loses_answers = True
            here.start().ready()
            there.start().ready()
            await say(office, submission("E-2", here.code, there.code), SHORT)
            await until_then(lambda: states(there), "the partner has taken it")
            await until_then(
                lambda: states(here) == [(Kind.SUBMIT, "expired", None)], "it expires here"
            )
            way.loses_answers = False
            await all_settled(here)
        assert states(here) == states(there) == [(Kind.SUBMIT, "taken", None)]
        assert incidents(here.store) == ["envelope.expired"]
        assert_same_story(here.store, there.store, here.folder / "members.json")


async def test_an_expired_submission_takes_its_case_with_it(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (here, there):
        here.start().ready()
        async with offices([here]) as (office,):
            await say(office, submission("E-3", here.code, there.code), SHORT)
            await say(office, remind("E-3"), timedelta(hours=1))
            await office.file("E-4", there.code)
            await until_then(lambda: states(here)[0][1] == "expired", "the submission expires")
            there.start().ready()
            await all_settled(here)
        by_number = {(e.case_id, e.kind): (e.state, e.reason) for e in entries(there.store)}
        assert sorted(by_number.values(), key=str) == [
            ("refused", "case.unknown"),
            ("refused", "envelope.expired"),
            ("taken", None),
        ]
        assert_same_story(here.store, there.store, here.folder / "members.json")
