"""What `tongban links` and `tongban top` draw of records alone."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console, RenderableType

from contracts.errors import PartnerUnreachable
from gateway.cli.lanes import age, lane_name, lanes_named
from gateway.cli.links import Row, picture
from gateway.cli.top import Rates
from gateway.exchange.link_status import LinkStatus
from gateway.exchange.view_queue import Link

NOW = 1_800_000_000_000
MOMENT = datetime.fromtimestamp(NOW / 1000, UTC)


def drawn(what: RenderableType) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(what)
    return console.export_text()


def row(status: LinkStatus | None, age_ms: int = 0) -> Row:
    link = Link(NOW - age_ms, status) if status else None
    return Row("440100", link, 3, 1, NOW - 90_000)


def up() -> LinkStatus:
    status = LinkStatus("440100", seconds=0.0123)
    status.succeeded(MOMENT, 5)
    return status


def failing() -> LinkStatus:
    status = up()
    for _ in range(3):
        error = PartnerUnreachable("answered 401", answer="seal.clock", trace="t-9")
        status.failed(error, MOMENT)
    return status


def putting_off() -> LinkStatus:
    status = up()
    status.put_off("m1", "store.full", "no room")
    return status


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (row(None), "无记录"),
        (row(LinkStatus("440100")), "待通信"),
        (row(up()), "正常"),
        (row(failing()), "中断 3 次"),
        (row(putting_off()), "对方暂缓"),
        (row(up(), 31_000), "网关未运行 31 秒"),
        (row(failing(), 31_000), "网关未运行 31 秒"),
    ],
)
def test_the_state_of_a_link(found: Row, said: str) -> None:
    assert said in drawn(picture([found], NOW))


def test_what_waits_and_how_long_the_partner_takes() -> None:
    line = drawn(picture([row(up())], NOW)).splitlines()[1]
    assert line.split() == [
        "广州市", "正常", "12", "ms", "3", "1", "2", "分", "0", "秒前",
    ]  # fmt: skip


def test_an_error_brings_its_remedy_and_what_to_quote() -> None:
    text = drawn(picture([row(failing())], NOW))
    assert "seal.clock" in text
    assert "对方追踪号 t-9" in text
    assert "→ 两侧校准时钟" in text
    assert "→" not in drawn(picture([row(up())], NOW))


def test_rates_are_counted_from_the_first_look_and_anew_after_a_restart() -> None:
    rates = Rates()

    def look(receipts: int, seconds: float) -> float | None:
        status = LinkStatus("440100", receipts=receipts)
        at = NOW + int(seconds * 1000)
        return rates.look([replace(row(None), link=Link(at, status))]).get("440100")

    assert look(10, 0) is None
    assert look(30, 10) == 2.0
    assert look(0, 20) is None
    assert look(5, 30) == 0.5
    assert rates.look([row(None)]) == {}


def test_lanes_are_found_by_what_people_call_them() -> None:
    lanes = ["partner/440100", "city", "city/440100", "partner/430100"]
    assert lanes_named("440100", lanes) == ["partner/440100"]
    assert lanes_named("partner/430100", lanes) == ["partner/430100"]
    assert lanes_named("广州市", lanes) == ["partner/440100"]
    assert lanes_named("city/440100", lanes) == ["city/440100"]
    assert lanes_named("city", ["city/1", "city/2"]) == ["city/1", "city/2"]
    assert lanes_named("990000", lanes) == []
    assert lane_name("city") == "本市系统"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 秒"), (59, "59 秒"), (90, "2 分"), (5400, "1.5 时"), (200_000, "2.3 天")],
)
def test_ages(seconds: float, said: str) -> None:
    assert age(seconds) == said
