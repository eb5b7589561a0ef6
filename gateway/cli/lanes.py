"""What lanes are called, and which ones an operator means."""

from collections.abc import Iterable

from gateway.cli.language import say
from gateway.cli.wording import city_name
from gateway.exchange.view_queue import CITY
from gateway.lanes import partner_of, shown, to_the_city
from gateway.records import partner_lane


def lane_name(lane: str) -> str:
    """`本市系统`, with the partner whose messages wait for it, or the city that a lane leads to."""
    if not to_the_city(lane):
        return city_name(lane.removeprefix("partner/"))
    name, partner = say("本市系统", "own system"), partner_of(shown(lane))
    return f"{name} ({city_name(partner)})" if partner else name


def lanes_named(name: str, lanes: Iterable[str]) -> list[str]:
    """Which of `lanes` somebody means by `partner/440100`, `440100`, `city`, `city/440100`, or
    the name that is shown."""
    known = sorted(set(lanes))
    if name == CITY:
        return [lane for lane in known if to_the_city(lane)]
    names = {name, partner_lane(name)}
    return [lane for lane in known if names & {lane, shown(lane)} or lane_name(lane) == name]


def age(seconds: float) -> str:
    """`8 秒`, `12 分`, `3.5 时`, `2.1 天`."""
    if seconds < 60:
        return say(f"{seconds:.0f} 秒", f"{seconds:.0f} s")
    if seconds < 3600:
        return say(f"{seconds / 60:.0f} 分", f"{seconds / 60:.0f} min")
    if seconds < 86400:
        return say(f"{seconds / 3600:.1f} 时", f"{seconds / 3600:.1f} h")
    return say(f"{seconds / 86400:.1f} 天", f"{seconds / 86400:.1f} d")
