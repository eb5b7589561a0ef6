"""What an officer is handed once: a first password, and a secret as text and as QR code."""

import io
import sys

from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.language import say
from gateway.officers import one_time_code
from gateway.officers.accounts import Enrolment
from gateway.officers.duties import DUTY_NAMES, Duty


def duty_name(duty: Duty) -> str:
    return say(*DUTY_NAMES[duty])


def print_enrolment(enrolment: Enrolment, issuer: str) -> None:
    """A QR code only where there is a terminal: a pipe could not show it."""
    console = screen.out()
    console.print(Text(f"{duty_name(enrolment.duty)}  {enrolment.name}", "bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    if enrolment.password:
        grid.add_row(say("初始口令", "first password"), enrolment.password)
    secret = one_time_code.base32(enrolment.code_secret)
    grid.add_row(say("验证码密钥", "secret of the codes"), secret)
    address = one_time_code.enrolment(enrolment.code_secret, enrolment.name, issuer)
    grid.add_row(say("验证器地址", "for authenticators"), address)
    console.print(grid)
    if sys.stdout.isatty():
        import segno  # noqa: PLC0415  # for this alone

        drawn = io.StringIO()
        segno.make(address, error="l").terminal(drawn, compact=True)
        console.print(Text(drawn.getvalue()), soft_wrap=True)
    console.print()
