"""The demonstration as a process: it holds, leaves nothing behind, and ends when told to."""

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.engine import POSTGRES
from tests.end_to_end.command import Ended, command, environment, tongban
from tests.processes.patience import LONG, until

_COUNTS = re.compile(
    r"✓ 办件 6 · 报文 (\d+) · 回执 (\d+) · 签名成立 (\d+) · 路径成立 (\d+) · 异常 0 · 不符 0"
)


def test_every_case_reaches_its_end_and_every_store_proves_it(tmp_path: Path) -> None:
    ended = tongban("demo", variables={"TMPDIR": str(tmp_path)}, within=LONG * 2)
    _assert_holds(ended)
    assert ended.out.count("✓ 两市所见一致") == 6
    assert re.search(r"状态 +已撤回", ended.out)
    assert '"table": "up_pro_accept"' in ended.out
    assert '<standardInfo process="EX_GDBS_SB">' in ended.out
    _assert_pairs(ended.out)
    assert not list(tmp_path.iterdir()), "the scratch folder is gone"


@pytest.mark.slow
def test_it_holds_as_well_on_servers_that_it_starts_and_takes_away() -> None:
    # Not under pytest's folder, which the database's own user may not enter.
    with tempfile.TemporaryDirectory(prefix="tongban-") as scratch:
        Path(scratch).chmod(0o711)
        ended = tongban(
            *("demo", "--engine", "production"), variables={"TMPDIR": scratch}, within=LONG * 2
        )
        _assert_holds(ended)
        assert re.search(r"^PostgreSQL 127\.0\.0\.1:\d+\nRabbitMQ ", ended.out, re.MULTILINE)
        assert not _processes(scratch)
        assert not list(Path(scratch).iterdir())


def test_a_server_that_cannot_be_used_is_told_in_a_line(tmp_path: Path) -> None:
    variables = {"TMPDIR": str(tmp_path), POSTGRES: "postgresql://nobody@127.0.0.1:1/none"}
    ended = tongban("demo", "--engine", "production", variables=variables)
    assert ended.code == 1
    assert "127.0.0.1" in ended.err
    assert POSTGRES in ended.err


def _assert_holds(ended: Ended) -> None:
    assert ended.code == 0, ended.out + ended.err
    counts = _COUNTS.search(ended.out)
    assert counts, ended.out
    messages, receipts, signatures, paths = map(int, counts.groups())
    assert messages == receipts == 38
    assert paths == messages * 2 * 2, "message and receipt, at either city"
    assert signatures > messages


def _assert_pairs(printed: str) -> None:
    """Each case shows its submission and what answers it, as it went in and as it came out."""
    cases = printed.split("✓ 两市所见一致")[1:]
    assert len(cases) == 6
    for case in cases:
        went_in = re.findall(r"─ (\S+)放入的 \S+ · (\S+) ─", case)
        came_out = re.findall(r"─ (\S+)得到的 \S+ · (\S+) ─", case)
        receiving, handling = went_in[0][0], went_in[1][0]
        assert receiving != handling
        assert went_in[0][1] == "提交" != went_in[1][1]
        assert set(came_out) >= {(handling, "提交"), (receiving, went_in[1][1])}
    assert sum(case.count("行略") for case in cases), "a long document is cut"


@dataclass
class Demo:
    """One that runs."""

    process: "subprocess.Popen[bytes]"
    scratch: Path
    printed: Path

    @property
    def said(self) -> str:
        return self.printed.read_text("utf-8")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Demo]:
    """A demonstration that stays after the play. At the end nothing of it may be left."""
    printed = tmp_path / "printed"
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    with printed.open("wb") as file:
        process = subprocess.Popen(
            command("demo", "--keep"),
            env=environment(TMPDIR=str(scratch)),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield Demo(process, scratch, printed)
    finally:
        process.kill()
        process.wait(LONG)
    assert not _processes(str(scratch))
    assert not list(scratch.iterdir())


def test_kept_it_goes_on_after_the_play_and_says_where(kept: Demo) -> None:
    until(
        lambda: "tongban case show CASE" in kept.said or kept.process.poll(),
        "it says what to try",
        within=LONG * 2,
    )
    assert len(_processes(str(kept.scratch))) == 4, kept.said
    (folder,) = kept.scratch.iterdir()
    said = re.sub(r"\s+", "", kept.said[kept.said.index("四个网关保持运行") :])
    assert all(str(folder / code) in said for code in ("410100", "440100", "430100", "410200"))
    assert kept.process.poll() is None
    kept.process.send_signal(signal.SIGINT)
    assert kept.process.wait(LONG) == 0, "the play had held"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_takes_its_gateways_with_it(number: signal.Signals, kept: Demo) -> None:
    until(lambda: "网关就绪" in kept.said, "the gateways are ready")
    assert len(_processes(str(kept.scratch))) == 4
    kept.process.send_signal(number)
    assert kept.process.wait(LONG) == 130


def _processes(scratch: str) -> list[int]:
    """Gateways and servers over folders under `scratch`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if any(word.startswith(scratch + "/") for word in words):
            found.append(int(process.name))
    return found
