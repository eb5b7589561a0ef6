"""`tongban demo`: four cities on this machine, and the main job from end to end."""

from typing import Annotated, Literal

import typer

from gateway.cli.language import say


def demo(
    keep: Annotated[
        bool,
        typer.Option("--keep", help=say("结束后保持运行, 直到 Ctrl-C", "leave it running")),
    ] = False,
    engine: Annotated[
        Literal["embedded", "production"],
        typer.Option(
            help=say(
                "production: 用 PostgreSQL 与 RabbitMQ; 服务器由环境变量 TONGBAN_DEMO_POSTGRES、"
                "TONGBAN_DEMO_RABBITMQ 指定, 否则临时启动",
                "production: on PostgreSQL and RabbitMQ, those that TONGBAN_DEMO_POSTGRES and "
                "TONGBAN_DEMO_RABBITMQ name, or private ones",
            )
        ),
    ] = "embedded",
) -> None:
    from gateway.demo.run import run_demo  # noqa: PLC0415  # nobody else needs it loaded

    raise typer.Exit(run_demo(keep=keep, on_servers=engine == "production"))


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "在临时目录中运行四城演示: 收件、办理、补正、送达, 并逐份核对.",
            "Run four cities in a scratch folder and check every message.",
        )
    )(demo)
