"""Members as an operator makes them: with the command line, each in a folder of its own."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.config import FILE_NAME
from tests.end_to_end.command import command, environment, tongban
from tests.processes.patience import LONG
from tests.processes.ports import free_port

FINGERPRINT = re.compile(r"(?:[0-9a-f]{4} ){7}[0-9a-f]{4}")


def new_member(folder: Path, code: str, suite: str) -> Path:
    """Its gateway speaks mutual TLS, as `tongban init` has it."""
    listen = f"127.0.0.1:{free_port()}"
    options = ("--code", code, "--suite", suite, "--listen", listen, "--profile", code)
    made = tongban("init", folder, *options)
    assert made.code == 0, made.err
    assert len(FINGERPRINT.findall(made.out)) == 3, "what signs, what opens, what TLS shows"
    settings = folder / FILE_NAME
    operations = f'[gateway]\noperations_listen = "127.0.0.1:{free_port()}"\n'
    settings.write_text(settings.read_text().replace("[gateway]\n", operations))
    assert f"tongban run {folder}" in made.out
    return folder


def meet(one: Path, other: Path) -> None:
    for home, entry in ((one, other), (other, one)):
        added = tongban("members", "add", entry / "member.json", "--home", home, "--yes")
        assert added.code == 0, added.err


@contextmanager
def running(*folders: Path) -> Iterator[None]:
    gateways = []
    try:
        for folder in folders:
            with (folder / "log").open("wb") as log:
                run = command("run", str(folder))
                gateways.append(subprocess.Popen(run, stdout=log, stderr=log, env=environment()))
        yield
    finally:
        for gateway in gateways:
            gateway.terminate()
        for gateway in gateways:
            assert gateway.wait(LONG) == 0
