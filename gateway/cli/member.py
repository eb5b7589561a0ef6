"""`tongban init` and `tongban run`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from gateway import config
from gateway.cli import screen
from gateway.cli.language import say
from gateway.cli.members import fingerprints
from gateway.logs import set_up_logs
from gateway.member_folder import NewMember, make_member_folder
from gateway.settings import ROLES
from keys.trust.member import Member

Folder = Annotated[
    Path,
    typer.Argument(
        help=say("成员目录", "the member's folder"), show_default=say("当前目录", "this folder")
    ),
]


def init(
    folder: Folder,
    code: Annotated[str, typer.Option(help=say("成员代码, 如 410100", "member code, as 410100"))],
    suite: Annotated[
        str, typer.Option(help=say("密码套件: sm 国密, intl 国际", "sm or intl"))
    ] = "sm",
    listen: Annotated[
        str, typer.Option(help=say("监听地址与端口", "host:port to listen on"))
    ] = "127.0.0.1:8410",
    address: Annotated[
        str | None, typer.Option(help=say("其他城市访问本网关的 URL", "URL that partners use"))
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help=say("本市系统的画像: 内置代码或目录", "profile of the city's system")),
    ] = None,
    plain_http: Annotated[
        bool,
        typer.Option(
            "--plain-http",
            help=say(
                "不用 TLS, 仅限本机回环地址 (试用); 默认双向 TLS 并生成证书",
                "no TLS, for trials on the loopback address; by default mutual TLS, with a "
                "certificate made here",
            ),
        ),
    ] = False,
) -> None:
    new = NewMember(code, suite, listen, address, profile, plain_http=plain_http)
    member = make_member_folder(folder, new)
    _what_next(folder, member, has_city=profile is not None)


def run(
    folder: Folder = Path(),
    role: Annotated[
        list[str] | None,
        typer.Option(
            help=say(
                "本进程的职责: api 收件接口, courier 递送, adapter 对接本市系统, all 全部; 可重复",
                "what this process does: api, courier, adapter, all; may be repeated",
            )
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            help=say(
                "监听地址与端口, 替代配置; 同机多个进程须各用一个",
                "host:port to listen on instead of the setting's; one for each process",
            )
        ),
    ] = None,
) -> None:
    import uvloop  # noqa: PLC0415  # nobody else needs a server loaded

    from gateway import bootstrap  # noqa: PLC0415

    home = config.load(folder, **_chosen(role or [], listen))
    set_up_logs(level=home.settings.log.level, style=home.settings.log.style)
    if not uvloop.run(bootstrap.run(home)):
        raise typer.Exit(1)  # a supervisor starts it again


def _chosen(roles: list[str], listen: str | None) -> dict[str, object]:
    chosen: dict[str, object] = {}
    if roles:
        chosen["roles"] = list(ROLES) if "all" in roles else list(dict.fromkeys(roles))
    if listen:
        chosen["listen"] = listen
    return chosen


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "新建成员目录: 配置、密钥、成员条目.", "Make a member's folder: settings, keys, entry."
        )
    )(init)
    app.command(help=say("运行网关, 直到收到 SIGTERM.", "Run the gateway until SIGTERM."))(run)


def _what_next(folder: Path, member: Member, *, has_city: bool) -> None:
    """What was made, the fingerprints to tell the others, and the three next steps."""
    console, place = screen.out(), escape(str(folder))
    made = say(f"已建立 {member.name} ({member.code})", f"made {member.code}, {member.name}")
    console.print(f"[bold green]{made}[/]  {member.suite}  {member.address}", soft_wrap=True)
    console.print()
    console.print(say("本市公钥指纹 (供对方电话核对):", "our fingerprints, to be read out:"))
    console.print(Padding(fingerprints(member), (0, 0, 1, 2)))
    console.print(say("接下来:", "next:"))
    steps = [
        say(
            f"把 [bold]{place}/member.json[/] 交给其他成员, 并在电话里核对指纹; 加入联盟则改为 "
            f"[bold]tongban federation join 邀请文件 --home {place}[/]",
            f"hand [bold]{place}/member.json[/] to the other members and compare fingerprints; "
            f"to join a federation instead: [bold]tongban federation join INVITATION "
            f"--home {place}[/]",
        ),
        say(
            f"收到对方条目后: [bold]tongban members add FILE --home {place}[/]",
            f"with each entry of theirs: [bold]tongban members add FILE --home {place}[/]",
        ),
        say(
            f"启动网关: [bold]tongban run {place}[/]",
            f"start the gateway: [bold]tongban run {place}[/]",
        ),
    ]
    if has_city:
        steps.append(
            say(
                f"把本市文件放入 [bold]{place}/city/in[/], 或: "
                f"[bold]tongban case submit FILE --home {place}[/]",
                f"put the city's documents into [bold]{place}/city/in[/], or: "
                f"[bold]tongban case submit FILE --home {place}[/]",
            )
        )
    for number, step in enumerate(steps, 1):
        console.print(f"  {number}. {step}", soft_wrap=True)
