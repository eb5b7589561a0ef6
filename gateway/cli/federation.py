"""`tongban federation …`: found, invite, join, approve, publish, leave, show, mirror, check.

Here are the options; the work is in `federation_work`, loaded when one of them is used: help
should not wait for TUF.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.desk import Home
from gateway.cli.federation_help import HELP
from gateway.cli.language import say

if TYPE_CHECKING:
    from gateway.cli.federation_work import Work

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help=say("写入的文件", "the file to write"),
        show_default=say("当前目录", "in this folder"),
    ),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", help=say("指纹已电话核对, 不再询问", "fingerprints were compared")),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--jurisdiction",
        help=say("可代表的辖区代码, 可重复; 缺省为其城市", "regions it may speak for, repeatable"),
    ),
]


def found(
    home: Home = Path(),
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", help=say("其他创始城市的 founder 文件, 可重复", "founder files")),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help=say("退出的创始城市代码", "founders that leave")),
    ] = None,
    threshold: Annotated[
        int | None, typer.Option("--threshold", help=say("需要几个创始城市签名", "k of n"))
    ] = None,
    name: Annotated[str, typer.Option(help=say("联盟名称", "its name"))] = "通办联盟",
    suite: Annotated[
        str, typer.Option(help=say("摘要所用套件: sm 国密, intl 国际", "sm or intl"))
    ] = "sm",
    new_keys: Annotated[
        bool, typer.Option("--new-keys", help=say("换新的创始密钥", "fresh founding keys"))
    ] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help=say("内容不变, 只延长有效期", "only to live longer"))
    ] = False,
    output: Output = None,
) -> None:
    work = _work(home)
    if with_ or without or threshold or renew:
        work.found(with_ or [], without or [], threshold, name, suite, output)
    else:
        work.founder(new_keys=new_keys, output=output)


def invite(
    code: Annotated[str, typer.Argument(help=say("新城市的代码", "code of the new city"))],
    home: Home = Path(),
    jurisdiction: Regions = None,
    output: Output = None,
) -> None:
    _work(home).invite(code, jurisdiction or [code], output)


def join(
    invitation: Annotated[
        Path | None, typer.Argument(help=say("收到的邀请文件", "the invitation that came"))
    ] = None,
    home: Home = Path(),
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help=say("已是成员: 换新的成员密钥", "a member: with a new key")),
    ] = False,
    yes: Yes = False,
    output: Output = None,
) -> None:
    if new_key == (invitation is not None):
        raise typer.BadParameter(
            say("给出邀请文件, 或 --new-key 之一", "give an invitation, or --new-key")
        )
    if invitation is None:
        _work(home).rejoin(output)
    else:
        _work(home).join(invitation, output, yes=yes)


def approve(
    file: Annotated[
        Path, typer.Argument(help=say("入盟申请或待签提案", "a request to join, or a proposal"))
    ],
    home: Home = Path(),
    jurisdiction: Regions = None,
    yes: Yes = False,
    output: Output = None,
) -> None:
    _work(home).approve(file, jurisdiction, output, yes=yes)


def publish(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help=say("已签够的提案, 或成员的新文件", "proposals, members' new files")),
    ] = None,
    home: Home = Path(),
    offline: Annotated[
        bool, typer.Option("--offline", help=say("不先询问镜像", "do not ask mirrors first"))
    ] = False,
    copy: Annotated[
        Path | None,
        typer.Option("--copy", help=say("另存为单个文件, 供邮寄", "write all to one file as well")),
    ] = None,
    output: Output = None,
) -> None:
    _work(home).publish(files or [], copy, output, offline=offline)


def leave(
    code: Annotated[
        str | None,
        typer.Argument(help=say("由创始城市除名的成员代码", "a member whose keys founders close")),
    ] = None,
    home: Home = Path(),
    reason: Annotated[
        str, typer.Option("--reason", help=say("事由, 公开", "why, for all to read"))
    ] = "",
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help=say("何时退出, 北京时间", "when, Beijing time"),
            show_default=say("现在", "now"),
        ),
    ] = None,
    compromised: Annotated[
        bool,
        typer.Option(
            "--compromised",
            help=say("其密钥可能为他人持有", "others may have its keys"),
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=say("不再询问", "do not ask"))] = False,
    output: Output = None,
) -> None:
    if not 1 <= len(reason.strip()) <= 200:
        raise typer.BadParameter(say("以 --reason 写明事由", "say why with --reason"))
    _work(home).leave(code, reason.strip(), at, output, compromised=compromised, yes=yes)


def show(
    home: Home = Path(),
    members: Annotated[
        Path | None,
        typer.Option("--members", help=say("把名单写入此文件, 供离线核验", "write the list there")),
    ] = None,
) -> None:
    _work(home).show(members)


def mirror(
    home: Home = Path(),
    source: Annotated[
        str | None,
        typer.Option("--from", help=say("镜像地址、目录或单个文件", "address, folder or file")),
    ] = None,
) -> None:
    _work(home).mirror(source)


def check(home: Home = Path()) -> None:
    if not _work(home).check():
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help=say(
            "城市联盟: 创建、邀请、加入、批准、发布、退出、查看、镜像、检查.",
            "The federation of cities: found, invite, join, approve, publish, leave, look, mirror.",
        ),
    )
    for command in (found, invite, join, approve, publish, leave, show, mirror, check):
        group.command(command.__name__, help=say(*HELP[command.__name__]))(command)
    app.add_typer(group, name="federation")


def _work(home: Path) -> "Work":
    from gateway.cli.federation_work import Work  # noqa: PLC0415  # see above

    return Work(home)
