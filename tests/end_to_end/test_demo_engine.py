"""The demonstration on servers that somebody names."""

import secrets
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gateway import bootstrap, config
from gateway.demo.city import City, DemoFailed
from gateway.demo.engine import POSTGRES, RABBITMQ, production
from gateway.records import CITY_LANE
from tests.processes.ports import free_port
from tests.processes.postgres import Server

CODES = ("410100", "440100")


async def test_each_member_has_a_database_while_it_runs_and_all_share_the_named_broker(
    tmp_path: Path, postgres: Server, rabbitmq: str
) -> None:
    environment = {POSTGRES: postgres.url, RABBITMQ: rabbitmq}
    before = _databases(postgres)
    with production(tmp_path, CODES, environment) as engine:
        made = _databases(postgres) - before
        assert len(made) == len(CODES)
        for code in CODES:
            city = City(
                code, code, "sm", "contract", "utf-8", tmp_path / code, free_port(), free_port()
            )
            city.make()
            engine.settle(city)
            folder = config.load(city.home)
            assert make_url(folder.settings.store.url or "").database in made
            assert folder.settings.queue.engine == "rabbitmq"
            parts = bootstrap.parts(folder)
            assert await parts.queue.rebuild() == []
            await parts.queue.announce([CITY_LANE])
            await parts.queue.close()
            await parts.store.close()
    assert _databases(postgres) == before


def test_no_file_that_others_read_holds_a_password(tmp_path: Path, postgres: Server) -> None:
    secret = secrets.token_hex(8)
    named = make_url(postgres.url).set(password=secret)  # whoever is trusted need not tell it
    environment = {
        POSTGRES: named.render_as_string(hide_password=False),
        RABBITMQ: f"amqp://somebody:{secret}@127.0.0.1:1/v",
    }
    with production(tmp_path, CODES[:1], environment) as engine:
        city = City(
            CODES[0], "", "sm", "contract", "utf-8", tmp_path / CODES[0], free_port(), free_port()
        )
        city.make()
        engine.settle(city)
        assert not any(secret in line for line in engine.lines())
    files = [path for path in city.home.rglob("*") if path.is_file()]
    telling = {path.name for path in files if secret.encode() in path.read_bytes()}
    assert telling == {"store-password", "queue-password"}
    assert all((city.home / name).stat().st_mode & 0o077 == 0 for name in telling)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (POSTGRES, "mysql://u@127.0.0.1/d"),
        (POSTGRES, "postgresql://u@127.0.0.1:port/d"),
        (POSTGRES, "postgresql://u@127.0.0.1:1/d"),
        (RABBITMQ, "http://u:p@127.0.0.1/v"),
        (RABBITMQ, "amqp://u@127.0.0.1/v"),
    ],
)
def test_an_address_that_is_none_is_told_by_its_variable(
    tmp_path: Path, postgres: Server, variable: str, value: str
) -> None:
    environment = {POSTGRES: postgres.url, RABBITMQ: "amqp://u:p@127.0.0.1:1/v", variable: value}
    before = _databases(postgres)
    with pytest.raises(DemoFailed, match=variable), production(tmp_path, CODES, environment):
        raise AssertionError("it started")
    assert _databases(postgres) == before


def _databases(server: Server) -> set[str]:
    return {str(name) for (name,) in server.execute("SELECT datname FROM pg_database")}
