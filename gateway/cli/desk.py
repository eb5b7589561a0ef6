"""What commands work with: a member's folder, open for as long as the command takes.

The gateway may be running or not: both write to the same store. What a desk needs is loaded
when one is opened: help and translation should not wait for a database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from adapters.adapter import Adapter
from contracts.errors import SettingsInvalid
from gateway import config
from gateway.calendars import load_calendar
from gateway.cli.language import say
from gateway.exchange.case_clock import Counting
from gateway.exchange.open_message import OpenMessage
from gateway.exchange.view import ViewCase

if TYPE_CHECKING:
    from gateway.bootstrap import Parts

T = TypeVar("T")

Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="TONGBAN_HOME",
        help=say("成员目录, 由 tongban init 建立", "the member's folder, made by tongban init"),
        show_default=say("当前目录", "this folder"),
    ),
]
"""The option that every command about a member's own cases has."""


@dataclass(frozen=True)
class Desk:
    """One city's settings, keys, store and adapter."""

    folder: config.Home
    parts: Parts

    @property
    def us(self) -> str:
        return self.parts.home.code

    @cached_property
    def view(self) -> ViewCase:
        time = self.folder.settings.time
        counting = Counting(load_calendar(self.folder.path(time.calendars)), time.yellow)
        home = self.parts.home
        return ViewCase(self.us, self.parts.store, self.open_message, home.clock, counting)

    @cached_property
    def open_message(self) -> OpenMessage:
        return OpenMessage(self.parts.home, self.parts.store)

    def adapter(self) -> Adapter:
        """Raises SettingsInvalid when the settings name no profile."""
        from gateway import bootstrap  # noqa: PLC0415  # see above

        adapter = bootstrap.adapter(self.folder)
        if adapter is None:
            raise SettingsInvalid(
                ["city.profile: without a profile no document can be read"], source="tongban.toml"
            )
        return adapter


@contextlib.asynccontextmanager
async def desk(home: Path) -> AsyncIterator[Desk]:
    """Open `home`; close its queue and store at the end."""
    from gateway import bootstrap  # noqa: PLC0415  # see above

    folder = config.load(home)
    parts = bootstrap.parts(folder)
    try:
        yield Desk(folder, parts)
    finally:
        await parts.queue.close()
        await parts.store.close()


def at_desk(home: Path, work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    """Run `work` at the desk of `home`."""

    async def whole() -> T:
        async with desk(home) as opened:
            return await work(opened)

    return asyncio.run(whole())
