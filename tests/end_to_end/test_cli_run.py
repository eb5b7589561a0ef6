"""How `tongban run` ends, for a supervisor that must know whether to start it again."""

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gateway.exchange.courier import BATCHES_PATH
from tests.end_to_end.command import command, environment, tongban
from tests.end_to_end.members import new_member
from tests.processes.patience import LONG, until
from tests.processes.ports import free_port
from tests.processes.tls_client import anybody

_ROOT = Path(__file__).parents[2]
_A_PART_DIES = """
import sys
from gateway.cli.app import run_command
from gateway.exchange.expire import Expire

async def dies(self):
    raise RuntimeError("nobody foresaw this")

Expire.run = dies
sys.argv = ["tongban", "run", sys.argv[1]]
run_command()
"""


@pytest.fixture
def member(tmp_path: Path) -> Path:
    return new_member(tmp_path / "410100", "410100", "intl")


def test_a_gateway_that_ends_because_a_part_died_says_so_with_its_exit_code(member: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _A_PART_DIES, str(member)],
        cwd=_ROOT,
        env=environment(),
        capture_output=True,
        timeout=LONG,
        check=False,
    )
    log = ended.stderr.decode()
    assert "expire ended unforeseen" in log
    assert "nobody foresaw this" in log
    assert "has stopped" in log, "the rest was ended in order"
    assert ended.returncode == 1


def test_a_port_that_is_taken_is_a_mistake_of_the_settings(member: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        ended = tongban("run", member, variables={"TONGBAN_GATEWAY__LISTEN": listen})
    assert ended.code == 2
    assert "settings.invalid" in ended.err
    assert f"gateway.listen: {listen}: address already in use" in ended.err


def test_an_address_that_is_not_ours_is_a_mistake_of_the_settings(member: Path) -> None:
    ended = tongban("run", member, variables={"TONGBAN_GATEWAY__LISTEN": "192.0.2.1:8410"})
    assert ended.code == 2
    assert "gateway.listen: 192.0.2.1:8410: " in ended.err


def test_a_process_does_what_its_roles_say_and_listens_where_it_is_told(member: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    run = command("run", str(member), "--role", "courier", "--role", "adapter", "--listen", listen)
    operations = f"127.0.0.1:{free_port()}"
    env = environment() | {"TONGBAN_GATEWAY__OPERATIONS_LISTEN": operations}
    with (member / "log").open("wb") as log:
        running = subprocess.Popen(run, stdout=log, stderr=log, env=env)
    try:
        until(lambda: _status(f"http://{operations}/health/ready") == 200, "it is ready")
        assert _status(f"http://{operations}/metrics") == 200
        assert _status(f"https://{listen}{BATCHES_PATH}") == 404, "no api"
        assert _status(f"https://{listen}/metrics") == 404, "for operators alone"
        assert "(courier, adapter)" in (member / "log").read_text()
    finally:
        running.terminate()
        assert running.wait(LONG) == 0


def test_a_role_that_there_is_not_is_a_mistake_of_the_settings(member: Path) -> None:
    ended = tongban("run", member, "--role", "porter", "--listen", "nowhere")
    assert ended.code == 2
    assert "gateway.roles.0: " in ended.err
    assert "gateway.listen: " in ended.err


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10, context=anybody()) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
