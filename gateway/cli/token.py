"""`tongban token new | list | revoke`: what city systems call the local API with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.desk import Home
from gateway.cli.guard import admitted
from gateway.cli.language import say
from gateway.cli.officer import at_officers
from gateway.cli.wording import beijing, full_clock
from gateway.officers.records import Token
from gateway.officers.scopes import SCOPES
from gateway.officers.tokens import LONGEST_DAYS, NewToken, Tokens

if TYPE_CHECKING:
    from gateway.bootstrap import OfficerDesk


def new(
    for_: Annotated[
        str,
        typer.Option(
            "--for", metavar="NAME", help=say("哪个业务系统", "which city system it is for")
        ),
    ],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            help=say("准许的操作, 可重复: ", "what it may do, repeatable: ") + ", ".join(SCOPES),
        ),
    ],
    home: Home = Path(),
    days: Annotated[
        int,
        typer.Option(
            "--days", min=1, max=LONGEST_DAYS, help=say("有效几天", "how many days it lives")
        ),
    ] = 90,
) -> None:
    officer = admitted()

    async def work(desk: "OfficerDesk") -> NewToken:
        tokens = Tokens(desk.store, desk.now_ms)
        return await tokens.new(for_, scope, days, officer.name if officer else "")

    made = at_officers(home, work)
    screen.out().print(made.text, soft_wrap=True)
    until = full_clock(beijing(made.token.ends_at))
    screen.err().print(
        say(
            f"令牌只显示这一次. 标识 {made.token.id}, 有效至 {until}. "
            "业务系统在请求头中给出: Authorization: Bearer <令牌>",
            f"shown this once. Its id is {made.token.id}, it ends at {until}. "
            "The system sends the header Authorization: Bearer <token>",
        ),
        soft_wrap=True,
    )


def show_list(home: Home = Path()) -> None:
    async def work(desk: "OfficerDesk") -> tuple[list[Token], int]:
        return [*(await desk.store.office()).tokens.values()], desk.now_ms()

    tokens, now = at_officers(home, work)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in (
        say("标识", "id"),
        say("业务系统", "for"),
        say("范围", "scopes"),
        say("状态", "state"),
        say("有效至", "until"),
        say("最近使用", "last used"),
    ):
        table.add_column(title, overflow="fold")
    for token in sorted(tokens, key=lambda each: each.made_at):
        used = full_clock(beijing(token.used_at)) if token.used_at else "—"
        until = full_clock(beijing(token.ends_at))
        scopes = " ".join(token.scopes)
        table.add_row(token.id, token.owner, scopes, _state(token, now), until, used)
    screen.out().print(table)


def revoke(
    token: Annotated[
        str, typer.Argument(metavar="ID", help=say("令牌标识, 见 token list", "its id"))
    ],
    home: Home = Path(),
) -> None:
    async def work(desk: "OfficerDesk") -> Token:
        return await Tokens(desk.store, desk.now_ms).revoke(token)

    revoked = at_officers(home, work)
    screen.out().print(
        say(f"已吊销 {revoked.id} ({revoked.owner}), 即刻失效", f"revoked: {revoked.id}, at once")
    )


def _state(token: Token, now: int) -> Text:
    if token.revoked_at is not None:
        return Text(say("已吊销", "revoked"), "red")
    if now >= token.ends_at:
        return Text(say("已过期", "over"), "red")
    return Text(say("有效", "good"), "green")


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help=say(
            "业务系统的访问令牌: 新建、列出、吊销.", "Tokens of city systems: new, list, revoke."
        ),
    )
    group.command("new", help=say("新建令牌, 只显示一次.", "Make a token; it is shown once."))(new)
    group.command("list", help=say("列出令牌, 不含其内容.", "Tokens, without what they are."))(
        show_list
    )
    group.command("revoke", help=say("吊销令牌, 即刻生效.", "Revoke a token, at once."))(revoke)
    app.add_typer(group, name="token")
