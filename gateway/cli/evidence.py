"""`tongban evidence export` and `tongban verify`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.wording import city_name, full_clock, kind_name, outcome_name, witness_name
from gateway.evidence.bundle import Bundle, read_bundle_file
from gateway.evidence.verify import Finding, Proven, Report, verify_bundle
from gateway.exchange.proof import Prove
from gateway.records import MessageState
from keys.atomic_file import write_atomically
from keys.trust.members_file import MembersFile


def export(
    name: Annotated[
        str, typer.Argument(metavar="CASE", help=say("办件标识或本地编号", "case id or number"))
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=say("写入的文件", "file to write"))
    ],
    home: Home = Path(),
) -> None:
    async def work(desk: Desk) -> Bundle:
        case = await desk.view.find(name)
        store, trust = desk.parts.store, desk.parts.home.trust
        return await Prove(store, trust, desk.us).bundle(desk.parts.home, case.id)

    bundle = at_desk(home, work)
    write_atomically(output, bundle.to_json() + b"\n", mode=0o644)
    count = len(bundle.messages)
    screen.out().print(
        say(f"已写出 {count} 份报文的证据: {output}", f"evidence of {count} messages: {output}"),
        soft_wrap=True,
    )


def verify(
    file: Annotated[Path, typer.Argument(help=say("证据文件", "evidence file"))],
    members: Annotated[
        Path,
        typer.Option(help=say("成员名单, 须来自可信渠道", "list of members, from a trusted hand")),
    ],
    believe_records: Annotated[
        bool,
        typer.Option(
            "--believe-records",
            help=say(
                "密钥因泄露关闭而无回执为证时, 采信导出城市自己的收件时间 (未签名)",
                "where a key was closed as compromised and no receipt is a witness: take the "
                "exporting city's own, unsigned word for when it had the seal",
            ),
        ),
    ] = False,
) -> None:
    bundle = read_bundle_file(file)
    report = verify_bundle(bundle, MembersFile(members), believe_records=believe_records)
    console = screen.out()
    console.print(_table(report))
    for gap in report.gaps:
        console.print(Text(f"✗ {say('缺少序号', 'missing number')} {gap}", "bold red"))
    proven = sum(finding.proven is not None for finding in report.findings)
    receipts = sum(bool(f.proven and f.proven.receipt) for f in report.findings)
    total = len(report.findings)
    summary = say(
        f"办件 {bundle.case_id}: 报文 {proven}/{total} 份成立, 回执 {receipts} 份成立",
        f"case {bundle.case_id}: {proven} of {total} messages hold, {receipts} receipts hold",
    )
    console.print(Text(f"{'✓' if report.holds else '✗'} {summary}", "bold"))
    if not report.holds:
        raise typer.Exit(1)


def _table(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    for finding in report.findings:
        table.add_row(*_row(finding))
    return table


def _row(finding: Finding) -> tuple[Text | str, ...]:
    if finding.proven is None:
        said = Text(str(finding.fault), "bold red")
        return Text("✗", "bold red"), f"#{finding.index + 1}", "", "", said
    envelope, receipt = finding.proven.envelope, finding.proven.receipt
    outcome = say("无回执", "no receipt")
    if receipt is not None:
        outcome = f"{outcome_name(MessageState(receipt.outcome))}  {full_clock(receipt.at)}"
    return (
        Text("✓", "green"),
        f"{city_name(envelope.sender)} → {city_name(envelope.receiver)}",
        f"#{envelope.sequence} {kind_name(envelope.kind)}",
        full_clock(envelope.created_at),
        outcome,
        _relied_on(finding.proven),
    )


def _relied_on(proven: Proven) -> Text:
    """Who besides the seals' own keys was needed; nobody, as a rule."""
    found = (proven.witness, proven.receipt_witness)
    names = dict.fromkeys(witness_name(witness) for witness in found if witness is not None)
    said = f"{say('见证', 'witness')}: {'; '.join(names)}" if names else ""
    return Text(said, "yellow")


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=say("证据", "evidence"))
    group.command(
        "export",
        help=say("导出一件办件的全部证据", "write everything that proves one case to a file"),
    )(export)
    app.add_typer(group, name="evidence")
    app.command(
        help=say(
            "离线验证证据文件: 只需成员公钥",
            "check an evidence file offline, with nothing but the members' public keys",
        )
    )(verify)
