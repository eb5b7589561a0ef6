"""`tongban members pin`: what a certificate looks like in a member's entry."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import KeyUnusable
from gateway.cli.language import say
from keys.stores import pem
from keys.tls.certificate import new_pin
from keys.tls.public_key import MAX_CERTIFICATE_BYTES

_END = b"-----END CERTIFICATE-----"
_LONGEST_FILE = 16 * MAX_CERTIFICATE_BYTES


def pin(
    file: Annotated[
        Path,
        typer.Argument(
            help=say(
                "证书, PEM 或 DER; PEM 中有多张时取第一张; TLCP 取签名证书",
                "a certificate, PEM or DER; the first of several; of TLCP the one that signs",
            )
        ),
    ],
) -> None:
    made = new_pin(read_certificate(file), datetime.now(UTC).replace(microsecond=0))
    typer.echo(made.model_dump_json(indent=2, exclude_none=True))


def read_certificate(file: Path) -> bytes:
    """The certificate in a file, in DER. Raises KeyUnusable."""
    try:
        with file.open("rb") as source:
            data = source.read(_LONGEST_FILE)
        if _END not in data:
            new_pin(data, datetime.now(UTC))
            return data
        start = data.index(b"-----BEGIN CERTIFICATE-----")
        return pem.decode(data[start : data.index(_END) + len(_END)], "CERTIFICATE")
    except OSError as error:
        raise KeyUnusable(f"it cannot be read: {error.strerror}", file=file) from None
    except ValueError:
        raise KeyUnusable("not a certificate", file=file) from None


def add_to(group: typer.Typer) -> None:
    group.command(
        "pin",
        help=say(
            "显示证书在成员条目 tls_pins 中的写法: 公钥指纹、生效时间与证书本身. "
            "用于反向代理 (TLCP) 或 CA 签发的证书; "
            "本网关自己的证书用 tongban keys rotate --use tls.",
            "Show how a certificate is written into tls_pins of a member's entry: the digest of "
            "its public key, from when it is good, and itself. For a proxy's (TLCP), or one that "
            "an authority issued; tongban keys rotate --use tls makes the gateway's own.",
        ),
    )(pin)
