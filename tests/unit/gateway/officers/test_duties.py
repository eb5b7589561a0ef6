"""Every command has its officer, and no officer does another's work."""

import inspect
import itertools

import pytest

from gateway.cli.app import app
from gateway.cli.guard import commands
from gateway.officers.duties import COMMANDS, NOBODY, OFFICERS, STRICTER, Duty, rule_of

OPEN = {
    "init",
    "run",
    "demo",
    "translate",
    "contracts export",
    "verify",
    "sign-in",
    "members pin",
    "sign-out",
    "whoami",
    "officer found",
    "officer password",
    "officer recover",
}
LOOKING = {
    "doctor",
    "incident list",
    "incident show",
    "case list",
    "case show",
    "case follow",
    "message show",
    "keys list",
    "members list",
    "federation show",
    "federation check",
    "officer list",
    "token list",
}
FOUND = dict(commands(app))


def test_every_command_has_a_duty_and_every_duty_a_command() -> None:
    assert set(FOUND) == set(COMMANDS)


def test_what_is_open_is_listed_here_too() -> None:
    assert {words for words, rule in COMMANDS.items() if rule.open} == OPEN


def test_what_does_something_is_one_officers_work() -> None:
    shared = {words for words, rule in COMMANDS.items() if len(rule.may) > 1}
    assert shared == LOOKING
    assert all(rule.may <= set(OFFICERS) for rule in COMMANDS.values())


def test_the_work_of_each_is_disjoint() -> None:
    own = {
        duty: {words for words, rule in COMMANDS.items() if rule.may == {duty}} for duty in OFFICERS
    }
    assert all(own.values())
    for one, other in itertools.combinations(own.values(), 2):
        assert not one & other


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_guarded_command_says_whose_member_it_is_about(words: str) -> None:
    callback, rule = FOUND[words].callback, COMMANDS[words]
    assert callback is not None
    parameters = inspect.signature(callback).parameters
    if not rule.open:
        assert "home" in parameters
    if rule.about is not None:
        assert rule.about in parameters


@pytest.mark.parametrize(("words", "option"), sorted(STRICTER))
def test_a_stricter_option_is_one_of_the_command(words: str, option: str) -> None:
    callback = FOUND[words].callback
    assert callback is not None
    assert option in inspect.signature(callback).parameters
    assert STRICTER[words, option].may < COMMANDS[words].may


@pytest.mark.parametrize("words", sorted(set(COMMANDS) - OPEN))
def test_the_guard_is_on_every_command_that_is_not_open(words: str) -> None:
    assert hasattr(FOUND[words].callback, "__wrapped__")


def test_what_people_wrote_is_the_auditors_to_read() -> None:
    assert Duty.SYSTEM in rule_of("message show", {"open_": False}).may
    assert rule_of("message show", {"open_": True}).may == {Duty.AUDITOR}
    assert rule_of("incident show", {"output": "f"}).may == {Duty.AUDITOR}


def test_a_command_that_was_forgotten_is_nobodys() -> None:
    assert rule_of("keys burn", {}) is NOBODY
    assert not NOBODY.may & set(OFFICERS)
    assert not NOBODY.open
