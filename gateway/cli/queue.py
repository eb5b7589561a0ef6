"""`tongban queue rebuild`: the queues of the broker, made anew from the store."""

from pathlib import Path

import typer
from rich.table import Table

from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.wording import city_name, clock
from gateway.ports import Backlog
from gateway.records import CITY_LANE


def rebuild(home: Home = Path()) -> None:
    async def work(desk: Desk) -> list[Backlog]:
        return await desk.parts.queue.rebuild()

    lanes = at_desk(home, work)
    console = screen.out()
    if not lanes:
        console.print(say("没有待办报文, 无需重建", "nothing waits: nothing to rebuild"))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("通道", "lane"))
    table.add_column(say("待办", "waiting"), justify="right")
    table.add_column(say("最早", "oldest"))
    for lane in sorted(lanes, key=lambda each: each.lane):
        oldest = clock(lane.oldest_at) if lane.oldest_at is not None else ""
        about = "≈ " if lane.about else ""
        table.add_row(_lane_name(lane.lane), f"{about}{lane.depth}", oldest)
    console.print(table)
    total = sum(lane.depth for lane in lanes)
    console.print(
        say(
            f"已由存储重建 {len(lanes)} 个通道, 共 {total} 件待办",
            f"{len(lanes)} lanes rebuilt from the store, {total} messages wait",
        )
    )


def _lane_name(lane: str) -> str:
    """`本市系统`, or the city to which a lane leads."""
    if lane == CITY_LANE:
        return say("本市系统", "own system")
    return city_name(lane.removeprefix("partner/"))


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("消息队列", "the queue"))
    group.command(
        "rebuild",
        help=say(
            "由存储重建消息队列, 网关运行时亦可",
            "make the queues anew from the store, also while the gateway runs",
        ),
    )(rebuild)
    app.add_typer(group, name="queue")
