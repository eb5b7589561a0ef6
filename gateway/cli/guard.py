"""The guard on the commands: put on all of them at once, by the table of duties.

A command knows nothing of it. Before a command begins, whoever is signed in is looked up, and
the use is entered in the log; a command that the table does not name nobody may use.
"""

import asyncio
import functools
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from contracts.errors import SettingsInvalid, StoreUnavailable
from gateway import config
from gateway.cli.session_file import read_session
from gateway.officers.duties import COMMANDS, Rule, rule_of
from gateway.officers.records import Account

_ADMITTED: ContextVar[Account | None] = ContextVar("admitted", default=None)


def admitted() -> Account | None:
    """The officer whose command runs; None where there are none, or for an open command."""
    return _ADMITTED.get()


def put_on(app: typer.Typer) -> None:
    """Guard every command of `app` that is not open."""
    for words, info in commands(app):
        rule, command = COMMANDS.get(words), info.callback
        if command is not None and (rule is None or not rule.open):
            info.callback = _guarded(words, command)


def commands(app: typer.Typer) -> Iterator[tuple[str, CommandInfo]]:
    """All commands with the words that call them: `federation found`."""
    for info in app.registered_commands:
        name = info.name or get_command_name(getattr(info.callback, "__name__", ""))
        yield name, info
    for group in app.registered_groups:
        if group.typer_instance is not None:
            for words, info in commands(group.typer_instance):
                yield f"{group.name} {words}", info


def _guarded(words: str, command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def through(*arguments: Any, **options: Any) -> Any:
        _ADMITTED.set(_admit(words, options))
        return command(*arguments, **options)

    return through


def _admit(words: str, options: Mapping[str, Any]) -> Account | None:
    """Raises what `Guard.admit` does, and what keeps the officers from being looked up."""
    rule = rule_of(words, options)
    try:
        folder = config.load(options.get("home", Path()))
        return _looked_up(folder, words, rule, _about(rule, options))
    except (SettingsInvalid, StoreUnavailable):
        if rule.unreadable:
            return None
        raise


def _looked_up(folder: config.Home, words: str, rule: Rule, about: str) -> Account | None:
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for a database

    if not bootstrap.may_have_officers(folder):
        return None

    async def work() -> Account | None:
        async with bootstrap.officer_desk(folder) as desk:
            account = await desk.guard.admit(read_session(folder), words, rule, about)
            if account is not None:
                await desk.note_where_missing()
            return account

    return asyncio.run(work())


def _about(rule: Rule, options: Mapping[str, Any]) -> str:
    """What the command is about; of several files the first. Never a whole path."""
    value = options.get(rule.about) if rule.about else None
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if value is None:
        return ""
    return value.name if isinstance(value, Path) else str(value)
