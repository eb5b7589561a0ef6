"""What the commands of the federation show, and what they say comes next."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from securesystemslib.signer import Key
from tuf.api.metadata import Metadata, Root, Targets

from gateway.cli import screen
from gateway.cli.language import say
from gateway.cli.members import fingerprints, title
from gateway.federation.agreeing import Signed
from gateway.federation.office import root_digest
from gateway.federation.papers import FounderPaper, MemberPaper
from gateway.membership import grouped, thumbprint
from keys.trust.federation.charter import charter_of
from keys.trust.federation.published import read_member
from keys.trust.federation.rules import jurisdictions_given
from keys.trust.federation.tuf_keys import public_jwk

_TOLD = {
    "founder": (
        "已写出 {0}. 交给发起城市, 并电话核对以下指纹",
        "wrote {0}. Hand it to the city that convenes and compare by telephone:",
    ),
    "invited": (
        "已写出 {0}. 交给新城市, 并电话告知以上根文件指纹",
        "wrote {0}. Hand it to the new city and read out the fingerprint of the root above",
    ),
    "joining": (
        "已写出 {0}. 交给任一创始城市, 电话核对以上指纹; 发布后执行 tongban federation mirror",
        "wrote {0}. Hand it to a founding city, compare the fingerprints above; once it is "
        "published, run tongban federation mirror",
    ),
    "ending": (
        "已写出 {0}. 由创始城市批准: tongban federation approve",
        "wrote {0}. For founders to approve: tongban federation approve",
    ),
    "handed": (
        "已写出 {0}. 本市没有发布密钥: 交给任一创始城市, 由其 tongban federation publish",
        "wrote {0}. We hold no publishing key: hand it to a founding city for "
        "tongban federation publish",
    ),
    "copied": (
        "已把整个联盟写入 {0}: 对方 tongban federation mirror --from 此文件",
        "wrote all of it to {0}: for tongban federation mirror --from there",
    ),
    "listed": (
        "已写出成员名单 {0}, 可供 tongban verify 离线核验",
        "wrote the list of members {0}, for tongban verify",
    ),
    "settled": (
        "已在 {0} 中启用联盟; 重启网关后生效",
        "{0} names the federation now; restart the gateway",
    ),
}


def tell(what: str, file: Path) -> None:
    """That a file was written, and what its reader does next."""
    text = say(*_TOLD[what]).format(f"[bold]{escape(str(file))}[/]")
    screen.out().print(f"[green]✓[/] {text}", soft_wrap=True)


def confirm(*, yes: bool) -> None:
    """Nothing is signed or taken in whose fingerprints nobody compared."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            say(
                "请先电话核对以上指纹, 再加 --yes 重试",
                "compare the fingerprints above by telephone, then add --yes",
            )
        )
    if not typer.confirm(
        say("已电话核对以上指纹?", "were the fingerprints compared by telephone?")
    ):
        raise typer.Exit(1)


def confirm_leaving(code: str, at: datetime, *, yes: bool) -> None:
    """It cannot be taken back."""
    if yes:
        return
    day = f"{at:%Y-%m-%d %H:%M} UTC"
    question = say(
        f"自 {day} 起关闭 {code} 的全部密钥, 不可撤销. 继续?",
        f"close every key of {code} from {day} on? It cannot be taken back",
    )
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{question} --yes")
    if not typer.confirm(question):
        raise typer.Exit(1)


def show_root(root: Metadata[Root] | Sequence[FounderPaper]) -> None:
    """The founders and their keys, and, of a root, its own fingerprint and threshold."""
    console, table = screen.out(), Table.grid(padding=(0, 2))
    if isinstance(root, Metadata):
        charter = charter_of(root.signed)
        console.print(
            Text.assemble(
                (f"{charter.name}  ", "bold"),
                say(
                    f"第 {root.signed.version} 版, {len(charter.founders)} 个创始城市中 "
                    f"{charter.threshold} 个签名有效",
                    f"root {root.signed.version}, {charter.threshold} of "
                    f"{len(charter.founders)} founders",
                ),
            )
        )
        table.add_row(say("根文件", "root"), Text(grouped(root_digest(root)), "bold"), "")
        for founder in charter.founders:
            who = f"{founder.name} {founder.code}"
            table.add_row(say("创始", "founds"), _fingerprint(founder.founding), who)
            table.add_row(say("发布", "publishes"), _fingerprint(founder.publishing), who)
    else:
        for paper in root:
            who = f"{paper.name} {paper.code}"
            for use, key in (
                (say("创始", "founds"), paper.founding),
                (say("发布", "publishes"), paper.publishing),
                (say("成员", "member"), paper.member.key),
            ):
                table.add_row(use, _fingerprint(Key.from_dict("", dict(key))), who)
    console.print(Padding(table, (0, 0, 0, 2)))


def show_members(
    papers: Sequence[MemberPaper],
    given: Sequence[str] | None = None,
    *,
    targets: Targets | None = None,
) -> None:
    """What members ask for: who they are, their keys, and the regions they would speak for."""
    console = screen.out()
    for paper in papers:
        member = read_member(paper.member.encode())
        console.print(title(member))
        own = Table.grid(padding=(0, 2))
        key = Key.from_dict("", dict(paper.key))
        own.add_row(say("成员", "member"), _fingerprint(key), Text(say("签署文件", "its file")))
        console.print(Padding(own, (0, 0, 0, 2)))
        console.print(Padding(fingerprints(member), (0, 0, 0, 2)))
        roles = (targets.delegations.roles if targets and targets.delegations else None) or {}
        regions = given or (jurisdictions_given(roles[paper.code]) if paper.code in roles else ())
        if regions:
            console.print(f"  {say('可代表的辖区', 'may speak for')}: {' '.join(regions)}")


def remark_new_key() -> None:
    """That a request is not of a new city."""
    screen.out().print(
        say(
            "[yellow]! 该城市已是成员: 批准即以上列成员密钥替换其现用密钥, 并采用上列各密钥状态[/]",
            "[yellow]! it is a member already: to approve replaces its key by the one above, and "
            "its keys are from then on as they are shown[/]",
        )
    )


def show_signed(signed: Signed, file: Path) -> None:
    """How many have signed a proposal, and what to do with it now."""
    place, k = f"[bold]{escape(str(file))}[/]", signed.charter.threshold
    counted = say(
        f"已有 {signed.signatures} 个签名, 需 {k} 个", f"{signed.signatures} of {k} signed"
    )
    after = (
        say(f"执行 tongban federation publish {place}", f"run tongban federation publish {place}")
        if signed.enough
        else say(
            f"把 {place} 交给下一个创始城市: tongban federation approve",
            f"hand {place} to the next founder: tongban federation approve",
        )
    )
    screen.out().print(f"[green]✓[/] {counted}. {after}", soft_wrap=True)


def _fingerprint(key: Key) -> Text:
    return Text(thumbprint(public_jwk(key)), "bold")
