"""`tongban case list`, `show` and `follow`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from contracts.case import State
from gateway.cli import case_submit, screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.timeline import case_drawing, event_line, heading
from gateway.cli.wording import city_name, clock, kind_name, state_name
from gateway.exchange.view import CaseView, whose_turn
from gateway.exchange.view_json import view_json
from gateway.records import CaseRecord, MessageState

_LOOK_EVERY = 0.2  # seconds

Name = Annotated[
    str, typer.Argument(metavar="CASE", help=say("办件标识或本地编号", "case id or number"))
]
Open = Annotated[
    bool,
    typer.Option(
        "--open", help=say("解封正文, 不遮盖个人信息", "open what is sealed, mask nothing")
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=say("输出 JSON", "print JSON"))]


def show_list(
    home: Home = Path(),
    limit: Annotated[int, typer.Option(help=say("最多几件", "how many at most"), min=1)] = 50,
) -> None:
    async def work(desk: Desk) -> None:
        cases = await desk.parts.store.cases(before=None, limit=limit)
        if not cases:
            screen.out().print(say("尚无办件", "no cases yet"))
            return
        screen.out().print(_table(cases, desk.us))

    at_desk(home, work)


def show(name: Name, home: Home = Path(), open_: Open = False, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> None:
        view = await desk.view(await desk.view.find(name), opened=open_)
        if as_json:
            text = json.dumps(view_json(view, unmasked=open_), ensure_ascii=False, indent=2)
            screen.write_bytes(text.encode() + b"\n")
        else:
            screen.out().print(case_drawing(view, unmasked=open_))

    at_desk(home, work)


def follow(
    name: Name,
    home: Home = Path(),
    until: Annotated[
        State | None, typer.Option(help=say("到过此状态即止", "stop once the case was in it"))
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help=say("最多等几秒", "wait so many seconds at most"), min=0)
    ] = None,
) -> None:
    async def work(desk: Desk) -> bool:
        console, shown = screen.out(), False
        async for view, news in _changes(desk, name, timeout):
            if not shown:
                console.print(heading(view))
                shown = True
            for line in news:
                console.print(line, soft_wrap=True)
            if until is not None and until in {event.state for event in view.events}:
                return True
        return until is None

    try:
        reached = at_desk(home, work)
    except KeyboardInterrupt:
        return
    if not reached:
        late = say("时间已到, 办件尚未到此状态", "the time is over, and the case is not there yet")
        screen.err().print(f"{late}: {state_name(until)}", style="yellow")
        raise typer.Exit(1)


async def _changes(
    desk: Desk, name: str, patience: float | None
) -> AsyncIterator[tuple[CaseView, list[Text]]]:
    """The view whenever there is news in it; ends when the time is over."""
    deadline = None if patience is None else time.monotonic() + patience
    seen: dict[str, MessageState] = {}
    while True:
        record = await desk.view.find(name)
        states = {m.id: m.state for m in await desk.parts.store.messages(record.id)}
        if states != seen:
            view = await desk.view(record)
            news = [e for e in view.events if seen.get(e.message.id) is not e.message.state]
            seen = {event.message.id: event.message.state for event in view.events}
            yield view, [event_line(event) for event in news]
        if deadline is not None and time.monotonic() >= deadline:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _table(cases: list[CaseRecord], us: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("变动", "changed"), style="dim", no_wrap=True)
    table.add_column(say("收件地 → 办理地", "receiving → handling"), no_wrap=True)
    table.add_column(say("状态", "state"), style="bold", no_wrap=True)
    table.add_column(say("下一步", "next"), no_wrap=True)
    table.add_column(say("本地编号", "number"), overflow="fold")
    for record in cases:
        case = record.case
        turn = whose_turn(case)
        ways = f"{city_name(case.receiving)} → {city_name(case.handling)}" if case else us
        following = f"{city_name(turn.member)}: {kind_name(turn.kinds[0])}…" if turn else "—"
        if turn and len(turn.kinds) == 1:
            following = following.rstrip("…")
        state = state_name(case.state if case else None)
        table.add_row(clock(record.changed_at), ways, state, following, record.number or record.id)
    return table


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help=say("办件: 提交、列出、查看、跟踪.", "Cases: submit, list, show, follow."),
    )
    group.command(
        "submit",
        help=say("按本市画像翻译一份文件并提交.", "Translate a document of this city, submit it."),
    )(case_submit.submit)
    group.command("list", help=say("列出办件, 新的在前.", "List cases, the newest first."))(
        show_list
    )
    group.command(
        "show",
        help=say("一件的状态、下一步与往来.", "State, next step and messages of one case."),
    )(show)
    group.command(
        "follow",
        help=say("随时打印新的往来, 直到中断.", "Print what happens until interrupted."),
    )(follow)
    app.add_typer(group, name="case")
