"""The broker stops, is emptied, or cannot be reached: no ticket is lost, doubled, or early."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator

import aio_pika
import pytest
from yarl import URL

from contracts.errors import QueueUnavailable
from gateway.queues.topology import Topology
from gateway.simulation.store import MemoryStore
from tests.ports.gateway.records import ticket, write
from tests.processes.lane import LANE, NEVER, Lane, lane_over, rabbit_queue
from tests.processes.patience import until_then
from tests.processes.ports import free_port
from tests.processes.rabbitmq import RabbitServer, rabbit_server
from tests.processes.road import road_to

COUNT = 40
NAMES = ["first", *(f"m{number}" for number in range(COUNT))]


@pytest.fixture(scope="module")
def server() -> Iterator[RabbitServer]:
    """A broker that tests may stop and empty."""
    with rabbit_server() as server:
        yield server


@pytest.fixture
def vhost(server: RabbitServer) -> str:
    return server.new_vhost()


async def commit_all(lane: Lane, *, meanwhile: Callable[[], object]) -> None:
    """Commit everything, and do something in another thread when a third is committed."""
    for name in NAMES[1 : COUNT // 3]:
        await lane.commit(name)
    doing = asyncio.create_task(asyncio.to_thread(meanwhile))
    for name in NAMES[COUNT // 3 :]:
        await lane.commit(name)
        await asyncio.sleep(0.02)
    await doing


async def test_a_commit_of_another_process_is_heard_at_once(
    server: RabbitServer, vhost: str
) -> None:
    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        for name in NAMES[1:]:
            await lane.commit(name)
            await until_then(lambda: lane.taken[-1] == name, name, within=5, every=0.002)  # noqa: B023
        await lane.all_taken(NAMES)


async def test_the_broker_stops_while_messages_flow_and_comes_back(
    server: RabbitServer, vhost: str
) -> None:
    async with lane_over(server.full_address(vhost)) as lane:
        await commit_all(lane, meanwhile=server.stop)
        await lane.all_taken(NAMES, within=20)  # while it is away
        await asyncio.to_thread(server.start)
        await lane.commit("last")
        await lane.all_taken([*NAMES, "last"])


async def test_news_flow_again_after_the_broker_was_away(server: RabbitServer, vhost: str) -> None:
    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        await asyncio.to_thread(server.stop)
        await lane.commit(*NAMES[1:])  # the lane is not looked into: only news can bring them
        await asyncio.to_thread(server.start)
        await lane.all_taken(NAMES)
        await lane.commit("last")
        await lane.all_taken([*NAMES, "last"], within=5)


async def test_the_broker_is_emptied_while_messages_flow(server: RabbitServer, vhost: str) -> None:
    def empty() -> None:
        server.delete_vhost(vhost)
        server.make_vhost(vhost)

    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        await commit_all(lane, meanwhile=empty)
        await lane.all_taken(NAMES)
        await lane.commit("last")
        await lane.all_taken([*NAMES, "last"])


async def test_a_queue_is_deleted_under_its_consumer(server: RabbitServer, vhost: str) -> None:
    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        await delete(server.full_address(vhost), Topology("tongban.t").of_lane(LANE))
        await lane.commit(*NAMES[1:])
        await lane.all_taken(NAMES)


async def test_rebuilding_wakes_the_consumer_and_keeps_it(server: RabbitServer, vhost: str) -> None:
    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        await write(lane.store, tickets=[ticket("forgotten", LANE)])
        await lane.sender.rebuild()
        await lane.all_taken(["first", "forgotten"], within=20)
        await lane.commit("last")
        await lane.all_taken(["first", "forgotten", "last"], within=20)


async def test_a_queue_with_other_arguments_is_made_anew_by_rebuilding(
    server: RabbitServer, vhost: str
) -> None:
    async with lane_over(server.full_address(vhost)) as lane:
        name = Topology("tongban.t").of_lane(LANE)
        connection = await aio_pika.connect(server.full_address(vhost))
        async with connection:
            channel = await connection.channel()
            await channel.queue_delete(name)
            await channel.declare_queue(name, auto_delete=False)
        await lane.commit(*NAMES[1:])
        await lane.all_taken(NAMES, within=20)
        await lane.sender.rebuild()  # nothing waits: nothing to make
        await write(lane.store, tickets=[ticket("last", LANE)])
        await lane.sender.rebuild()
        await lane.all_taken([*NAMES, "last"])


async def test_the_connection_is_cut_again_and_again(server: RabbitServer, vhost: str) -> None:
    async with road_to(server.port) as (road, port):
        address = str(URL(server.full_address(vhost)).with_port(port))
        async with lane_over(address, poll=NEVER) as lane:
            for number, name in enumerate(NAMES[1:]):
                await lane.commit(name)
                if number % 8 == 0:
                    await road.clear()
            await lane.all_taken(NAMES)


async def test_a_connection_that_carries_nothing_any_more_holds_nobody_up(
    server: RabbitServer, vhost: str
) -> None:
    """No end of the connection, no error: a firewall has forgotten it."""
    async with road_to(server.port) as (road, port):
        address = str(URL(server.full_address(vhost)).with_port(port))
        async with lane_over(address) as lane:
            road.delay = NEVER
            await lane.commit(*NAMES[1:])
            await lane.all_taken(NAMES, within=20)
            road.delay = 0.0


async def test_news_heard_by_who_lost_the_lane_reach_who_has_it(
    server: RabbitServer, vhost: str
) -> None:
    store = MemoryStore()
    slow = rabbit_queue(store, server.full_address(vhost), owner="slow", poll=NEVER)
    quick = rabbit_queue(store, server.full_address(vhost), owner="quick", poll=NEVER)
    try:
        async with slow.consume(LANE):
            # As if this process had been stopped for longer than its lease.
            await store.release(LANE, "slow")
            async with quick.consume(LANE) as consumer:
                assert await consumer.take(10, 0.0) == []
                taking = asyncio.create_task(consumer.take(10, 60.0))
                await write(store, tickets=[ticket("m1", LANE)])
                sender = rabbit_queue(store, server.full_address(vhost), owner="sender")
                await sender.announce([LANE])
                await sender.close()
                (taken,) = await taking
                assert taken.message_id == "m1"
    finally:
        await slow.close()
        await quick.close()


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b'{"lane":"city"}'])
async def test_what_is_no_announcement_is_set_aside(
    server: RabbitServer, vhost: str, body: bytes
) -> None:
    topology = Topology("tongban.t")
    async with lane_over(server.full_address(vhost), poll=NEVER) as lane:
        connection = await aio_pika.connect(server.full_address(vhost))
        async with connection:
            channel = await connection.channel()
            await channel.default_exchange.publish(aio_pika.Message(body), topology.of_lane(LANE))
            await lane.commit(*NAMES[1:])
            await lane.all_taken(NAMES)
            aside = await channel.get_queue(topology.unreadable)
            found = await aside.get(timeout=10, fail=False)
            assert found is not None
            assert found.body == body
            await found.ack()


async def test_a_lane_that_nobody_consumes_does_not_fill_the_broker(
    server: RabbitServer, vhost: str
) -> None:
    store = MemoryStore()
    name = Topology("tongban.t").of_lane(LANE)
    for number in range(3):
        queue = rabbit_queue(store, server.full_address(vhost), owner=f"sender-{number}")
        for _ in range(150):
            await queue.announce([LANE])
            await asyncio.sleep(0.001)
        await queue.close()
    connection = await aio_pika.connect(server.full_address(vhost))
    async with connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(name, passive=True)
        count = declared.declaration_result.message_count
        assert count is not None
        assert 0 < count <= 110
        aside = await channel.declare_queue(Topology("tongban.t").unreadable, passive=True)
        assert aside.declaration_result.message_count == 0


async def test_without_a_broker_commits_go_on_and_no_log_tells_the_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secrets.token_hex(8)
    address = f"amqp://tongban:{secret}@127.0.0.1:{free_port()}/v"
    async with lane_over(address) as lane:
        await lane.commit(*NAMES[1:])
        await lane.all_taken(NAMES)
        await write(lane.store, tickets=[ticket("last", LANE)])
        with pytest.raises(QueueUnavailable) as caught:
            await lane.sender.rebuild()
    assert secret not in caplog.text
    assert secret not in str(caught.value)
    assert f"amqp://tongban@127.0.0.1:{URL(address).port}/v" in caplog.text


async def test_a_wrong_password_is_told_and_not_shown(
    server: RabbitServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secrets.token_hex(8)
    address = str(URL(server.full_address()).with_password(secret))
    queue = rabbit_queue(MemoryStore(), address, owner="stranger")
    with pytest.raises(QueueUnavailable, match="ACCESS_REFUSED"):
        await queue.rebuild()
    assert secret not in caplog.text


async def delete(address: str, queue: str) -> None:
    connection = await aio_pika.connect(address)
    async with connection:
        await (await connection.channel()).queue_delete(queue)
