"""`tongban queue`: its commands, and `rebuild`: the broker's queues, made anew from the store."""

from pathlib import Path

import typer
from rich.table import Table

from gateway.cli import queue_list, queue_press, screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.lanes import lane_name
from gateway.cli.language import say
from gateway.cli.wording import clock
from gateway.lanes import merged
from gateway.ports import Backlog


def rebuild(home: Home = Path()) -> None:
    async def work(desk: Desk) -> list[Backlog]:
        return merged(await desk.parts.queue.rebuild())

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
        table.add_row(lane_name(lane.lane), f"{about}{lane.depth}", oldest)
    console.print(table)
    total = sum(lane.depth for lane in lanes)
    console.print(
        say(
            f"已由存储重建 {len(lanes)} 个通道, 共 {total} 件待办",
            f"{len(lanes)} lanes rebuilt from the store, {total} messages wait",
        )
    )


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("消息队列", "the queue"))
    for name, command, zh, en in (
        ("list", queue_list.show_list, "各通道的待办; 指明通道则逐件列出", "what waits, by lane"),
        ("show", queue_list.show, "一件待办报文: 为何未发, 如何处理", "why one message waits"),
        ("retry", queue_press.retry, "不等间歇结束, 立即重试", "try now, do not wait"),
        ("hold", queue_press.hold, "扣留报文或整个办件", "keep a message or a case from going on"),
        ("release", queue_press.release, "放行被扣留的, 次序不变", "let it go on, order kept"),
        (
            "return",
            queue_press.return_,
            "未送达的报文退回本市系统",
            "give a message back to the city",
        ),
        (
            "discard",
            queue_press.discard,
            "作废一件待办报文, 原文存档",
            "drop a message, keep its content",
        ),
        (
            "rebuild",
            rebuild,
            "由存储重建消息队列, 网关运行时亦可",
            "make the queues anew from the store, also while the gateway runs",
        ),
    ):
        group.command(name, help=say(zh, en))(command)
    app.add_typer(group, name="queue")
