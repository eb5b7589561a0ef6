"""`tongban`: the commands put together, and one way to end for all errors."""

import sys
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import SettingsInvalid, TongbanError
from gateway.cli import case, demo, member, members, message, screen, translate
from gateway.cli.language import say

app = typer.Typer(
    name="tongban",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=say(
        "通办: 一城收件, 他城办理.", "tongban: one city receives a case that another city handles."
    ),
)
for group in (member, members, case, message, translate, demo):
    group.add_to(app)


@app.callback()
def every_command(
    lang: Annotated[  # taken out of the arguments before: see gateway.cli.language
        Literal["zh", "en"], typer.Option(help=say("语言", "language"))
    ] = "zh",
) -> None:
    """Options of all commands."""
    del lang


def run_command() -> None:
    """Run a command; an error of ours ends it with a sentence and a remedy, not a trace."""
    try:
        app()
    except SettingsInvalid as error:
        _tell(error, error.mistakes)
        sys.exit(2)
    except TongbanError as error:
        _tell(error, [error.detail])
        sys.exit(1)


def _tell(error: TongbanError, details: list[str]) -> None:
    """Code, what, where, and what to do."""
    reason = error.reason
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold red")
    grid.add_column(overflow="fold")
    grid.add_row(say("错误", "error"), Text(f"{say(reason.zh, reason.en)}  {error.code}", "bold"))
    for detail in details:
        grid.add_row("", Text(detail))
    if error.where:
        where = "  ".join(f"{name} {value}" for name, value in error.where.items())
        grid.add_row(say("位置", "where"), Text(where))
    grid.add_row(say("处理", "remedy"), Text(say(reason.remedy_zh, reason.remedy_en)))
    screen.err().print(grid)
