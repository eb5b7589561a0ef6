"""`tongban keys …`: list, new, rotate, close, backup, restore.

Here are the options; the work is in `keys_work`, loaded when one of them is used.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.cli.desk import Home
from gateway.cli.keys_help import GROUP, HELP
from gateway.cli.language import say
from gateway.cli.spans import moment, span
from keys.trust.key_changes import Use
from keys.trust.key_judgement import ClosedReason

if TYPE_CHECKING:
    from gateway.cli.keys_work import KeysWork

LEAD = "24h"

UseOption = Annotated[
    Use,
    typer.Option(
        "--use",
        help=say(
            "用途: signing 签名, sealing 他城向本市加密, log 日志检查点, tls 网关证书",
            "what for: signing, sealing (what partners seal to us), log (checkpoints), tls (the "
            "gateway's certificate)",
        ),
    ),
]
Lead = Annotated[
    str,
    typer.Option(
        "--in",
        help=say(
            "多久之后启用; 须长于各成员更新名单所需时间. 如 30m, 24h, 7d",
            "when it begins, from now: longer than every member takes to learn of it. 30m, 24h, 7d",
        ),
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=say("备份口令所在文件 (权限 0600, 一行)", "file with the backup's passphrase, 0600"),
        show_default=say("提示输入", "asked for"),
    ),
]
PassphraseEnv = Annotated[
    str | None,
    typer.Option(
        "--passphrase-env",
        help=say("备份口令所在环境变量的名字", "name of the variable with the passphrase"),
        show_default=False,
    ),
]


def list_(home: Home = Path()) -> None:
    _work(home).show()


def new(use: UseOption, home: Home = Path(), in_: Lead = LEAD) -> None:
    _work(home).new(use, span(in_))


def rotate(
    use: UseOption,
    home: Home = Path(),
    in_: Lead = LEAD,
    keep_old: Annotated[
        str | None,
        typer.Option(
            "--keep-old",
            help=say(
                "新密钥启用后, 旧密钥继续有效多久, 供在途报文用",
                "how long the old key stays good after that, for what is under way",
            ),
            show_default=say("exchange.life_hours, 即 72h", "exchange.life_hours: 72h"),
        ),
    ] = None,
) -> None:
    _work(home).rotate(use, span(in_), None if keep_old is None else span(keep_old))


def close(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help=say("密钥名 (kid), 或 TLS 证书指纹", "its kid, or a TLS pin")
        ),
    ],
    reason: Annotated[
        Literal["compromised", "superseded", "lost"],
        typer.Option(
            "--reason",
            help=say(
                "compromised 泄露或可能泄露; superseded 已被替代; lost 已毁坏且确无他人持有",
                "compromised: somebody else has it, or may; superseded; lost: destroyed, and "
                "nobody has it",
            ),
        ),
    ],
    home: Home = Path(),
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help=say("从何时起, 不得早于现在", "from when on; not before now"),
            show_default=say("现在", "now"),
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=say("不再询问", "do not ask"))] = False,
) -> None:
    _work(home).close(key, ClosedReason(reason), None if at is None else moment(at), yes=yes)


def backup(
    file: Annotated[Path, typer.Argument(help=say("写入的文件", "the file to write"))],
    home: Home = Path(),
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
) -> None:
    _work(home).backup(file, passphrase_file, passphrase_env)


def restore(
    file: Annotated[Path, typer.Argument(help=say("备份文件", "the backup"))],
    home: Home = Path(),
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help=say("只检查并显示内容, 不写入", "look at it, and write nothing")
        ),
    ] = False,
) -> None:
    _work(home).restore(file, passphrase_file, passphrase_env, check=check)


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say(*GROUP))
    for name, command in (
        ("list", list_),
        ("new", new),
        ("rotate", rotate),
        ("close", close),
        ("backup", backup),
        ("restore", restore),
    ):
        group.command(name, help=say(*HELP[name]))(command)
    app.add_typer(group, name="keys")


def _work(home: Path) -> "KeysWork":
    from gateway.cli.keys_work import KeysWork  # noqa: PLC0415  # see above

    return KeysWork(home)
