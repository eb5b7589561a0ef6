"""`tongban contracts export`: the contract as JSON Schema, OpenAPI and AsyncAPI files."""

import json
from pathlib import Path
from typing import Annotated

import typer

import contracts
from contracts.export import documents
from gateway.cli import screen
from gateway.cli.language import say
from keys.atomic_file import write_atomically

_SCHEMAS = Path(contracts.__file__).with_name("schemas")


def export(
    folder: Annotated[
        Path, typer.Argument(help=say("写入的目录", "folder to write to"))
    ] = _SCHEMAS,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = documents()
    for name, document in files.items():
        write_atomically(folder / name, as_text(document), mode=0o644)
    screen.out().print(
        say(f"已写出 {len(files)} 个文件: {folder}", f"wrote {len(files)} files to {folder}"),
        soft_wrap=True,
    )


def as_text(document: dict[str, object]) -> bytes:
    """A document as it stands in its file."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("契约文件", "the contract as files"))
    group.command(
        "export",
        help=say(
            "写出 JSON Schema, OpenAPI 与 AsyncAPI", "write JSON Schema, OpenAPI and AsyncAPI files"
        ),
    )(export)
    app.add_typer(group, name="contracts")
