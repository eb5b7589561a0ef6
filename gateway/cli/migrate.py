"""`tongban migrate`: a member's store moves from its SQLite file to PostgreSQL."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from contracts.errors import SettingsInvalid
from gateway import config
from gateway.cli import screen
from gateway.cli.desk import Home
from gateway.cli.language import say
from gateway.cli.store_table import Rewritten, store_table
from gateway.settings import StoreTable

_SAY_EVERY = 2.0  # seconds

Url = Annotated[
    str | None,
    typer.Option(
        help=say(
            "目标数据库, 不含口令; 缺省取配置中的 store.url",
            "the database, without a password; default: store.url of the settings",
        )
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help=say("口令文件, 权限 0600", "a file with the password, mode 0600")),
]
PasswordEnv = Annotated[
    str | None, typer.Option(help=say("口令所在的环境变量", "the variable that holds the password"))
]
Switch = Annotated[
    bool,
    typer.Option(
        "--switch",
        help=say(
            "完成后改写配置中的 [store], 并把原文件改名为 ….moved",
            "at the end, rewrite [store] in the settings and rename the file to ….moved",
        ),
    ),
]


def migrate(
    home: Home = Path(),
    url: Url = None,
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
    switch: Switch = False,
) -> None:
    from gateway import bootstrap  # noqa: PLC0415  # help should not wait for a database

    folder = config.load(home)
    target = _target(folder, url, password_file, password_env)
    rewritten = Rewritten.of(folder.folder / config.FILE_NAME, target) if switch else None
    if switch:
        _refuse_overrides()
    moved = bootstrap.move_store(
        folder, target, _Lines(), rewritten.write if rewritten is not None else None
    )
    _report(moved.rows, before=moved.before)
    _what_next(folder, target, switch=switch)


def _target(
    folder: config.Home, url: str | None, password_file: Path | None, password_env: str | None
) -> StoreTable:
    """Where to; options come before settings. Raises SettingsInvalid."""
    given = folder.settings.store
    if given.engine != "sqlite":
        raise SettingsInvalid(
            ["store.engine: this member's store is in PostgreSQL already"],
            source=config.FILE_NAME,
        )
    if password_file is not None:
        password_file = _seen_from(folder.folder, password_file)
    elif password_env is None:
        password_file, password_env = given.password_file, given.password_env
    try:
        return StoreTable(
            engine="postgres",
            url=url or given.url,
            password_file=password_file,
            password_env=password_env,
        )
    except ValidationError as error:
        mistakes = [f"--{m['loc'][0]}: {m['msg']}".replace("_", "-") for m in error.errors()]
        raise SettingsInvalid(mistakes, source="--url") from None


def _seen_from(folder: Path, file: Path) -> Path:
    """As it is written into the settings: relative where it lies in the member's folder."""
    whole = file.absolute()
    return whole.relative_to(folder) if whole.is_relative_to(folder) else whole


def _refuse_overrides() -> None:
    """What stands in the environment wins over the file, which would then change nothing."""
    names = [name for name in sorted(os.environ) if name.startswith("TONGBAN_STORE__")]
    if names:
        raise SettingsInvalid(
            [f"{name}: wins over the file; change it by hand, without --switch" for name in names],
            source="environment",
        )


class _Lines:
    """Progress in lines: now and then, and at the end of each table that has rows."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, step: str, table: str, done: int, of: int) -> None:
        if done < of and time.monotonic() < self._said_at + _SAY_EVERY:
            return
        self._said_at = time.monotonic()
        if of:
            doing = say("复制", "copy") if step == "copy" else say("核对", "compare")
            screen.err().print(f"{doing} {table} {done:,} / {of:,}", style="dim")


def _report(rows: dict[str, int], *, before: bool) -> None:
    total = sum(rows.values())
    if before:
        said = say(
            "此前已迁移完毕, 再次核对无误", "had been moved before; compared again, the same"
        )
    else:
        said = say("已迁移, 两侧逐行核对一致", "moved; both sides compared, every row the same")
    counted = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    screen.out().print(f"✓ {said}: {total:,} {say('行', 'rows')} ({counted})")


def _what_next(folder: config.Home, target: StoreTable, *, switch: bool) -> None:
    console = screen.out()
    if switch:
        name = folder.settings.store.path
        console.print(
            say(
                f"配置已改写, 原文件改名为 {name}.moved; 现在可以启动网关",
                f"the settings are rewritten, the file is now {name}.moved; start the gateway",
            )
        )
        return
    console.print(
        say(
            f"原文件未改动. 启动网关之前, 把 {config.FILE_NAME} 中的 [store] 改为:",
            f"The file is as it was. Before a gateway starts, let {config.FILE_NAME} say:",
        )
    )
    console.print()
    console.print(store_table(target), markup=False, soft_wrap=True)
    console.print(
        say(
            "切勿再用原文件启动网关: 它不知道此后的往来.",
            "Never start a gateway on the old file again: it does not know what comes after.",
        )
    )


def add_to(app: typer.Typer) -> None:
    app.command(
        "migrate",
        help=say(
            "把成员的存储从 SQLite 迁到 PostgreSQL, 逐行核对; 网关须先停止",
            "move a store from SQLite to PostgreSQL and compare every row; stop the gateway first",
        ),
    )(migrate)
