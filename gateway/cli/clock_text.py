"""The clock of a case in words: `承诺 2026-03-09 办结 (5 个工作日), 已用 3`."""

from collections.abc import Iterator
from datetime import timedelta

from rich.text import Text

from contracts.clock import Card
from contracts.working_days import day_of
from gateway.cli.language import say
from gateway.exchange.case_clock import CaseClock

_INSTANT = timedelta(seconds=1)
_CARDS = {
    Card.YELLOW: ("黄牌, 临近时限", "yellow card: nearly late", "yellow"),
    Card.RED: ("红牌, 已超时限", "red card: late", "red"),
}


def clock_text(clock: CaseClock) -> Text:
    """What was promised, what is used, whether it stands, and its card."""
    text = Text(say(", ", "; ").join(_clauses(clock)))
    if clock.reading.card in _CARDS:
        zh, en, colour = _CARDS[clock.reading.card]
        text.append(f"  {say(zh, en)}", f"bold {colour}")
    return text


def _clauses(clock: CaseClock) -> Iterator[str]:
    run, reading = clock.run, clock.reading
    if run.deemed:
        yield say(
            f"逾期未告知, 视为自 {day_of(run.started_at)} 受理",
            f"nobody answered in time: counts as accepted on {day_of(run.started_at)}",
        )
    if clock.limit is not None:
        yield say(
            f"承诺 {clock.limit.amount} 个工作日", f"promised in {clock.limit.amount} working days"
        )
    if reading.due_at is not None:
        last = day_of(reading.due_at - _INSTANT)  # it ends when this day is over
        yield say(f"{last} 止", f"until {last}")
    if reading.provisional:
        yield say("节假日未公布, 暂定", "holidays not announced: provisional")
    yield say(f"已用 {reading.used} 个工作日", f"{reading.used} working days used")
    if run.stands:
        yield say("停表", "the clock stands still")
    if run.ended_at is not None:
        yield say(f"{day_of(run.ended_at)} 已决定", f"decided on {day_of(run.ended_at)}")
