"""A case drawn for people: its heading, and its messages as arrows between the two cities."""

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.cli.clock_text import clock_text
from gateway.cli.gist import gist
from gateway.cli.language import say
from gateway.cli.wording import (
    city_name,
    clock,
    full_clock,
    kind_name,
    outcome_name,
    reason_name,
    state_name,
)
from gateway.exchange.view import CaseView, Event
from gateway.exchange.view_json import applicant_name
from gateway.records import UNSAID_STATES, MessageState

_LANE = 42  # cells between the two cities
_COLOURS = {
    MessageState.QUEUED: "yellow",
    MessageState.TAKEN: "green",
    MessageState.REFUSED: "red",
    MessageState.EXPIRED: "red",
    MessageState.RETURNED: "red",
}


def case_drawing(view: CaseView, *, unmasked: bool = False) -> RenderableType:
    """Heading and timeline. Names of persons are masked unless `unmasked`."""
    return Group(heading(view, unmasked=unmasked), Padding(timeline(view), (1, 0, 0, 1)))


def heading(view: CaseView, *, unmasked: bool = False) -> RenderableType:
    """Matter, numbers, cities, state, and who must act next."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    application = view.application
    if application is not None:
        grid.add_row(say("事项", "matter"), Text(application.matter.name, "bold"))
        grid.add_row(say("申请人", "applicant"), applicant_name(application, unmasked=unmasked))
    grid.add_row(say("办件", "case"), view.record.id)
    if view.record.number not in {None, view.record.id}:
        grid.add_row(say("本地编号", "number"), view.record.number)
    grid.add_row(say("收件地", "receiving"), _city(view, view.receiving))
    grid.add_row(say("办理地", "handling"), _city(view, view.handling))
    grid.add_row(say("状态", "state"), Text(state_name(view.state), "bold"))
    grid.add_row(say("下一步", "next"), next_step(view))
    if view.clock is not None:
        grid.add_row(say("时限", "time limit"), clock_text(view.clock))
    return Padding(grid, (0, 0, 0, 1))


def next_step(view: CaseView) -> str:
    """`广州市: 受理, 不予受理 或 补正告知`."""
    turn = view.turn
    if turn is None:
        return say("无, 已了结", "nothing: it is over")
    kinds = [kind_name(kind) for kind in turn.kinds]
    last = f"{say(' 或 ', ' or ')}{kinds[-1]}" if len(kinds) > 1 else kinds[0]
    return f"{city_name(turn.member)}: {', '.join(kinds[:-1])}{last}"


def timeline(view: CaseView) -> Table:
    """One row a message: when, the arrow, its receipt, what the case became."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", collapse_padding=True)
    table.add_column(say("时间", "time"), no_wrap=True, style="dim")
    table.add_column(_lane_head(view), no_wrap=True, width=_LANE)
    table.add_column(say("回执", "receipt"), no_wrap=True)
    table.add_column(say("办件状态", "state of the case"), no_wrap=True)
    for event in view.events:
        table.add_row(clock(event.message.recorded_at), _arrow(view, event), *_outcome(event))
        if event.opened is not None and (said := gist(event.opened)):
            table.add_row("", Text(said, "dim", no_wrap=False, overflow="fold"), "", "")
    return table


def event_line(event: Event) -> Text:
    """One message on one line, for what prints as it happens."""
    message = event.message
    receipt, state = _outcome(event)
    return Text.assemble(
        (clock(message.recorded_at), "dim"),
        f"  {city_name(message.sender)} → {city_name(message.receiver)}  ",
        (kind_name(message.kind), "bold"),
        "  ",
        receipt,
        "  ",
        state,
    )


def _city(view: CaseView, code: str) -> str:
    ours = say("（本市）", " (this city)") if code == view.us else ""
    return f"{city_name(code)}{say(f' {code}', '')}{ours}"


def _lane_head(view: CaseView) -> Text:
    left, right = city_name(view.receiving), city_name(view.handling)
    gap = max(1, _LANE - cell_len(left) - cell_len(right))
    return Text(f"{left}{' ' * gap}{right}", "bold")


def _arrow(view: CaseView, event: Event) -> Text:
    """`── 提交 ─────────▶` from the receiving city, `◀────── 受理 ──` from the handling one."""
    name = f" {kind_name(event.message.kind)} "
    line = "─" * max(2, _LANE - cell_len(name) - 3)
    colour = "cyan" if event.message.sender == view.receiving else "magenta"
    lost = event.message.state in {*UNSAID_STATES, MessageState.EXPIRED}
    if event.message.sender == view.receiving:
        parts = ("──", name, f"{line}{'╳' if lost else '▶'}")
    else:
        parts = (f"{'╳' if lost else '◀'}{line}", name, "──")
    return Text.assemble(
        *((part, "bold" if part is name else ("red" if lost else colour)) for part in parts)
    )


def _outcome(event: Event) -> tuple[Text, Text]:
    message = event.message
    receipt = Text(outcome_name(message.state), _COLOURS[message.state])
    if event.receipted_at is not None:
        receipt.append(f" {full_clock(event.receipted_at)[11:]}", "dim")
    if message.reason is not None:
        return receipt, Text(reason_name(message.reason), "red")
    return receipt, Text(state_name(event.state))
