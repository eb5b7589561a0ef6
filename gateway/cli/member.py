"""`tongban init` and `tongban run`."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from gateway import bootstrap, config
from gateway.cli.language import say
from gateway.logs import set_up_logs
from gateway.member_folder import NewMember, make_member_folder

Folder = Annotated[Path, typer.Argument(help="the member's folder, made by tongban init")]


def init(
    folder: Folder,
    code: Annotated[str, typer.Option(help="member code, as 410100")],
    suite: Annotated[str, typer.Option(help="sm or intl")] = "sm",
    listen: Annotated[str, typer.Option(help="host:port to listen on")] = "127.0.0.1:8410",
    address: Annotated[str | None, typer.Option(help="URL that partners use")] = None,
    profile: Annotated[str | None, typer.Option(help="profile of the city's system")] = None,
) -> None:
    """新建成员目录: 配置、密钥、成员条目. Make a member's folder: settings, keys, entry."""
    member = make_member_folder(folder, NewMember(code, suite, listen, address, profile))
    typer.echo(say(f"已建立 {member.name} ({code}): {folder}", f"made {code} in {folder}"))


def run(folder: Folder = Path()) -> None:
    """运行网关, 直到收到 SIGTERM. Run the gateway until SIGTERM."""
    home = config.load(folder)
    set_up_logs(level=home.settings.log.level, style=home.settings.log.style)
    uvloop.run(bootstrap.run(home))


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(run)
