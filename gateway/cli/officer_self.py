"""`tongban sign-in`, `sign-out`, `whoami` and `officer password`: one's own account."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from contracts.codes.region import region
from contracts.errors import Wrong
from gateway import config
from gateway.cli import screen
from gateway.cli.desk import Home
from gateway.cli.enrolment import duty_name, print_enrolment
from gateway.cli.language import say
from gateway.cli.session_file import forget_session, read_session, write_session
from gateway.cli.wording import beijing, full_clock
from gateway.officers.sign_in import SignedIn
from keys.stores.passphrase import passphrase

if TYPE_CHECKING:
    from gateway.bootstrap import OfficerDesk

T = TypeVar("T")

As = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help=say("账户名", "the account's name"))
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        help=say("口令所在文件, 权限 0600; 缺省为询问", "a file of mode 0600; asked for otherwise"),
    ),
]
Code = Annotated[
    str | None,
    typer.Option("--code", metavar="CODE", help=say("六位验证码", "the six digits of the code")),
]


def sign_in(
    home: Home = Path(),
    as_: As = None,
    password_file: PasswordFile = None,
    code: Code = None,
    oidc: Annotated[
        bool,
        typer.Option(
            "--oidc", help=say("经本市统一身份认证登录", "with the city's provider of identities")
        ),
    ] = False,
    paste: Annotated[
        bool,
        typer.Option(
            "--paste",
            help=say(
                "浏览器在另一台机器上: 把最后的网址粘贴回来",
                "the browser is on another machine: paste the address that it ends at",
            ),
        ),
    ] = False,
) -> None:
    folder = config.load(home)
    _need_officers(folder)
    if oidc:
        welcome(folder, _at(folder, lambda desk: _vouched_for(desk, paste=paste)))
        return
    name = as_ or _asked(say("账户名", "account"))
    given = secret(password_file, say("口令", "password"))
    digits = code or _asked(say("验证码", "code"))

    async def work(desk: "OfficerDesk") -> SignedIn:
        return await desk.sign_in(name, given, digits)

    welcome(folder, _at(folder, work))


async def _vouched_for(desk: "OfficerDesk", *, paste: bool) -> SignedIn:
    from gateway import bootstrap  # noqa: PLC0415  # as below

    ask = say("浏览器最后停在的网址", "the address that the browser ended at")
    return await bootstrap.sign_in_oidc(
        desk, _show_address, (lambda: _line(ask)) if paste else None
    )


def _show_address(address: str) -> None:
    screen.err().print(
        say("在浏览器中打开以下网址并登录:", "open this address in a browser and sign in there:")
    )
    screen.out().print(address, soft_wrap=True, markup=False)
    sys.stdout.flush()


def _line(prompt: str) -> str:
    screen.err().print(prompt)
    return sys.stdin.readline()


def welcome(folder: config.Home, signed: SignedIn) -> None:
    """Keep the session instead of the one before, and say as whom and until when."""
    if (before := read_session(folder)) is not None:
        _at(folder, lambda desk: desk.guard.sign_out(before))
    write_session(folder, signed.secret)
    account, idle = signed.account, folder.settings.officers.idle_minutes
    until = full_clock(beijing(signed.session.ends_at))
    screen.out().print(
        say(
            f"已登录: {account.name} ({duty_name(account.duty)}), 至 {until}, "
            f"{idle:g} 分钟无操作即失效",
            f"signed in: {account.name} ({duty_name(account.duty)}), until {until}, "
            f"or {idle:g} minutes without a command",
        ),
        soft_wrap=True,
    )


def sign_out(home: Home = Path()) -> None:
    folder = config.load(home)
    held = read_session(folder)
    forget_session(folder)
    if held is not None and _has_officers(folder):
        _at(folder, lambda desk: desk.guard.sign_out(held))
    screen.out().print(say("已退出", "signed out"))


def whoami(home: Home = Path()) -> None:
    folder = config.load(home)
    held = read_session(folder)
    account = None
    if _has_officers(folder):
        account = _at(folder, lambda desk: desk.guard.who(held))
    if account is None:
        screen.out().print(say("未登录", "nobody is signed in"))
        raise typer.Exit(1)
    screen.out().print(f"{account.name}  {duty_name(account.duty)}")


def password(
    home: Home = Path(),
    as_: As = None,
    password_file: PasswordFile = None,
    code: Code = None,
    new_file: Annotated[
        Path | None,
        typer.Option(
            "--new-password-file",
            help=say("新口令所在文件, 权限 0600; 缺省为询问两次", "a file; asked twice otherwise"),
        ),
    ] = None,
) -> None:
    folder = config.load(home)
    _need_officers(folder)
    name = as_ or _asked(say("账户名", "account"))
    old = secret(password_file, say("现在的口令", "the present password"))
    digits = code or _asked(say("验证码", "code"))
    new = secret(new_file, say("新口令", "new password"), twice=True)
    city = region(folder.settings.member.code).name

    async def work(desk: "OfficerDesk") -> None:
        known = (city, folder.settings.member.code)
        made = await desk.accounts.choose_password(desk.sign_in, name, old, digits, new, known)
        if made is not None:
            print_enrolment(made, f"通办 {city}")

    _at(folder, work)
    screen.out().print(
        say(
            "口令已更新. 若上面给出了新的验证码密钥, 旧的即刻作废",
            "the password is changed. Where a secret is shown above, the one before is void",
        ),
        soft_wrap=True,
    )


def secret(file: Path | None, prompt: str, *, twice: bool = False) -> str:
    """From a guarded file, or typed without being shown. Raises KeyUnusable."""
    if file is not None:
        return passphrase(file, None).decode("utf-8", "replace")
    _need_terminal(prompt)
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def _asked(prompt: str) -> str:
    _need_terminal(prompt)
    return str(typer.prompt(prompt, err=True)).strip()


def _need_terminal(prompt: str) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            say(f"没有终端, {prompt}须由选项给出", f"no terminal: give by an option: {prompt}")
        )


def _has_officers(folder: config.Home) -> bool:
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for a database

    if not bootstrap.may_have_officers(folder):
        return False
    return _at(folder, lambda desk: desk.guard.founded())


def _need_officers(folder: config.Home) -> None:
    if not _has_officers(folder):
        raise Wrong("tongban officer found makes them", code="officer.none")


def _at(folder: config.Home, work: "Callable[[OfficerDesk], Coroutine[Any, Any, T]]") -> T:
    from gateway import bootstrap  # noqa: PLC0415  # as above

    async def whole() -> T:
        async with bootstrap.officer_desk(folder) as desk:
            return await work(desk)

    return asyncio.run(whole())


def add_to(app: typer.Typer) -> None:
    app.command(
        "sign-in",
        help=say(
            "登录: 口令与验证码; 此后的命令以该账户执行.",
            "Sign in with password and code; commands then run as that account.",
        ),
    )(sign_in)
    app.command("sign-out", help=say("退出登录.", "Sign out."))(sign_out)
    app.command("whoami", help=say("当前登录的账户与职责.", "Who is signed in, and as what."))(
        whoami
    )
