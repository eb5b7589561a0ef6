"""`tongban officer …`: the three officers are founded, added, locked, reset, listed."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from contracts.codes.region import region
from gateway import config
from gateway.cli import officer_log, officer_self, screen
from gateway.cli.desk import Home
from gateway.cli.enrolment import duty_name, print_enrolment
from gateway.cli.guard import admitted
from gateway.cli.language import say
from gateway.cli.wording import beijing, full_clock
from gateway.officers.accounts import Founded
from gateway.officers.duties import OFFICERS, Duty
from gateway.officers.port import Office
from gateway.officers.records import Account

if TYPE_CHECKING:
    from gateway.bootstrap import OfficerDesk

T = TypeVar("T")

Name = Annotated[str, typer.Argument(metavar="NAME", help=say("账户名", "the account's name"))]
OfDuty = Annotated[
    Literal["system", "security", "auditor"],
    typer.Option(
        "--duty",
        help=say(
            "职责: system 系统管理员, security 安全管理员, auditor 审计员",
            "what it is for: system, security or auditor",
        ),
    ),
]


def at_officers(home: Path, work: "Callable[[OfficerDesk], Coroutine[Any, Any, T]]") -> T:
    """Run `work` at what concerns the officers of `home`."""
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for a database

    folder = config.load(home)

    async def whole() -> T:
        async with bootstrap.officer_desk(folder) as desk:
            return await work(desk)

    return asyncio.run(whole())


def issuer(folder: config.Home) -> str:
    """As an authenticator lists it: `通办 郑州市`."""
    return f"通办 {region(folder.settings.member.code).name}"


def found(
    home: Home = Path(),
    system: Annotated[
        str, typer.Option("--system", help=say("系统管理员的账户名", "name of the system officer"))
    ] = "sysadmin",
    security: Annotated[
        str,
        typer.Option("--security", help=say("安全管理员的账户名", "name of the security officer")),
    ] = "secadmin",
    auditor: Annotated[
        str, typer.Option("--auditor", help=say("审计员的账户名", "name of the auditor"))
    ] = "auditor",
) -> None:
    names = {Duty.SYSTEM: system, Duty.SECURITY: security, Duty.AUDITOR: auditor}

    async def work(desk: "OfficerDesk") -> tuple[Founded, str]:
        founded = await desk.accounts.found(names)
        desk.note(founded.first)
        return founded, issuer(desk.folder)

    founded, label = at_officers(home, work)
    for enrolment in founded.officers:
        print_enrolment(enrolment, label)
    _print_recovery(founded.recovery)
    screen.out().print(
        say(
            "三人各自: tongban officer password --as 账户名, 自设口令并换新密钥; "
            "此后以 tongban sign-in --as 账户名 登录. 以上内容不会再次显示",
            "each of the three now: tongban officer password --as NAME, for a password and a secret"
            " of their own; then tongban sign-in --as NAME. None of this is shown again",
        ),
        soft_wrap=True,
    )


def add(name: Name, duty: OfDuty, home: Home = Path()) -> None:
    async def work(desk: "OfficerDesk") -> None:
        print_enrolment(await desk.accounts.add(name, Duty(duty)), issuer(desk.folder))

    at_officers(home, work)
    _first_steps(name)


def reset(name: Name, home: Home = Path()) -> None:
    async def work(desk: "OfficerDesk") -> None:
        print_enrolment(await desk.accounts.reset(name, _by()), issuer(desk.folder))

    at_officers(home, work)
    _first_steps(name)


def lock(name: Name, home: Home = Path()) -> None:
    at_officers(home, lambda desk: desk.accounts.lock(name, _by()))
    screen.out().print(say(f"已锁定 {name}, 其登录即刻失效", f"locked: {name}; signed out as well"))


def unlock(name: Name, home: Home = Path()) -> None:
    at_officers(home, lambda desk: desk.accounts.unlock(name, _by()))
    screen.out().print(say(f"已解锁 {name}", f"unlocked: {name}"))


def remove(name: Name, home: Home = Path()) -> None:
    at_officers(home, lambda desk: desk.accounts.remove(name, _by()))
    screen.out().print(say(f"已删除 {name}, 日志保留", f"removed: {name}; the log keeps its uses"))


def recover(
    name: Name,
    home: Home = Path(),
    code_file: Annotated[
        Path | None,
        typer.Option("--code-file", help=say("恢复码所在文件, 权限 0600", "a file with the code")),
    ] = None,
) -> None:
    given = officer_self.secret(code_file, say("保险柜中的恢复码", "the code in the safe"))

    async def work(desk: "OfficerDesk") -> str:
        enrolment, fresh = await desk.accounts.recover(name, given)
        print_enrolment(enrolment, issuer(desk.folder))
        return fresh

    _print_recovery(at_officers(home, work))
    _first_steps(name)


def show_list(home: Home = Path()) -> None:
    async def work(desk: "OfficerDesk") -> Office:
        return await desk.store.office()

    office = at_officers(home, work)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in (
        say("账户", "account"),
        say("职责", "duty"),
        say("状态", "state"),
        say("建立", "made"),
        say("身份认证", "signs in"),
    ):
        table.add_column(title)
    shown = [a for a in office.accounts.values() if a.duty in OFFICERS]
    for account in sorted(shown, key=lambda a: (OFFICERS.index(a.duty), a.name)):
        signed = any(s.account == account.name for s in office.sessions.values())
        where = "OIDC" if account.subject else say("本地", "here")
        row = (account.name, duty_name(account.duty), _state(account, signed=signed))
        table.add_row(*row, full_clock(beijing(account.made_at)), where)
    screen.out().print(table)


def _state(account: Account, *, signed: bool) -> Text:
    if account.locked_at is not None:
        return Text(say("已锁定", "locked"), "red")
    if account.must_change:
        return Text(say("待自设口令", "first password"), "yellow")
    return Text(say("已登录", "signed in") if signed else say("正常", "good"), "green")


def _by() -> str | None:
    account = admitted()
    return account.name if account else None


def _print_recovery(recovery: str) -> None:
    console = screen.out()
    console.print(Text(say("恢复码", "recovery code"), "bold"))
    console.print(f"  {recovery}")
    console.print(
        say(
            "  抄写后封入信封, 存保险柜: 安全管理员全部无法登录时, tongban officer recover 用它重设"
            "一个账户. 一次有效, 用后给出新码",
            "  into an envelope, into a safe: when no security administrator can sign in, tongban "
            "officer recover resets an account with it. Good once; then there is a new one",
        ),
        soft_wrap=True,
    )
    console.print()


def _first_steps(name: str) -> None:
    screen.out().print(
        say(
            f"由本人: tongban officer password --as {name}. 以上内容不会再次显示",
            f"for its owner: tongban officer password --as {name}. None of this is shown again",
        ),
        soft_wrap=True,
    )


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help=say(
            "三员 (系统管理员、安全管理员、审计员) 的账户与操作日志.",
            "The three officers: their accounts, and the log of what they did.",
        ),
    )
    for name, command, zh, en in (
        (
            "found",
            found,
            "一次建立三员账户; 此后命令须由相应的人登录后执行.",
            "Make the three accounts at once; from then on commands need the right one of them.",
        ),
        ("add", add, "增加一名某职责的账户.", "One more account of a duty."),
        ("list", show_list, "列出账户、职责与状态.", "Accounts, their duties and states."),
        ("lock", lock, "锁定账户并结束其登录.", "Lock an account and end its sessions."),
        ("unlock", unlock, "解锁账户, 不再等待.", "Unlock an account; it need not wait."),
        (
            "reset",
            reset,
            "为他人重设初始口令与验证码密钥.",
            "Give another a new first password and secret.",
        ),
        ("remove", remove, "删除账户; 日志保留.", "Remove an account; the log stays."),
        (
            "password",
            officer_self.password,
            "自设口令; 首次还会换新验证码密钥.",
            "Choose a password of your own; the first time a secret too.",
        ),
        (
            "recover",
            recover,
            "凭保险柜中的恢复码重设一个账户.",
            "Reset an account with the code in the safe.",
        ),
        (
            "log",
            officer_log.log,
            "操作日志: 何人何时用了什么; --check 验证未被删改.",
            "Who used what, and when; --check proves that nothing was taken out.",
        ),
    ):
        group.command(name, help=say(zh, en))(command)
    app.add_typer(group, name="officer")
