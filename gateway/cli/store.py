"""`tongban store months` and `store detach`: parts by the month, and a month put away."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from gateway import config
from gateway.cli import screen
from gateway.cli.desk import Home
from gateway.cli.language import say

Month = Annotated[
    str, typer.Argument(metavar="MONTH", help=say("月份, 如 2025-03", "the month, as 2025-03"))
]


def months(home: Home = Path()) -> None:
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for a database

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("表", "table"), no_wrap=True)
    table.add_column(say("约计行数", "rows, about"), justify="right")
    table.add_column("MiB", justify="right")
    table.add_column(say("在存储中", "in the store"))
    for month in bootstrap.month_tables(config.load(home)):
        there = say("是", "yes") if month.attached else say("否, 已分离", "no, detached")
        table.add_row(month.name, f"{month.rows:,}", f"{month.bytes / 2**20:,.1f}", there)
    screen.out().print(table)


def detach(month: Month, home: Home = Path()) -> None:
    from gateway import bootstrap  # noqa: PLC0415  # as above

    name = bootstrap.detach(config.load(home), month)
    screen.out().print(
        say(
            f"{name} 已从存储分离, 表仍在数据库中: 备份后再删除. 报文、回执与印章不受影响",
            f"{name} is detached and still in the database: drop it once it is backed up."
            " Messages, receipts and seals stay as they are",
        )
    )


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("存储", "the store"))
    group.command(
        "months",
        help=say(
            "附件按月存放的各表 (PostgreSQL)", "the tables of parts by the month (PostgreSQL)"
        ),
    )(months)
    group.command(
        "detach",
        help=say(
            "把一个月的附件整体移出存储, 尚有未了报文时拒绝",
            "take the parts of a month out of the store; refused while a message of it is open",
        ),
    )(detach)
    app.add_typer(group, name="store")
