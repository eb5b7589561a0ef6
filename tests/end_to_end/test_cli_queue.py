"""`tongban queue rebuild`, without a broker, with one, and with one that is away."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest
from yarl import URL

from gateway.clock import SystemClock
from gateway.records import Ticket
from gateway.stores.sqlite import open_sqlite
from tests.end_to_end.command import Ended, tongban
from tests.ports.gateway.records import write
from tests.processes.city import City, cities
from tests.processes.ports import free_port


@pytest.fixture
def city(tmp_path: Path) -> City:
    with cities(tmp_path, {"410100": "intl"}) as (city,):
        return city


def variables(address: str) -> Mapping[str, str]:
    url = URL(address)
    return {
        "TONGBAN_QUEUE__ENGINE": "rabbitmq",
        "TONGBAN_QUEUE__URL": str(url.with_password(None)),
        "TONGBAN_QUEUE__PASSWORD_ENV": "BROKER_PASSWORD",
        "BROKER_PASSWORD": url.password or "",
    }


async def wait_for(city: City, lane: str, *names: str) -> None:
    store = open_sqlite(city.store, SystemClock())
    await write(store, tickets=[Ticket(lane, name, city.code, "c", 1_000) for name in names])
    await store.close()


def rebuild(city: City, address: str | None = None) -> Ended:
    return tongban(
        "queue", "rebuild", "--home", city.folder,
        variables=variables(address) if address else None,
    )  # fmt: skip


def test_what_does_not_wait_needs_no_rebuilding(city: City, rabbitmq: str) -> None:
    assert rebuild(city).out == "没有待办报文, 无需重建\n"
    assert rebuild(city, rabbitmq).out == "没有待办报文, 无需重建\n"


async def test_what_waits_is_listed_by_lane(city: City, rabbitmq: str) -> None:
    await wait_for(city, "partner/440100", "m1", "m2")
    await wait_for(city, "city", "m3")
    for ended in (rebuild(city), rebuild(city, rabbitmq)):
        assert ended.code == 0, ended.err
        assert [line.split()[:2] for line in ended.out.splitlines()[1:3]] == [
            ["本市系统", "1"],
            ["广州市", "2"],
        ]
        assert "已由存储重建 2 个通道, 共 3 件待办" in ended.out


async def test_a_broker_that_is_away_is_an_error_with_a_remedy(city: City) -> None:
    await wait_for(city, "city", "m1")
    secret = secrets.token_hex(8)
    address = f"amqp://me:{secret}@127.0.0.1:{free_port()}/v"
    ended = rebuild(city, address)
    assert ended.code == 1
    assert "queue.unavailable" in ended.err
    assert "RabbitMQ" in ended.err
    looked = tongban("doctor", "--home", city.folder, variables=variables(address))
    assert looked.code == 1
    assert "✗ 消息中间件" in looked.out
    assert "节假日" in looked.out
    assert secret not in ended.out + ended.err + looked.out + looked.err


async def test_the_doctor_is_content_with_a_broker_that_is_there(city: City, rabbitmq: str) -> None:
    looked = tongban("doctor", "--home", city.folder, variables=variables(rabbitmq))
    assert "✓ 消息中间件" in looked.out
    assert str(URL(rabbitmq).password) not in looked.out.replace("tests@", "")
