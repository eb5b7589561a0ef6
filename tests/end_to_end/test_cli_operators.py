"""What an operator sees and presses, over gateways that run, are killed, and are away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.adapter import Draft
from contracts.messages import Kind, RemindBody
from tests.end_to_end.command import Ended, several
from tests.processes.city import City, cities
from tests.processes.drafts import now
from tests.processes.ledger import ask, count, incidents
from tests.processes.office import Office, all_settled, offices
from tests.processes.patience import until

HERE, THERE = "410100", "440100"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[City, City]]:
    """Zhengzhou, which has drop folders, and Guangzhou; neither runs."""
    with cities(tmp_path, {HERE: "intl", THERE: "intl"}, folders=[HERE]) as (one, other):
        yield one, other


def press(city: City, *lines: str) -> list[Ended]:
    """Commands in one process; words are split at spaces."""
    return several(*(line.split() for line in lines), home=city.folder)


def one(city: City, query: str, *values: object) -> Any:
    ((value,),) = ask(city.books, query, *values)
    return value


async def remind(office: Office, number: str) -> None:
    body = RemindBody(reminded_at=now())
    await office.parts.submit(Draft(number, Kind.REMIND, body, {}))


def message_of(city: City, case_id: str, sequence: int = 1) -> str:
    query = "SELECT id FROM message WHERE case_id = ? AND sequence = ?"
    return str(one(city, query, case_id, sequence))


def state_of(city: City, case_id: str) -> str:
    query = "SELECT state FROM message WHERE case_id = ? AND sequence = 1"
    return str(one(city, query, case_id))


async def test_hold_and_release_return_and_discard(pair: tuple[City, City]) -> None:
    zhengzhou, guangzhou = pair
    async with offices([zhengzhou]) as (office,):
        held, free, back = [await office.file(name, THERE) for name in ("held", "free", "back")]
        await remind(office, "held")
    reminder = message_of(zhengzhou, held, 2)

    kept, none, listed, shown, gone, refused = press(
        zhengzhou,
        "queue hold held --reason 核对材料",
        "queue hold nobody --reason x",
        "queue list 440100",
        f"queue show {reminder}",
        f"queue return {message_of(zhengzhou, back)} --reason 重复",
        f"queue release {message_of(zhengzhou, free)}",
    )
    assert (kept.code, none.code, gone.code, refused.code) == (0, 1, 0, 1)
    assert f"已扣留 {held}  所有通道" in kept.out
    assert "not_found" in none.err
    assert listed.out.count("被扣留") == 2
    assert "没有网关在运送此通道" in listed.out
    assert "从未发出" in shown.out
    assert "核对材料" in shown.out
    assert f"tongban queue release {held}" in shown.out
    assert "已退回本市" in gone.out
    assert "queue.not_held" in refused.err

    zhengzhou.start(), guangzhou.start()
    zhengzhou.ready(), guangzhou.ready()
    until(lambda: state_of(zhengzhou, free) == "taken", "the other case flows")
    notices = zhengzhou.folder / "city" / "notices"
    until(lambda: list(notices.glob("*")), "the city hears what was given back")
    (notice,) = notices.glob("*")
    assert "operator.returned" in notice.read_text()
    assert state_of(zhengzhou, back) == "returned"
    zhengzhou.kill()
    zhengzhou.start().ready()
    async with offices([zhengzhou]) as (office,):
        another = await office.file("another", THERE)
        until(lambda: state_of(zhengzhou, another) == "taken", "what is new flows as well")
    assert zhengzhou.metric("tongban_held", lane=f"partner/{THERE}") == 2
    assert count(guangzhou.books, "message", "case_id = ?", held) == 0

    (released,) = press(zhengzhou, "queue release held")
    assert "已放行 2 件" in released.out
    await all_settled(zhengzhou)
    query = "SELECT sequence, state FROM message WHERE case_id = ? ORDER BY recorded"
    assert ask(guangzhou.books, query, held) == [(1, "taken"), (2, "taken")]
    assert count(guangzhou.books, "message", "case_id = ?", back) == 0
    assert incidents(zhengzhou.books) == ["operator.returned"]
    assert zhengzhou.stop() == 0


async def test_what_the_partner_may_have_what_the_city_does_not_take_and_a_long_pause(
    pair: tuple[City, City],
) -> None:
    zhengzhou, guangzhou = pair
    zhengzhou.env |= {
        "TONGBAN_EXCHANGE__BACKOFF_BASE_S": "60",
        "TONGBAN_EXCHANGE__BACKOFF_CEILING_S": "900",
    }
    zhengzhou.start().ready()
    notices = zhengzhou.folder / "city" / "notices"
    notices.rmdir()
    notices.write_text("no folder")
    async with offices([zhengzhou]) as (office,):
        case_id, other = [await office.file(number, THERE) for number in "12"]
    message = message_of(zhengzhou, case_id)
    until(lambda: failing(zhengzhou, THERE), "it was sealed, found nobody, and that is written")

    refused, back, again, listed, links, drawn = press(
        zhengzhou,
        f"queue discard {message} --reason x",
        f"queue return {message} --reason 撤件",
        f"queue return {message} --reason 撤件",
        "queue list 440100",
        "links",
        "top --once",
    )
    assert (refused.code, back.code, again.code) == (1, 0, 1)
    assert "operator.in_doubt" in refused.err
    assert "可能已送达对方" in back.out
    assert "queue.not_waiting" in again.err
    assert "已退回本市, 到期后再向对方核实" in listed.out
    assert "本市系统" in links.out
    assert "中断" in links.out
    assert "link.unreachable" in links.out
    assert "→ 检查网络与对方地址" in links.out
    assert "通办 郑州市" in drawn.out
    assert "异常 1 条" in drawn.out
    assert state_of(zhengzhou, case_id) == "expired"

    until(lambda: failing(zhengzhou, "city"), "it is seen that the city takes nothing")
    guangzhou.start().ready()
    shown, gone, kept, woken, none = press(
        zhengzhou,
        f"queue show {message}",
        f"queue discard {message} --in-doubt --reason 不再需要",
        "incident list",
        "queue retry 440100",
        "queue retry 990000",
    )
    assert "曾封签发出, 对方可能已有" in shown.out
    assert gone.code == 0
    assert "请与对方核实" in gone.out
    assert "operator.discarded" in kept.out
    assert "不再需要" in kept.out
    assert woken.out == "将立即重试: 广州市\n"
    assert none.code == 1
    await all_settled(zhengzhou, within=40.0)
    assert state_of(zhengzhou, other) == "taken"
    assert count(guangzhou.books, "message", "case_id = ?", case_id) == 0
    until(lambda: not count(zhengzhou.books, "hold"), "no hold is left")
    assert zhengzhou.stop() == 0


def failing(city: City, link: str) -> bool:
    """Whether the gateway has written that a link fails."""
    texts = ask(city.books, "SELECT text FROM note WHERE key = ?", f"link/{link}")
    return any('"failures":0' not in text for (text,) in texts)
