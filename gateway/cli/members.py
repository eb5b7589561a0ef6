"""`tongban members add` and `tongban members list`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.errors import Wrong
from gateway import config
from gateway.cli import members_pin, screen
from gateway.cli.desk import Home
from gateway.cli.language import say
from gateway.clock import SystemClock
from gateway.membership import Change, fingerprint, grouped, join, joining, read_entry
from keys.tls.pins import pin_state
from keys.trust.member import KeyState, Member
from keys.trust.members_file import MembersFile
from keys.trust.trust_list import TrustList, key_state

_STATES = {
    KeyState.VALID: ("有效", "valid"),
    KeyState.NOT_YET_VALID: ("未生效", "not yet valid"),
    KeyState.EXPIRED: ("已过期", "expired"),
    KeyState.CLOSED: ("已关闭", "closed"),
}


def add(
    file: Annotated[
        Path, typer.Argument(help=say("对方的 member.json", "the other member's member.json"))
    ],
    home: Home = Path(),
    yes: Annotated[
        bool,
        typer.Option("--yes", help=say("指纹已核对, 不再询问", "fingerprints were compared")),
    ] = False,
) -> None:
    list_file = _list_file(home)
    wanted = joining(list_file, read_entry(file))
    member, console = wanted.member, screen.out()
    console.print(title(member))
    console.print(Padding(fingerprints(member), (0, 0, 0, 2)))
    if wanted.change is Change.SAME:
        console.print(say("名单中已有此条目, 未作改动", "this very entry is in the list already"))
        return
    if not yes:
        _ask(member)
    join(list_file, wanted)
    added = wanted.change is Change.NEW
    done = say("已加入", "added") if added else say("已更新", "updated")
    note = say("运行中的网关即刻生效", "a running gateway takes it up at once")
    console.print(f"[bold green]{done}[/] {list_file} ({note})", soft_wrap=True)


def show_list(home: Home = Path()) -> None:
    members = _trust_list(home).members()
    console = screen.out()
    for member in members:
        console.print(title(member))
        console.print(Padding(fingerprints(member), (0, 0, 0, 2)))
    console.print(say(f"共 {len(members)} 个成员", f"{len(members)} members"), style="dim")


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help=say("成员名单: 加入、列出、证书.", "The list of members: add, list, pin."),
    )
    group.command(
        "add",
        help=say(
            "加入一个成员, 并显示其公钥指纹以便电话核对.",
            "Take a member in; shows the fingerprints to compare by telephone.",
        ),
    )(add)
    group.command("list", help=say("列出成员与公钥指纹.", "List members and fingerprints."))(
        show_list
    )
    members_pin.add_to(group)
    app.add_typer(group, name="members")


def title(member: Member) -> Text:
    """`郑州市 410100  sm  http://…`."""
    return Text.assemble(
        (f"{member.name} {member.code}", "bold"), f"  {member.suite}  {member.address}"
    )


def fingerprints(member: Member) -> Table:
    """One row a key: what it is for, its fingerprint, its name, its state."""
    table = Table.grid(padding=(0, 2))
    now = datetime.now(UTC)
    for use, keys in (
        (say("签名", "signs"), member.signing_keys),
        (say("加密", "seals"), member.sealing_keys),
    ):
        for key in keys:
            state = key_state(key, now)
            style = "green" if state is KeyState.VALID else "yellow"
            table.add_row(
                use,
                Text(fingerprint(key), "bold"),
                Text(key.kid, "dim"),
                Text(say(*_STATES[state]), style),
            )
    for pin in member.tls_pins:
        state = pin_state(pin, now)
        style = "green" if state is KeyState.VALID else "yellow"
        table.add_row(
            say("证书", "TLS"),
            Text(grouped(pin.sha256), "bold"),
            "",
            Text(say(*_STATES[state]), style),
        )
    return table


def _ask(member: Member) -> None:
    """Nobody is taken in whose fingerprints nobody compared."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            say(
                f"请先与{member.name}电话核对以上指纹, 再加 --yes 重试",
                f"compare the fingerprints with {member.name} by telephone, then add --yes",
            )
        )
    question = say(
        f"已与{member.name}电话核对以上指纹?",
        f"were they compared with {member.name} by telephone?",
    )
    if not typer.confirm(question):
        raise typer.Exit(1)


def _trust_list(home: Path) -> TrustList:
    folder = config.load(home)
    if folder.settings.trust.root is None:
        return MembersFile(folder.path(folder.settings.trust.members))
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for it

    return bootstrap.trust_list(folder, SystemClock())


def _list_file(home: Path) -> Path:
    folder = config.load(home)
    if folder.settings.trust.root is not None:
        raise Wrong(
            "the list of members is that of the federation: tongban federation mirror",
            code="federation.not_now",
        )
    return folder.path(folder.settings.trust.members)
