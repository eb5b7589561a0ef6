"""`tongban queue list` and `show`: what waits, since when, why, and what to press."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import Wrong
from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.lanes import age, lane_name, lanes_named
from gateway.cli.language import say
from gateway.cli.wording import clock, kind_name, outcome_name, reason_name
from gateway.exchange.give_up import GiveUp
from gateway.exchange.holding import Holding
from gateway.exchange.view_queue import Because, ViewQueue, Waiting, why
from gateway.lanes import merged
from gateway.ports import Backlog
from gateway.records import Direction

Name = Annotated[
    str, typer.Argument(metavar="MESSAGE", help=say("报文标识", "message id, or SENDER/ID"))
]


def show_list(
    home: Home = Path(),
    lane: Annotated[
        str | None,
        typer.Argument(help=say("通道: 成员代码, 或 city", "a lane: a member's code, or city")),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help=say("最多几件", "at most so many"))
    ] = 50,
) -> None:
    async def work(desk: Desk) -> None:
        now = desk.parts.home.now_ms()
        lanes = sorted(await desk.parts.store.backlog(), key=lambda each: each.lane)
        if lane is None:
            _lanes(merged(lanes), now)
            return
        view = ViewQueue(desk.parts.store)
        for named in lanes_named(lane, (each.lane for each in lanes)):
            (depth,) = (each.depth for each in lanes if each.lane == named)
            _messages(named, await view.lane(named, limit), depth, now)
        if not lanes_named(lane, (each.lane for each in lanes)):
            screen.out().print(_nothing())

    at_desk(home, work)


def _nothing() -> str:
    return say("没有待办报文", "nothing waits")


def _lanes(lanes: Sequence[Backlog], now: int) -> None:
    if not lanes:
        screen.out().print(_nothing())
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("通道", "lane"))
    table.add_column("", style="dim")
    for heading in (say("待办", "waiting"), say("扣留", "held"), say("最久", "oldest")):
        table.add_column(heading, justify="right")
    for each in lanes:
        oldest = age((now - each.oldest_at) / 1000) if each.oldest_at is not None else ""
        held = Text(str(each.held), "yellow" if each.held else "dim")
        table.add_row(lane_name(each.lane), each.lane, str(each.depth), held, oldest)
    screen.out().print(table)


def _messages(lane: str, waiting: Sequence[Waiting], depth: int, now: int) -> None:
    console = screen.out()
    console.print(Text(f"{lane_name(lane)}  {lane}", "bold"))
    for each in waiting:
        ticket = each.ticket
        line = Text(f"  {clock(ticket.at)}  ")
        line.append(kind_name(each.message.kind) if each.message else "?", "bold")
        line.append(f"  {_number(each)}  ")
        because, reason = why(each, now)
        line.append(because_name(because), "yellow" if each.hold else "dim")
        if reason is not None:
            line.append(f"  {reason.code}", "red")
        console.print(line, soft_wrap=True)
        console.print(Text(f"    {_message_name(each)}", "dim"), soft_wrap=True)
    if depth > len(waiting):
        more = depth - len(waiting)
        console.print(Text(say(f"  另有 {more} 件", f"  {more} more"), "dim"))


def show(message: Name, home: Home = Path()) -> None:
    async def work(desk: Desk) -> None:
        parts = desk.parts
        holding = Holding(parts.home, parts.store, parts.queue)
        subject = await holding.find(message)
        if not subject.message_id:
            raise Wrong("name one message of the case", code="not_found", value=message)
        giving = GiveUp(parts.home, parts.store, parts.queue, holding, to_city=False)
        for each in await ViewQueue(parts.store).of(subject):
            ours = each.message is not None and each.message.direction is Direction.OUT
            heard = each.message is not None and ours and await giving.sealed(each.message)
            _one(each, heard=heard if ours else None, now=parts.home.now_ms())

    at_desk(home, work)


def _one(each: Waiting, *, heard: bool | None, now: int) -> None:
    """Everything about one ticket. `heard`: whether the partner may have it; None: not ours."""
    ticket, message = each.ticket, each.message
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")
    grid.add_row(say("报文", "message"), Text(_message_name(each), "bold"))
    grid.add_row(say("通道", "lane"), f"{lane_name(ticket.lane)}  {ticket.lane}")
    grid.add_row(say("办件", "case"), Text(f"{_number(each)}  {ticket.case_id}"))
    if message is not None:
        grid.add_row(say("事由", "kind"), Text(f"{kind_name(message.kind)}  #{message.sequence}"))
        grid.add_row(say("状态", "state"), outcome_name(message.state))
        grid.add_row(say("有效至", "expires"), clock(message.expires_at))
    if ticket.size:
        grid.add_row(say("大小", "size"), say(f"{ticket.size} 字节", f"{ticket.size} bytes"))
    waited = age((now - ticket.at) / 1000)
    grid.add_row(say("排队自", "since"), f"{clock(ticket.at)}  ({waited})")
    if heard is not None:
        grid.add_row(say("发出", "sent"), _heard(heard=heard))
    because, _ = why(each, now)
    grid.add_row(say("原因", "why"), Text(because_name(because), "bold"))
    for name, text in _details(each):
        grid.add_row(name, Text(text))
    grid.add_row(say("处理", "to press"), Text(_to_press(each, now)))
    screen.out().print(grid)


def _heard(*, heard: bool) -> Text:
    if heard:
        return Text(
            say("曾封签发出, 对方可能已有", "sealed and offered: the partner may have it"), "yellow"
        )
    return Text(say("从未发出", "never: nobody outside can have it"))


def _details(each: Waiting) -> list[tuple[str, str]]:
    found = []
    if hold := each.hold:
        found.append((say("扣留人", "held by"), f"{hold.by}  {clock(hold.at)}"))
        found.append((say("事由", "reason"), hold.reason))
        if not each.is_front:
            front = hold.message_id or hold.case_id
            found.append((say("在其后", "behind"), front))
        if hold.until is not None:
            found.append((say("扣留至", "until"), clock(hold.until)))
    if each.link is not None and each.code is not None:
        status = each.link.status
        found.append((say("最近答复", "last answer"), f"{reason_name(each.code)}  {each.code}"))
        if status.last_detail:
            found.append((say("详情", "detail"), status.last_detail))
        if status.trace:
            found.append((say("追踪号", "trace"), status.trace))
    return found


def _to_press(each: Waiting, now: int) -> str:
    because, reason = why(each, now)
    name = _message_name(each)
    if reason is not None:
        return say(reason.remedy_zh, reason.remedy_en)
    match because:
        case Because.HELD:
            named = each.ticket.case_id if each.hold and not each.hold.position else name
            return f"tongban queue release {named}"
        case Because.BEHIND:
            front = (each.hold.message_id or each.hold.case_id) if each.hold else name
            return f"tongban queue release {front}"
        case Because.GIVEN_BACK:
            return say("等待到期; 到期后自动向对方核实", "wait: it goes on by itself then")
        case Because.DOWN:
            return say("启动网关 (tongban run), 再看日志", "start the gateway, look at its log")
        case _:
            lane = each.ticket.lane
            return say(
                f"稍候; 或 tongban queue retry {lane}", f"wait; or tongban queue retry {lane}"
            )


_BECAUSE = {
    Because.GIVEN_BACK: "已退回本市, 到期后再向对方核实",
    Because.HELD: "被扣留",
    Because.BEHIND: "排在同一办件被扣留的报文之后",
    Because.DOWN: "没有网关在运送此通道",
    Because.PUT_OFF: "对方暂缓接收",
    Because.FAILING: "最近的尝试失败",
    Because.NEXT: "无阻碍, 即将运送",
}


def because_name(because: Because) -> str:
    return say(_BECAUSE[because], because.value)


def _number(each: Waiting) -> str:
    return (each.case.number if each.case else None) or each.ticket.case_id


def _message_name(each: Waiting) -> str:
    return f"{each.ticket.sender}/{each.ticket.message_id}"
