"""`tongban case submit`: a document of this city becomes messages, as if it lay in its folder."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import DocumentRejected
from gateway.cli import screen
from gateway.cli.desk import Desk, Home, at_desk
from gateway.cli.language import say
from gateway.cli.wording import city_name, kind_name
from gateway.exchange.submit import Submitted


def submit(
    file: Annotated[
        Path, typer.Argument(help=say("本市格式的文件", "a document in this city's format"))
    ],
    home: Home = Path(),
) -> None:
    data = _read(file)

    async def work(desk: Desk) -> None:
        key = f"{file.name[:255]}:{hashlib.sha256(data).hexdigest()}"
        for index, draft in enumerate(desk.adapter().read(data)):
            submitted = await desk.parts.submit(draft, intake=f"{key}/{index}")
            record = await desk.parts.store.case(submitted.case_id)
            partner = record.partner if record else ""
            _tell(draft.number, kind_name(draft.kind), partner, submitted)

    at_desk(home, work)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DocumentRejected(f"{error.strerror}", code="not_found", file=file) from error


def _tell(number: str, kind: str, partner: str, submitted: Submitted) -> None:
    console = screen.out()
    if submitted.message_id is None:
        before = say("此前已提交, 未重复", "was submitted before: nothing was done")
        console.print(f"[yellow]○[/] [bold]{kind}[/]  {before}")
    else:
        to = say(f"发往{city_name(partner)}", f"to {city_name(partner)}")
        console.print(f"[green]●[/] [bold]{kind}[/]  {to}")
        console.print(f"  {say('报文', 'message')}  {submitted.message_id}", soft_wrap=True)
    console.print(f"  {say('办件', 'case')}  {submitted.case_id}", soft_wrap=True)
    console.print(f"  {say('编号', 'number')}  ", number, sep="", soft_wrap=True, markup=False)
