"""The demonstration as a process: it holds, leaves nothing behind, and ends when told to."""

import re
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.end_to_end.command import command, environment, tongban
from tests.processes.patience import LONG, until

_COUNTS = re.compile(
    r"✓ 办件 6 · 报文 (\d+) · 回执 (\d+) · 签名成立 (\d+) · 路径成立 (\d+) · 异常 0 · 不符 0"
)


def test_every_case_reaches_its_end_and_every_store_proves_it(tmp_path: Path) -> None:
    ended = tongban("demo", variables={"TMPDIR": str(tmp_path)}, within=LONG * 2)
    assert ended.code == 0, ended.out + ended.err
    counts = _COUNTS.search(ended.out)
    assert counts, ended.out
    messages, receipts, signatures, paths = map(int, counts.groups())
    assert messages == receipts == 38
    assert paths == messages * 2 * 2, "message and receipt, at either city"
    assert signatures > messages
    assert ended.out.count("✓ 两市所见一致") == 6
    assert re.search(r"状态 +已撤回", ended.out)
    assert '"table": "up_pro_accept"' in ended.out
    assert '<standardInfo process="EX_GDBS_SB">' in ended.out
    _assert_pairs(ended.out)
    assert not list(tmp_path.iterdir()), "the scratch folder is gone"


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


def test_kept_it_goes_on_after_the_play_and_says_where(tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    with printed.open("wb") as file:
        demo = subprocess.Popen(
            command("demo", "--keep"),
            env=environment(TMPDIR=str(scratch)),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        until(
            lambda: "tongban case show CASE" in printed.read_text("utf-8") or demo.poll(),
            "it says what to try",
            within=LONG * 2,
        )
        gateways = _gateways(scratch)
        said = printed.read_text("utf-8")
        assert len(gateways) == 4, said
        (folder,) = scratch.iterdir()
        said = re.sub(r"\s+", "", said[said.index("四个网关保持运行") :])
        assert all(str(folder / code) in said for code in ("410100", "440100", "430100", "410200"))
        assert demo.poll() is None
        demo.send_signal(signal.SIGINT)
        assert demo.wait(LONG) == 0, "the play had held"
    finally:
        demo.kill()
        demo.wait(LONG)
    assert not any(Path(f"/proc/{process}").exists() for process in gateways)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_takes_its_gateways_with_it(number: signal.Signals, tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    scratch = Path(tempfile.mkdtemp(dir=tmp_path))
    with printed.open("wb") as file:
        demo = subprocess.Popen(
            command("demo", "--keep"),
            env=environment(TMPDIR=str(scratch)),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        until(lambda: "网关就绪" in printed.read_text("utf-8"), "the gateways are ready")
        gateways = _gateways(scratch)
        assert len(gateways) == 4
        demo.send_signal(number)
        assert demo.wait(LONG) == 130
    finally:
        demo.kill()
        demo.wait(LONG)
    assert not any(Path(f"/proc/{process}").exists() for process in gateways)
    assert not list(scratch.iterdir())


def _gateways(scratch: Path) -> list[int]:
    """The processes that run a gateway under `scratch`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if "run" in words and any(word.startswith(str(scratch)) for word in words):
            found.append(int(process.name))
    return found
