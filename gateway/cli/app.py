"""`tongban`: the commands put together, and one way to end for all errors."""

import sys
from typing import Annotated, Literal

import typer

from contracts.errors import SettingsInvalid, TongbanError, Wrong
from gateway.cli import (
    case,
    contracts,
    demo,
    doctor,
    evidence,
    federation,
    guard,
    incident,
    keys,
    links,
    member,
    members,
    message,
    migrate,
    officer,
    officer_self,
    queue,
    screen,
    store,
    token,
    top,
    translate,
)
from gateway.cli.failure import failure
from gateway.cli.help_words import set_help_words
from gateway.cli.language import say

set_help_words()
app = typer.Typer(
    name="tongban",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=say(
        "通办: 一城收件, 他城办理.", "tongban: one city receives a case that another city handles."
    ),
)
for group in (
    member,
    members,
    federation,
    keys,
    case,
    message,
    incident,
    queue,
    migrate,
    store,
    links,
    top,
    evidence,
    translate,
    contracts,
    doctor,
    officer_self,
    officer,
    token,
    demo,
):
    group.add_to(app)
guard.put_on(app)


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
        screen.err().print(failure(error))
        sys.exit(2)
    except OSError as error:
        found = Wrong(error.strerror or str(error), code="file.unusable", file=error.filename)
        screen.err().print(failure(found))
        sys.exit(1)
    except TongbanError as error:
        screen.err().print(failure(error))
        sys.exit(1)
