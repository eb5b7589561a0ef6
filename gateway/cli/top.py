"""`tongban top`: lanes, links and rates, drawn anew every second until Ctrl-C.

It looks into the store and nowhere else, so it shows all processes of a gateway, and one that
is down. Rates are counted from the first look.
"""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts.errors import TongbanError
from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.failure import failure
from gateway.cli.language import say
from gateway.cli.links import Row, rows_of, table_of, troubles_of
from gateway.cli.wording import city_name, full_clock, reason_name
from gateway.records import Incident

_EVERY_SECONDS = 1.0
_INCIDENTS = 5  # shown


@dataclass(slots=True)
class Rates:
    """Receipts a second since the view began, by partner."""

    _first: dict[str, tuple[int, int]] = field(default_factory=dict)  # when, how many

    def look(self, rows: Sequence[Row]) -> dict[str, float]:
        """Those that can be told by now."""
        found = {}
        for row in rows:
            if row.link is None:
                continue
            at, count = row.link.at, row.link.status.receipts
            first_at, first = self._first.setdefault(row.key, (at, count))
            if count < first:  # the gateway was started again
                self._first[row.key] = at, count
            elif at > first_at:
                found[row.key] = (count - first) * 1000 / (at - first_at)
        return found


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows."""

    us: str
    now_ms: int
    rows: Sequence[Row]
    rates: Mapping[str, float]
    counts: Mapping[str, int]
    newest: Sequence[Incident]


def frame(look: Look, heading: Text) -> RenderableType:
    parts: list[RenderableType] = [heading, ""]
    rates = {key: Text(_rate(rate)) for key, rate in look.rates.items()}
    rates.setdefault("", Text(""))  # the column stands from the first frame on
    parts.append(table_of(look.rows, look.now_ms, rates))
    for trouble in troubles_of(look.rows, look.now_ms):
        parts += ["", trouble]
    total = sum(look.counts.values())
    parts += ["", Text(say(f"异常 {total} 条", f"{total} incidents"), "bold")]
    for incident in look.newest:
        line = Text(f"  {reason_name(incident.code)}  {incident.code}")
        if incident.partner:
            line.append(f"  {city_name(incident.partner)}", "dim")
        parts.append(line)
    return Group(*parts)


def _rate(rate: float) -> str:
    return say(f"{rate:.1f} 件/秒", f"{rate:.1f}/s")


def _heading(desk: Desk) -> Text:
    heading = Text(say(f"通办 {city_name(desk.us)}", f"tongban {city_name(desk.us)}"), "bold")
    heading.append(f"  {full_clock(desk.parts.home.clock.now())}", "dim")
    return heading


async def _look(desk: Desk, rates: Rates) -> Look:
    store = desk.parts.store
    rows = await rows_of(desk)
    return Look(
        us=desk.us,
        now_ms=desk.parts.home.now_ms(),
        rows=rows,
        rates=rates.look(rows),
        counts=await store.incident_counts(),
        newest=await store.incidents(limit=_INCIDENTS),
    )


async def _drawn(desk: Desk, rates: Rates) -> RenderableType:
    try:
        return frame(await _look(desk, rates), _heading(desk))
    except TongbanError as error:  # it may be back in a second
        return Group(_heading(desk), "", failure(error))


async def _live(desk: Desk) -> None:
    """Until SIGINT or SIGTERM; whatever ends it, the terminal is left as it was found."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    rates = Rates()
    first = await _drawn(desk, rates)
    with Live(first, console=screen.out(), screen=True, auto_refresh=False) as live:
        live.refresh()
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await ended.wait()
                    return
            live.update(await _drawn(desk, rates), refresh=True)


def top(
    home: Home = Path(),
    once: Annotated[
        bool, typer.Option("--once", help=say("只显示一次", "draw it once and end"))
    ] = False,
) -> None:
    async def work(desk: Desk) -> None:
        if not once and screen.out().is_terminal:
            await _live(desk)
            return
        # A look outside of `_drawn`: what reads this wants to know when it failed.
        screen.out().print(frame(await _look(desk, Rates()), _heading(desk)))

    at_desk(home, work)


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say("实时总览: 通道、连通、速率、异常; Ctrl-C 结束", "a live view; Ctrl-C ends it")
    )(top)
