"""`tongban queue retry`, `hold`, `release`, `return` and `discard`: what an operator presses."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.guard import admitted
from gateway.cli.lanes import lane_name, lanes_named
from gateway.cli.language import say
from gateway.cli.queue_list import Name
from gateway.cli.wording import clock
from gateway.exchange.board import ask_to_try
from gateway.exchange.give_up import GiveUp, Gone
from gateway.exchange.holding import Holding, Order
from gateway.exchange.link_status import printable
from gateway.records import Hold, partner_lane

Reason = Annotated[
    str, typer.Option("--reason", help=say("事由, 存档备查", "why; it is kept"), show_default=False)
]
Held = Annotated[
    str,
    typer.Argument(
        metavar="MESSAGE|CASE",
        help=say("报文标识, 或办件编号", "a message id, or a case id or number"),
    ),
]


def order(reason: str) -> Order:
    """Signed with the officer's name, or where there are none, the operating system's."""
    if officer := admitted():
        return Order(officer.name, printable(reason, 600))
    try:
        by = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        by = "?"
    return Order(printable(by, 64), printable(reason, 600))


def retry(
    name: Annotated[
        str,
        typer.Argument(
            metavar="LANE|MESSAGE",
            help=say(
                "通道 (成员代码, city), 或报文标识", "a lane (a member's code, city), or a message"
            ),
        ),
    ],
    home: Home = Path(),
) -> None:
    async def work(desk: Desk) -> list[str]:
        parts = desk.parts
        known = {each.lane for each in await parts.store.backlog()}
        known |= {partner_lane(member.code) for member in parts.home.trust.members()}
        lanes = lanes_named(name, known)
        if not lanes:
            subject = await _holding(desk).find(name)
            waiting = await parts.store.tickets_of(subject.message_id or subject.case_id)
            lanes = sorted({ticket.lane for ticket in waiting})
        await ask_to_try(parts.store, lanes, parts.home.now_ms())
        await parts.queue.announce(lanes)
        return lanes

    for lane in at_desk(home, work):
        screen.out().print(
            say(f"将立即重试: {lane_name(lane)}", f"tried at once: {lane_name(lane)}")
        )


def hold(name: Held, reason: Reason, home: Home = Path()) -> None:
    async def work(desk: Desk) -> list[Hold]:
        holding = _holding(desk)
        return await holding.hold(await holding.find(name), order(reason))

    for held in at_desk(home, work):
        what = held.message_id or held.case_id
        where = lane_name(held.lane) if held.lane else say("所有通道", "all lanes")
        done = Text(say(f"已扣留 {what}  {where}", f"held: {what}  {where}"))
        screen.out().print(done, soft_wrap=True)
        by = say(f"{held.by}  {clock(held.at)}  {held.reason}", f"by {held.by}: {held.reason}")
        screen.out().print(Text(f"  {by}", "dim"), soft_wrap=True)
    screen.err().print(
        say(
            "同一办件其后的报文一并等候, 其他办件照常. 正在途中的以回执为准",
            "what stands behind it in its case waits too, other cases go on; "
            "what is in flight is settled by its receipt",
        )
    )


def release(name: Held, home: Home = Path()) -> None:
    async def work(desk: Desk) -> int:
        holding = _holding(desk)
        return await holding.release(await holding.find(name))

    count = at_desk(home, work)
    screen.out().print(say(f"已放行 {count} 件", f"released: {count}"))


def return_(message: Name, reason: Reason, home: Home = Path()) -> None:
    async def work(desk: Desk) -> Gone:
        subject = await _holding(desk).find(message)
        return await _give_up(desk).return_(subject, order(reason))

    gone = at_desk(home, work)
    _print(gone, say("已退回本市", "given back"))
    if gone.asked_again_at is not None:
        at = clock(gone.asked_again_at)
        screen.out().print(
            say(
                f"! 可能已送达对方: {at} 后将自动核实, 结果另行通知; 其间本办件其后的报文等候",
                f"! the partner may have it: it is asked after {at}, and the city told; "
                "until then what follows in the case waits",
            ),
            soft_wrap=True,
        )


def discard(
    message: Name,
    reason: Reason,
    home: Home = Path(),
    in_doubt: Annotated[
        bool,
        typer.Option(
            "--in-doubt",
            help=say("可能已送达对方的也作废", "also what the partner may have already"),
        ),
    ] = False,
) -> None:
    async def work(desk: Desk) -> Gone:
        subject = await _holding(desk).find(message)
        return await _give_up(desk).discard(subject, order(reason), in_doubt=in_doubt)

    gone = at_desk(home, work)
    _print(gone, say("已作废", "discarded"))
    if gone.in_doubt:
        screen.out().print(
            say("! 可能已送达对方, 请与对方核实", "! the partner may have it: ask"), soft_wrap=True
        )
    kept = say("原文存于 tongban incident list", "its content: tongban incident list")
    screen.err().print(kept)


def _print(gone: Gone, done: str) -> None:
    for number, message_id in enumerate(gone.messages):
        after = say("  (随之)", "  (with it)") if number else ""
        screen.out().print(f"{done} {message_id}{after}", soft_wrap=True)


def _holding(desk: Desk) -> Holding:
    return Holding(desk.parts.home, desk.parts.store, desk.parts.queue)


def _give_up(desk: Desk) -> GiveUp:
    parts = desk.parts
    to_city = desk.folder.settings.city.connector != "none"
    return GiveUp(parts.home, parts.store, parts.queue, _holding(desk), to_city=to_city)
