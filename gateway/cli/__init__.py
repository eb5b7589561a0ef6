"""The command line: one file a group of commands, all of them thin."""

from gateway.cli.app import main

__all__ = ["main"]
