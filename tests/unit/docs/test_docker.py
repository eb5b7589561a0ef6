"""What can be said of the container files without a container engine."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from gateway.cli.app import app
from gateway.web.api.health import HealthApi
from tests.unit.docs.tables import DOCS

ROOT = DOCS.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text("utf-8"))
    return loaded


def test_volumes_and_dependencies_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])


def test_every_service_is_confined(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert not service.get("privileged", False)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_build_finds_its_files(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        context = (ROOT / "docker" / service["build"]["context"]).resolve()
        assert (context / service["build"]["dockerfile"]).is_file()
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split())


def test_every_command_is_one_that_tongban_has(compose: dict[str, Any]) -> None:
    root: Any = typer.main.get_command(app)
    ran = [arguments for service in compose["services"].values() for arguments in _calls(service)]
    assert len(ran) == 6
    for arguments in ran:
        command, rest = root, arguments
        while hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context("tongban", list(rest))  # raises for options it does not know


def _calls(service: dict[str, Any]) -> list[list[str]]:
    """The arguments of each call of tongban in a service."""
    if "entrypoint" not in service:
        return [service.get("command", _default_command())]
    script = service["command"][0].replace("\\\n", " ")
    lines = [shlex.split(line) for line in script.splitlines() if " tongban " in line]
    return [line[line.index("tongban") + 1 :] for line in lines]


def _default_command() -> list[str]:
    (found,) = re.findall(r"^CMD \[(.*)\]$", DOCKERFILE, re.MULTILINE)
    return [word.strip(' "') for word in found.split(",")]


def test_the_image_runs_without_rights_and_asks_after_its_health() -> None:
    assert re.search(r"^USER 10001", DOCKERFILE, re.MULTILINE)
    assert 'ENTRYPOINT ["tongban"]' in DOCKERFILE
    (path,) = re.findall(r"http://127\.0\.0\.1:9410(/\S+?)'", DOCKERFILE)
    routes = HealthApi.routes(_Bare())
    assert path in {route.path for route in routes}


class _Bare(HealthApi):
    """Its routes alone."""

    def __init__(self) -> None:
        pass


def test_the_version_is_that_of_the_project(compose: dict[str, Any]) -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)
    assert f'image.version="{version}"' in DOCKERFILE
    assert {s["image"] for s in compose["services"].values()} == {f"tongban:{version}"}


def test_the_readme_names_what_is_there() -> None:
    page = Path(ROOT / "docker" / "README.md").read_text("utf-8")
    for name in ("Dockerfile", "compose.yaml"):
        assert f"`{name}`" in page
        assert (ROOT / "docker" / name).is_file()
