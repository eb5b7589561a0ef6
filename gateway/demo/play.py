"""Plays one case: drops a city's document, waits for what the other city's system gets.

Each side knows the case by its own number alone: the receiving city by the one it gave, the
handling city by the one in the document that its gateway handed over.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from string import Template

from contracts.messages import Kind
from contracts.working_days import BEIJING
from gateway.cli.language import say
from gateway.cli.wording import kind_name
from gateway.demo.city import City, DemoFailed
from gateway.demo.stories import Step, Story

_STEP_SECONDS = 40.0
_LOOK_EVERY = 0.03
_UNSAFE = re.compile(r"[^0-9A-Za-z_-]")

Tell = Callable[[Story, Step, City, City], None]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What one step put into a city, and what came out of the other."""

    step: Step
    sender: City
    went_in: str
    receiver: City
    came_out: tuple[str, ...]


@dataclass
class Played:
    """A case that went its whole way. `numbers`: what each city calls it."""

    story: Story
    numbers: dict[str, str]
    exchanged: list[Exchanged] = field(default_factory=list)


async def play(story: Story, cities: Mapping[str, City], serial: int, tell: Tell) -> Played:
    """The whole story. Raises DemoFailed when a step has no effect in time."""
    now = datetime.now(BEIJING)
    played = Played(story, {story.receiving: f"{story.receiving}{now:%Y%m%d}{serial:05d}"})
    for place, step in enumerate(story.steps, 1):
        sender = cities[step.city]
        other = story.handling if step.city == story.receiving else story.receiving
        receiver = cities[other]
        text = _filled(story, step, place, played.numbers[step.city])
        name = f"{story.name}-{step.document}"
        sender.drop(name, text)
        came = [await _arrival(played, kind, name, sender, receiver) for kind in step.brings]
        played.exchanged.append(Exchanged(step, sender, text, receiver, tuple(came)))
        tell(story, step, sender, receiver)
    return played


def _filled(story: Story, step: Step, place: int, number: str) -> str:
    """The document of a step with this case's number and the time of day."""
    script = resources.files("gateway.demo").joinpath("scripts", story.name, step.document)
    now = datetime.now(BEIJING)
    return Template(script.read_text("utf-8")).substitute(
        number=number,
        step=place,
        year=now.year,
        seconds=f"{now:%Y-%m-%d %H:%M:%S}",
        compact=f"{now:%Y%m%d%H%M%S}",
        iso=now.isoformat(timespec="seconds"),
    )


async def _arrival(played: Played, kind: Kind, name: str, sender: City, receiver: City) -> str:
    """The native document that the receiver's system gets, as text."""
    deadline = time.monotonic() + _STEP_SECONDS
    while time.monotonic() < deadline:
        found = _find(played, kind, receiver)
        if found is not None:
            return found
        for city in (sender, receiver):
            city.must_live()
        if reason := sender.rejection(name):
            raise DemoFailed(f"{sender.name} {name}: {reason}", sender)
        await asyncio.sleep(_LOOK_EVERY)
    what = say(f"{receiver.name}未收到{kind_name(kind)}", f"{receiver.name} never got {kind}")
    raise DemoFailed(f"{played.story.title}: {what} ({name})", receiver)


def _find(played: Played, kind: Kind, receiver: City) -> str | None:
    if kind is Kind.SUBMIT:
        return _find_new(played, receiver)
    number = _UNSAFE.sub("_", played.numbers[receiver.code])
    documents = receiver.documents(f"{kind}-{number}")
    return receiver.read(documents[0]) if documents else None


def _find_new(played: Played, receiver: City) -> str | None:
    """The clerk of the handling city finds the new case by its applicant."""
    for document in receiver.documents(Kind.SUBMIT):
        text = receiver.read(document)
        if played.story.applicant in text:
            played.numbers[receiver.code] = receiver.number_in(text)
            return text
    return None
