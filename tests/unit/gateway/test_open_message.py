"""Opening a message again: received or sent, and what to say when that cannot be done."""

from dataclasses import replace

import pytest

from adapters.adapter import File
from contracts.errors import MessageRefused
from contracts.messages import Kind, SubmitBody
from gateway.exchange.open_message import OpenMessage
from gateway.exchange.pack import pack
from gateway.ports import Verdict, always
from gateway.records import Changes, MessageRecord, MessageState, Scope, partner_lane
from gateway.simulation.drafts import submission
from keys.suites.suite import OpeningKey
from tests.unit.gateway.stage import HERE, THERE, City, two_cities

FILES = {"photo": File("image/jpeg", b"\xff\xd8 photo")}


async def sent_and_received() -> tuple[City, MessageRecord, City, MessageRecord]:
    here, there = two_cities()
    draft = submission("1", receiving=HERE, handling=THERE, at=here.clock.now(), files=FILES)
    submitted = await here.submit(draft)
    (ticket,) = await here.store.tickets(partner_lane(THERE), 0, 10)
    packed = await pack(here.home, THERE, await here.store.outgoing([ticket.message_id]))
    await there.receive(packed.body)
    found = [await city.store.message(HERE, str(submitted.message_id)) for city in (here, there)]
    assert found[0] is not None
    assert found[1] is not None
    return here, found[0], there, found[1]


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_both_cities_read_the_same(side: str) -> None:
    here, sent, there, received = await sent_and_received()
    city, message = (here, sent) if side == "sender" else (there, received)
    opened = await OpenMessage(city.home, city.store)(message)
    assert opened.kind is Kind.SUBMIT
    assert isinstance(opened.body, SubmitBody)
    assert opened.body.application.applicant.name == "𠮷田"
    assert opened.files == FILES
    application = await OpenMessage(city.home, city.store).application(message.case_id)
    assert application == opened.body.application


async def test_a_case_that_nobody_submitted_has_no_application() -> None:
    here, _ = two_cities()
    assert await OpenMessage(here.home, here.store).application("no such case") is None


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_parts_that_are_gone_are_said_to_be_gone(side: str) -> None:
    """Their retention is over: the envelope stays, and nobody's gateway may stumble over it."""
    here, sent, there, received = await sent_and_received()
    city, message = (here, sent) if side == "sender" else (there, received)
    for parts in ((), message.parts[:1]):
        with pytest.raises(MessageRefused) as caught:
            await OpenMessage(city.home, city.store)(replace(message, parts=parts))
        assert caught.value.code == "part.missing"


async def test_a_submission_whose_parts_are_gone_has_no_application() -> None:
    here, sent, _, _ = await sent_and_received()
    emptied = City(HERE, here.clock)
    await emptied.store.apply(
        Scope(), lambda _: Verdict(Changes(messages=[replace(sent, parts=())]), None)
    )
    found = await OpenMessage(here.home, emptied.store).application(sent.case_id)
    assert found is None


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_a_key_that_is_gone_is_said_to_be_gone(side: str) -> None:
    here, sent, there, received = await sent_and_received()
    city, message = (here, sent) if side == "sender" else (there, received)
    no_keys: dict[str, OpeningKey] = {}
    city.home.opening_key = no_keys.__getitem__
    city.home._openers.clear()  # a process that starts without the key
    with pytest.raises(MessageRefused) as caught:
        await OpenMessage(city.home, city.store)(message)
    assert caught.value.code == "part.unreadable"


async def test_without_our_copy_of_the_secret_what_we_sent_is_unreadable() -> None:
    here, sent, _, _ = await sent_and_received()
    with pytest.raises(MessageRefused) as caught:
        await OpenMessage(here.home, type(here.store)())(sent)
    assert caught.value.code == "part.unreadable"


async def test_what_was_refused_is_not_what_the_case_is_about() -> None:
    _, _, _, received = await sent_and_received()
    refused = replace(received, state=MessageState.REFUSED)
    city, _ = two_cities()
    await city.store.apply(Scope(), always(Changes(messages=[refused])))
    assert await OpenMessage(city.home, city.store).application(received.case_id) is None


@pytest.mark.parametrize(
    ("said", "instead", "code"),
    [
        ('"kind":"case.submit"', '"kind":"case.sing"', "envelope.kind_unknown"),
        ('"secret":"', '"secret":"A', "part.unreadable"),
    ],
)
async def test_what_was_refused_for_its_form_is_said_to_be_unreadable(
    said: str, instead: str, code: str
) -> None:
    _, _, there, received = await sent_and_received()
    strange = received.envelope.decode().replace(said, instead).encode()
    assert strange != received.envelope
    with pytest.raises(MessageRefused) as caught:
        await OpenMessage(there.home, there.store)(replace(received, envelope=strange))
    assert caught.value.code == code
