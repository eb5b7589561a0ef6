"""`tongban translate`: try a document against profiles, without a member or a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from adapters.adapter import Adapter, Document, Draft, Loss
from adapters.engine.encoding import decode
from adapters.profiles.load import builtin_profile, is_builtin, load_adapter, load_profile
from contracts.errors import DocumentRejected
from gateway.cli import screen
from gateway.cli.language import say
from gateway.cli.wording import kind_name

_Profile = Annotated[
    str,
    typer.Option(
        "--from", help=say("文件所属画像: 内置代码或目录", "the document's profile: code or folder")
    ),
]


def translate(
    file: Annotated[Path, typer.Argument(help=say("一份本地格式文件", "a native document"))],
    source: _Profile,
    target: Annotated[
        str | None,
        typer.Option("--to", help=say("译成此画像; 缺省译成通用契约", "profile to write for")),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help=say("按原字节写入此目录", "write the documents here")),
    ] = None,
) -> None:
    drafts = load_adapter(_folder(source)).read(_read(file))
    if target is None:
        screen.write_bytes(b"".join(_canonical(draft) for draft in drafts))
        return
    writer = load_adapter(_folder(target))
    encoding = load_profile(_folder(target)).encoding
    for draft, documents, losses in _written(writer, drafts):
        _losses(draft, losses)
        for document in documents:
            if folder is None:
                screen.write_bytes(decode(document.data, encoding).encode())
            else:
                _keep(folder, document)


def _folder(profile: str) -> Path:
    return builtin_profile(profile) if is_builtin(profile) else Path(profile)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DocumentRejected(f"{error.strerror}", code="not_found", file=file) from error


def _canonical(draft: Draft) -> bytes:
    said = {
        "number": draft.number,
        "kind": str(draft.kind),
        "body": orjson.Fragment(draft.body.to_json()),
        "files": {name: file.media_type for name, file in draft.files.items()},
    }
    return orjson.dumps(orjson.loads(orjson.dumps(said)), option=orjson.OPT_INDENT_2) + b"\n"


def _written(
    writer: Adapter, drafts: Sequence[Draft]
) -> list[tuple[Draft, Sequence[Document], Sequence[Loss]]]:
    """All drafts written, before anything is printed: a document is translated whole."""
    result = []
    for draft in drafts:
        written = writer.write(draft)
        result.append((draft, written.documents, written.losses))
    return result


def _losses(draft: Draft, losses: Sequence[Loss]) -> None:
    """What the other format cannot say; a remark, not an error."""
    if not losses:
        return
    title = say("未能表达", "not carried")
    screen.err().print(Text(f"{title} · {kind_name(draft.kind)}", "yellow"))
    grid = Table.grid(padding=(0, 2))
    for loss in sorted(losses, key=lambda loss: loss.field):
        grid.add_row(f"  {loss.field}", Text(loss.why, "dim"))
    screen.err().print(grid)


def _keep(folder: Path, document: Document) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / document.name).write_bytes(document.data)
    screen.out().print(str(folder / document.name), markup=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    app.command(
        help=say(
            "把一份本地格式文件译成通用契约或他城格式, 并列出未能表达之处.",
            "Translate a native document to the contract or another city's format.",
        )
    )(translate)
