"""`tongban demo`: four cities on this machine, and the main job from end to end."""

from typing import Annotated

import typer

from gateway.cli.language import say


def demo(
    keep: Annotated[
        bool,
        typer.Option("--keep", help=say("结束后保持运行, 直到 Ctrl-C", "leave it running")),
    ] = False,
) -> None:
    from gateway.demo.run import run_demo  # noqa: PLC0415  # nobody else needs it loaded

    raise typer.Exit(run_demo(keep=keep))


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "在临时目录中运行四城演示: 收件、办理、补正、送达, 并逐份核对.",
            "Run four cities in a scratch folder and check every message.",
        )
    )(demo)
