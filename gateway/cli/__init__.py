"""The command line: one file a group of commands, all of them thin."""

import sys

from gateway.cli import language


def main() -> None:
    """Choose the language, then load the commands: their help is in it too."""
    sys.argv[1:] = language.choose(sys.argv[1:])
    from gateway.cli.app import run_command  # noqa: PLC0415  # after the choice, see above

    run_command()


__all__ = ["main"]
