"""How keys are shown: one row a key, and below it what to do about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.language import say
from gateway.cli.wording import full_clock
from gateway.keyholding.backup import Content
from gateway.keyholding.holdings import Holding, Next
from gateway.membership import grouped, thumbprint
from keys.trust.member import KeyState, MemberKey

_USES = {
    "signing": ("签名", "signing"),
    "sealing": ("加密", "sealing"),
    "log": ("日志", "log"),
    "tls": ("TLS", "tls"),
}
_STATES = {
    KeyState.VALID: ("有效", "valid", "green"),
    KeyState.NOT_YET_VALID: ("待启用", "begins later", "yellow"),
    KeyState.EXPIRED: ("已到期", "ended", "dim"),
    KeyState.CLOSED: ("已关闭", "closed", "dim"),
    KeyState.UNWITNESSED: ("已关闭", "closed", "dim"),
}
_REASONS = {
    "compromised": ("泄露", "compromised"),
    "superseded": ("已替代", "superseded"),
    "lost": ("遗失", "lost"),
    "left": ("退出", "left"),
}
_PLACES = {"file": ("文件", "file"), "pkcs11": ("令牌", "token"), None: ("不在本机", "missing")}
_NEXT = {
    Next.PUBLISH: (
        "未公布: tongban federation publish, 或 tongban members add member.json",
        "not published: tongban federation publish, or tongban members add member.json",
    ),
    Next.ROTATE: (
        "即将到期且无接替: tongban keys rotate --use {0}",
        "ends soon, and no other follows: tongban keys rotate --use {0}",
    ),
    Next.RESTORE: (
        "私钥不在本机: tongban keys restore 备份, 或 tongban keys close {1} --reason lost",
        "its private half is missing: tongban keys restore BACKUP, or "
        "tongban keys close {1} --reason lost",
    ),
}


def show_holdings(rows: Sequence[Holding]) -> None:
    """The table, then what to do, key by key."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for zh, en in (
        ("用途", "use"),
        ("密钥", "key"),
        ("起", "from"),
        ("止", "to"),
        ("状态", "state"),
        ("私钥", "private half"),
    ):
        table.add_column(say(zh, en), no_wrap=True)
    for row in rows:
        table.add_row(
            say(*_USES[row.use]),
            Text(_short(row), "bold" if row.in_use else "default"),
            full_clock(row.entry.valid_from),
            _end(row),
            _state(row),
            say(*_PLACES[row.place]),
        )
    screen.out().print(table)
    for row in rows:
        if row.next is not Next.NOTHING:
            todo = say(*_NEXT[row.next]).format(row.use, row.name)
            screen.out().print(Text(f"→ {_short(row)}: {todo}", "yellow"), soft_wrap=True)


def show_backup(content: Content, written: Mapping[str, bool] | None = None) -> None:
    """Every key in a backup with its fingerprint; `written`: what became of it here."""
    table = Table.grid(padding=(0, 2))
    for key in content.keys:
        table.add_row(Text(thumbprint(key.jwk), "bold"), key.kid, _became(key.kid, written))
    for pair in content.pairs:
        shown = Text(grouped(pair.sha256), "bold")
        table.add_row(shown, pair.name, _became(pair.sha256, written))
    screen.out().print(table)
    for uri in content.absent:
        absent = say(
            f"不在备份中 (令牌的密钥不能离开令牌): {uri}",
            f"not in the backup (keys of a token never leave it): {uri}",
        )
        screen.out().print(Text(absent, "yellow"), soft_wrap=True)


def _became(name: str, written: Mapping[str, bool] | None) -> str:
    if written is None or name not in written:
        return ""
    return say("已写入", "written") if written[name] else say("已在本机", "was here already")


def _short(row: Holding) -> str:
    return row.name if isinstance(row.entry, MemberKey) else row.name[:16] + "…"


def _end(row: Holding) -> str:
    ends = [end for end in (row.entry.valid_to, row.entry.closed_at) if end is not None]
    first: datetime | None = min(ends, default=None)
    return "—" if first is None else full_clock(first)


def _state(row: Holding) -> Text:
    if row.in_use:
        return Text(say("在用", "in use"), "bold green")
    zh, en, style = _STATES[row.state]
    if row.state is KeyState.CLOSED and (
        reason := (row.entry.closed_reason or "").partition(":")[0]
    ):
        said = say(*_REASONS.get(reason, (reason, reason)))
        return Text(f"{say(zh, en)} ({said})", style)
    if not row.published:
        return Text(say("未公布", "not published"), "yellow")
    return Text(say(zh, en), style)
