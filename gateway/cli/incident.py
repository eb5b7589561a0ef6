"""`tongban incident list` and `show`: what could not be used, was set aside, or is an alarm."""

from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.errors import REASONS, Wrong
from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.wording import beijing, city_name, reason_name
from gateway.records import Incident
from keys.atomic_file import write_atomically


def show_list(
    home: Home = Path(),
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help=say("最多几条", "at most so many"))
    ] = 20,
) -> None:
    async def work(desk: Desk) -> tuple[dict[str, int], list[Incident]]:
        store = desk.parts.store
        return await store.incident_counts(), await store.incidents(limit=limit)

    counts, found = at_desk(home, work)
    console = screen.out()
    if not found:
        console.print(say("没有异常记录", "no incidents"))
        return
    for incident in found:
        _print(incident)
    total = sum(counts.values())
    kinds = "  ".join(f"{code} {count}" for code, count in sorted(counts.items()))
    console.print(Text(say(f"共 {total} 条: {kinds}", f"{total} in all: {kinds}"), "dim"))


def show(
    incident_id: Annotated[str, typer.Argument(metavar="ID", help=say("记录标识", "incident id"))],
    home: Home = Path(),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=say("把原文写入文件", "write the bytes to a file")),
    ] = None,
) -> None:
    async def work(desk: Desk) -> Incident:
        found = await desk.parts.store.incident(incident_id)
        if found is None:
            raise Wrong("this city knows no such incident", code="not_found", value=incident_id)
        return found

    incident = at_desk(home, work)
    _print(incident)
    grid = _grid()
    reason = REASONS.get(incident.code, REASONS["internal"])
    grid.add_row(say("处理", "remedy"), Text(say(reason.remedy_zh, reason.remedy_en)))
    grid.add_row(say("原文", "bytes"), str(len(incident.content or b"")))
    screen.out().print(Padding(grid, (0, 0, 0, 2)))
    if output is not None:
        write_atomically(output, incident.content or b"", mode=0o600)


def _print(incident: Incident) -> None:
    """When, what, where; then the id, which `show` takes."""
    head = Text(f"{beijing(incident.at):%Y-%m-%d %H:%M:%S}  ")
    head.append(f"{reason_name(incident.code)}  {incident.code}", "bold")
    if incident.partner:
        head.append(f"  {city_name(incident.partner)}")
    grid = _grid()
    grid.add_row(say("详情", "detail"), Text(incident.detail))
    if incident.where:
        places = "  ".join(f"{name} {value}" for name, value in incident.where.items())
        grid.add_row(say("位置", "where"), Text(places))
    if incident.message_id:
        grid.add_row(say("报文", "message"), incident.message_id)
    grid.add_row(say("标识", "id"), Text(incident.id, "dim"))
    screen.out().print(head, soft_wrap=True)
    screen.out().print(Padding(grid, (0, 0, 0, 2)))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=8)
    grid.add_column(overflow="fold")
    return grid


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("异常与警报", "incidents and alarms"))
    group.command(
        "list", help=say("最近的异常与警报", "the newest: alarms, and what was set aside")
    )(show_list)
    group.command(
        "show", help=say("一条记录, 可取出原文", "one of them; its bytes can be written out")
    )(show)
    app.add_typer(group, name="incident")
