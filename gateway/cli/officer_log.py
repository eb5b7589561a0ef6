"""`tongban officer log`: who used what and when; and whether the log is whole."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway import config
from gateway.cli import screen
from gateway.cli.desk import Home
from gateway.cli.language import say
from gateway.cli.session_file import head_file
from gateway.cli.wording import beijing, full_clock
from gateway.officers.chain import Head, check
from gateway.officers.duties import DUTY_NAMES, Duty
from gateway.officers.records import Use
from keys.atomic_file import write_atomically

if TYPE_CHECKING:
    from gateway.bootstrap import OfficerDesk

_PAGE = 5_000


def log(
    home: Home = Path(),
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, help=say("最多几条", "at most so many"))
    ] = 50,
    check_: Annotated[
        bool,
        typer.Option("--check", help=say("逐条验证, 未被删改", "prove that nothing was changed")),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help=say("每行一条 JSON, 含摘要", "a line of JSON an entry, digests too")
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="HEAD",
            help=say("上次验证时记下的尾标, 编号:摘要", "the head noted last time, number:digest"),
        ),
    ] = None,
) -> None:
    from gateway.cli.officer import at_officers  # noqa: PLC0415  # it lists this command

    file = head_file(config.load(home))
    noted = _read(since) if since else _remembered(file) if check_ else None

    async def work(desk: "OfficerDesk") -> list[Use]:
        found: list[Use] = []
        while page := await desk.store.uses(found[-1].number if found else 0, _PAGE):
            found += page
        return found

    uses = at_officers(home, work)
    if not check_ and noted is None:
        _write(uses[-limit:]) if as_json else _print(uses[-limit:])
        return
    head = check(uses, since=noted)
    write_atomically(file, f"{head}\n".encode(), mode=0o600)
    screen.out().print(
        say(
            f"✓ {head.number} 条, 逐条相接, 无删改",
            f"✓ {head.number} entries, each holds on to the one before",
        )
    )
    screen.out().print(
        say(f"尾标 (请另行记下, 下次 --since): {head}", f"head (note it, for --since): {head}"),
        soft_wrap=True,
    )


def _remembered(file: Path) -> Head | None:
    """Of the last check by the same user of this machine; None where there was none."""
    with contextlib.suppress(OSError, ValueError):
        return Head.read(file.read_text("ascii"))
    return None


def _read(since: str) -> Head:
    try:
        return Head.read(since)
    except ValueError:
        raise typer.BadParameter(say("尾标形如 编号:摘要", "a head is number:digest")) from None


def _write(uses: list[Use]) -> None:
    """For an archive of the auditor's own: with it the chain can be checked without us."""
    for use in uses:
        said = {**asdict(use), "before": use.before.hex(), "digest": use.digest.hex()}
        screen.write_bytes(json.dumps(said, ensure_ascii=False).encode() + b"\n")


def _print(uses: list[Use]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    titles = (
        ("#", "#"),
        ("时间", "when"),
        ("账户", "by"),
        ("职责", "duty"),
        ("操作", "what"),
        ("对象", "on"),
        ("结果", "outcome"),
    )
    for zh, en in titles:
        table.add_column(say(zh, en), overflow="fold")
    for use in uses:
        allowed = use.outcome == "allowed"
        outcome = say("准许", "allowed") if allowed else say("拒绝", "refused")
        duty = say(*DUTY_NAMES[Duty(use.duty)]) if use.duty in set(Duty) else use.duty
        table.add_row(
            str(use.number),
            full_clock(beijing(use.at)),
            Text(use.by),
            duty,
            Text(use.act),
            Text(use.about),
            Text(outcome, "green" if allowed else "red"),
        )
    screen.out().print(table)
