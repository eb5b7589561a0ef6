"""`tongban links`: how the way to each partner does, and what to do where it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.lanes import age, lane_name
from gateway.cli.language import say
from gateway.cli.wording import reason_name
from gateway.contact import contact_of
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.view_queue import CITY, Link, ViewQueue, link_key, reason_of
from gateway.ports import Backlog
from gateway.records import partner_lane
from keys.trust.member import Member

LEFT = "member.closed"
"""The code of a partner that has left."""


@dataclass(frozen=True, slots=True)
class Row:
    """One partner, or `CITY`. `link` None: no gateway has ever written of it."""

    key: str
    link: Link | None
    depth: int
    held: int
    oldest_at: int | None
    contact: str = ""
    """Whom to call there, as the partner publishes it."""

    @property
    def lane(self) -> str:
        return self.key if self.key == CITY else partner_lane(self.key)


async def rows_of(desk: Desk) -> list[Row]:
    """Every partner of the list, and whoever else has something waiting; our own system last."""
    parts = desk.parts
    links = await ViewQueue(parts.store).links()
    backlog = await parts.store.backlog()
    members = {m.code: m for m in parts.home.trust.members() if m.code != parts.home.code}
    partners = list(members)
    others = sorted({link_key(lane.lane) for lane in backlog} | (set(links) & {CITY}))
    keys = [*partners, *(key for key in others if key not in partners and key != CITY)]
    if CITY in others:
        keys.append(CITY)
    return [_row(key, links, backlog, members.get(key)) for key in keys]


def _row(
    key: str, links: Mapping[str, Link], backlog: Sequence[Backlog], member: Member | None
) -> Row:
    lanes = [lane for lane in backlog if link_key(lane.lane) == key]
    times = [lane.oldest_at for lane in lanes if lane.oldest_at is not None]
    return Row(
        key=key,
        link=links.get(key),
        depth=sum(lane.depth for lane in lanes),
        held=sum(lane.held for lane in lanes),
        oldest_at=min(times, default=None),
        contact=contact_of(member) if member is not None else "",
    )


def table_of(rows: Sequence[Row], now_ms: int, extra: Mapping[str, Text]) -> Table:
    """One line a partner. `extra`: what else to show of it, by key, under one heading."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("成员", "partner"), no_wrap=True)
    table.add_column(say("状态", "state"), no_wrap=True)
    for heading in (
        say("延迟", "latency"),
        say("待办", "waiting"),
        say("扣留", "held"),
        say("最久", "oldest"),
        say("最近成功", "last success"),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    if extra:
        table.add_column(say("速率", "rate"), justify="right", no_wrap=True)
    for row in rows:
        cells = [Text(lane_name(row.lane)), _state(row, now_ms), *_numbers(row, now_ms)]
        if extra:
            cells.append(extra.get(row.key, Text("")))
        table.add_row(*cells)
    return table


def _state(row: Row, now_ms: int) -> Text:
    if row.link is None:
        return Text(say("无记录", "not seen"), "dim")
    if row.link.is_old(now_ms):
        silent = age((now_ms - row.link.at) / 1000)
        return Text(say(f"网关未运行 {silent}", f"gateway down {silent}"), "bold red")
    return _doing(row.link.status)


def _doing(status: LinkStatus) -> Text:
    if status.last_code == LEFT:
        return Text(say("已退出", "has left"), "dim")
    if status.failures:
        return Text(say(f"中断 {status.failures} 次", f"failing {status.failures}"), "bold red")
    if status.last_code:
        return Text(say("对方暂缓", "puts off"), "yellow")
    if status.last_success is None:
        return Text(say("待通信", "nothing sent yet"), "dim")
    return Text(say("正常", "up"), "green")


def _numbers(row: Row, now_ms: int) -> list[Text]:
    status = row.link.status if row.link else None
    took = f"{status.seconds * 1000:.0f} ms" if status and status.seconds is not None else "-"
    oldest = age((now_ms - row.oldest_at) / 1000) if row.oldest_at is not None else "-"
    success = _ago(status.last_success if status else None, now_ms)
    held = Text(str(row.held), "yellow" if row.held else "dim")
    return [Text(took), Text(str(row.depth)), held, Text(oldest), Text(success)]


def _ago(moment: datetime | None, now_ms: int) -> str:
    if moment is None:
        return "-"
    passed = age(max(0.0, now_ms / 1000 - moment.timestamp()))
    return say(f"{passed}前", f"{passed} ago")


def troubles_of(rows: Sequence[Row], now_ms: int) -> list[Text]:
    """For each link that does not do well, its last error, and what to do."""
    found = []
    for row in rows:
        if row.link is None:
            continue
        if row.link.is_old(now_ms):
            remedy = say("启动网关 (tongban run), 查看其日志", "start the gateway, see its log")
            found.append(Text(f"{lane_name(row.lane)}\n  → {remedy}"))
            continue
        status = row.link.status
        if status.last_code and (row.depth or status.last_code != LEFT):
            reason = reason_of(status.last_code)
            text = Text(lane_name(row.lane), "bold")
            text.append(f"  {reason_name(status.last_code)}  {status.last_code}", "red")
            if status.last_detail:
                text.append(f"\n  {status.last_detail}", "dim")
            if status.trace:
                text.append(f"\n  {say('对方追踪号', 'their trace')} {status.trace}")
            text.append(f"\n  → {say(reason.remedy_zh, reason.remedy_en)}")
            if row.contact:
                text.append(f"\n  {say('联系', 'call')} {row.contact}")
            found.append(text)
    return found


def picture(rows: Sequence[Row], now_ms: int) -> RenderableType:
    parts: list[RenderableType] = [table_of(rows, now_ms, {})]
    for trouble in troubles_of(rows, now_ms):
        parts += ["", trouble]
    return Group(*parts)


def links(home: Home = Path()) -> None:
    async def work(desk: Desk) -> RenderableType | None:
        rows = await rows_of(desk)
        return picture(rows, desk.parts.home.now_ms()) if rows else None

    drawn = at_desk(home, work)
    if drawn is None:
        drawn = say("名单中只有本市", "nobody but us is in the list")
    screen.out().print(drawn)


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "与各成员的连通: 状态、延迟、待办, 最近的错误与处理办法",
            "how the way to each partner does, its last error, and what to do",
        )
    )(links)
