"""`tongban message show`: one message, what proves it, and on demand what it says."""

from pathlib import Path
from typing import Annotated

import typer
from rich.json import JSON
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.envelope import Envelope, read_envelope
from contracts.errors import Wrong
from contracts.seal import Seal
from gateway.cli import screen
from gateway.cli.case import Open
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.wording import (
    city_name,
    full_clock,
    kind_name,
    outcome_name,
    reason_name,
    witness_name,
)
from gateway.evidence.bundle import MessageEvidence, SealedLeaf
from gateway.evidence.verify import Proven, verify_message
from gateway.evidence.witness import Witness
from gateway.exchange.proof import Prove
from gateway.records import MessageRecord
from keys import base64url, strict_json


def show(
    message_id: Annotated[str, typer.Argument(metavar="ID", help=say("报文标识", "message id"))],
    home: Home = Path(),
    open_: Open = False,
) -> None:
    async def work(desk: Desk) -> None:
        message = await desk.parts.store.message(None, message_id)
        if message is None:
            raise Wrong("this city knows no such message", code="not_found", message=message_id)
        prove = Prove(desk.parts.store, desk.parts.home.trust, desk.us)
        _envelope(message)
        _proof(message, await _checked(prove, message, desk))
        archive = None if message.parts else await desk.parts.store.archive_of(message.recorded_at)
        _parts(read_envelope(message.envelope), archive)
        if open_:
            opened = await desk.open_message(message)
            _heading(say("正文", "body"))
            text = opened.body.model_dump_json(exclude_none=True)
            screen.out().print(Padding(JSON(text, ensure_ascii=False), (0, 0, 0, 2)))

    at_desk(home, work)


Checked = tuple[MessageEvidence, Proven]


async def _checked(prove: Prove, message: MessageRecord, desk: Desk) -> Checked | Wrong | None:
    trust = desk.parts.home.trust
    try:
        evidence = await prove.evidence(message)
        return (evidence, verify_message(evidence, trust, holder=desk.us)) if evidence else None
    except Wrong as error:
        return error


def _envelope(message: MessageRecord) -> None:
    envelope = read_envelope(message.envelope)
    ways = f"{city_name(message.sender)} → {city_name(message.receiver)}"
    grid = _grid()
    grid.add_row(say("报文", "message"), envelope.id)
    grid.add_row(say("事由", "kind"), Text(f"{kind_name(message.kind)}  {message.kind}", "bold"))
    grid.add_row(say("方向", "way"), f"{ways}  {envelope.sender} → {envelope.receiver}")
    grid.add_row(say("办件", "case"), f"{envelope.case_id}  #{envelope.sequence}")
    grid.add_row(say("生成", "made"), full_clock(envelope.created_at))
    grid.add_row(say("有效至", "expires"), full_clock(envelope.expires_at))
    grid.add_row(say("摘要", "digest"), message.digest.hex())
    screen.out().print(grid)


def _proof(message: MessageRecord, checked: Checked | Wrong | None) -> None:
    if isinstance(checked, Wrong):
        _heading(say("印章与回执", "seal and receipt"))
        failed = say("验证不通过", "does not hold")
        screen.out().print(Text(f"  ✗ {failed}: {checked}", "bold red"))
        return
    _heading(say("批次印章", "batch seal"))
    if checked is None:
        screen.out().print(say("  尚未发出", "  not sent yet"))
    else:
        _seal(checked[0].sealed, checked[1].batch, checked[1].witness)
    _heading(say("回执", "receipt"))
    if checked is None or checked[1].receipt is None:
        screen.out().print(f"  {outcome_name(message.state)}")
        return
    evidence, proven = checked
    grid = _grid()
    grid.add_row(say("结果", "outcome"), Text(outcome_name(message.state), "bold"))
    if message.reason:
        grid.add_row(say("原因", "reason"), f"{reason_name(message.reason)}  {message.reason}")
    if proven.receipt is not None:
        grid.add_row(say("入库时间", "stored"), full_clock(proven.receipt.at))
    screen.out().print(grid)
    if evidence.receipt_sealed is not None and proven.receipts is not None:
        _seal(evidence.receipt_sealed, proven.receipts, proven.receipt_witness)


def _seal(leaf: SealedLeaf, seal: Seal, witness: Witness | None) -> None:
    header = strict_json.loads_object(base64url.decode(leaf.seal.partition(".")[0]))
    held = say("签名、路径、树根均成立", "signature, path and root hold")
    place = say(f"{seal.size} 份中第 {leaf.index + 1} 份", f"leaf {leaf.index + 1} of {seal.size}")
    grid = _grid()
    grid.add_row(say("验证", "checked"), Text(f"✓ {held}", "green"))
    grid.add_row(say("签名者", "signer"), f"{city_name(seal.iss)}  {header.get('kid')}")
    if witness is not None:
        grid.add_row(say("见证", "witness"), Text(witness_name(witness), "yellow"))
    grid.add_row(say("算法", "algorithm"), f"{header.get('alg')} / {seal.digest}")
    grid.add_row(say("批次", "batch"), place)
    grid.add_row(say("树根", "root"), seal.root)
    screen.out().print(grid)


def _parts(envelope: Envelope, archive: str | None) -> None:
    """`archive`: the table that they are in, when their month was taken out of the store."""
    _heading(say("附件 (密封)", "parts (sealed)"))
    if archive is not None and envelope.parts:
        screen.out().print(say(f"  已归档于 {archive}", f"  archived in {archive}"))
    table = Table.grid(padding=(0, 2))
    for part in envelope.parts:
        size = say(f"{part.size} 字节", f"{part.size} bytes")
        table.add_row(f"  {part.name}", part.media_type, size, Text(f"{part.digest[:16]}…", "dim"))
    screen.out().print(table)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")
    return grid


def _heading(text: str) -> None:
    screen.out().print()
    screen.out().print(Text(text, "bold"))


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help=say("报文: 查看与验证.", "Messages: show and check.")
    )
    group.command(
        "show",
        help=say("一份报文的信封、印章、回执与附件.", "Envelope, seal, receipt and parts."),
    )(show)
    app.add_typer(group, name="message")
