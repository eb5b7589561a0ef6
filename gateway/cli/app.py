"""`tongban`: the commands put together, and one way to end for all errors."""

import sys

import typer

from contracts.errors import SettingsInvalid, TongbanError
from gateway.cli import member
from gateway.cli.language import say

app = typer.Typer(
    name="tongban",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="通办: 一城收件, 他城办理. One city receives a case that another city handles.",
)
member.add_to(app)


def main() -> None:
    """Run a command; an error of ours ends it with a sentence and a remedy, not a trace."""
    try:
        app()
    except SettingsInvalid as error:
        for mistake in error.mistakes:
            print(f"{error.code}: {mistake}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except TongbanError as error:
        reason = error.reason
        print(error, file=sys.stderr)  # noqa: T201
        print(say(reason.remedy_zh, reason.remedy_en), file=sys.stderr)  # noqa: T201
        sys.exit(1)
