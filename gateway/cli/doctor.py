"""`tongban doctor`: what is wrong with this gateway, and what to do about it."""

from pathlib import Path

import typer
from rich.padding import Padding
from rich.text import Text

from contracts.errors import (
    KeyUnavailable,
    KeyUnusable,
    SettingsInvalid,
    StoreUnavailable,
    TongbanError,
    TrustRefused,
    TrustUnavailable,
)
from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.doctor.finding import Finding, Level
from gateway.doctor.judge import trouble

_MARKS = {
    Level.GOOD: ("✓", "green"),
    Level.WARNING: ("!", "yellow"),
    Level.FAULT: ("✗", "bold red"),
}
_SUBJECTS = {
    "configuration": "配置",
    "disk": "磁盘",
    "database": "数据库",
    "queue": "队列",
    "incidents": "异常",
    "broker": "消息中间件",
    "calendar": "节假日",
    "key": "密钥",
    "keys": "密钥",
    "signing": "签名",
    "opening": "解密",
    "log": "日志",
    "backup": "备份",
    "gateway": "网关",
    "members": "成员名单",
    "officers": "三员",
    "trust": "联盟",
    "tls": "传输加密",
    "partner": "成员",
    "clock": "时钟",
}

_OPENED: dict[type[TongbanError], str] = {
    KeyUnavailable: "keys",
    KeyUnusable: "keys",
    StoreUnavailable: "database",
    TrustRefused: "trust",
    TrustUnavailable: "members",
}
"""What could not be opened, so that nothing else could be looked at."""


def doctor(home: Home = Path()) -> None:
    async def work(desk: Desk) -> Level:
        from gateway.doctor.examine import examine  # noqa: PLC0415  # a client of HTTP: slow

        worst = Level.GOOD
        async for finding in examine(desk.folder, desk.parts):
            _print(finding)
            worst = max(worst, finding.level)
        return worst

    try:
        worst = at_desk(home, work)
    except SettingsInvalid as error:
        for mistake in error.mistakes:
            _print(_mistake(mistake, error))
        raise typer.Exit(1) from error
    except TongbanError as error:
        _print(trouble(_OPENED.get(type(error), "gateway"), error))
        raise typer.Exit(1) from error
    if worst is Level.FAULT:
        raise typer.Exit(1)


def _mistake(mistake: str, error: SettingsInvalid) -> Finding:
    reason = error.reason
    return Finding(
        "configuration", Level.FAULT, mistake, mistake, reason.remedy_zh, reason.remedy_en
    )


def _print(finding: Finding) -> None:
    mark, style = _MARKS[finding.level]
    line = Text(f"{mark} ", style)
    line.append(f"{_subject(finding.subject)}  ", "bold")
    line.append(say(finding.zh, finding.en), "default" if finding.level else "dim")
    screen.out().print(line, soft_wrap=True)
    if finding.remedy_zh:
        remedy = Text(f"→ {say(finding.remedy_zh, finding.remedy_en)}")
        screen.out().print(Padding(remedy, (0, 0, 0, 4)))
    if finding.contact:
        call = Text(f"{say('联系', 'call')} {finding.contact}", "dim")
        screen.out().print(Padding(call, (0, 0, 0, 6)))


def _subject(subject: str) -> str:
    """`队列 partner/440100`: the words that are ours are translated, names are not."""
    translated = (_SUBJECTS.get(word, word) for word in subject.split(" "))
    return say(" ".join(translated), subject)


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "体检: 配置、磁盘、数据库、队列、节假日、密钥、成员、时钟, 并给出处理办法",
            "what is wrong with this gateway, and what to do",
        )
    )(doctor)
