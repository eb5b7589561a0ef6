"""What the demonstration prints: who takes part, progress, each case, the counts."""

import re
from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gateway.cli.language import say
from gateway.cli.timeline import case_drawing
from gateway.cli.wording import city_name, kind_name
from gateway.demo.check import LOSS, Audit, Ledger
from gateway.demo.city import City
from gateway.demo.documents import side_by_side
from gateway.demo.play import Exchanged, Tell
from gateway.demo.stories import Step, Story
from gateway.exchange.view import CaseView

_FIELD = re.compile(r"([\w.\[\]]+) \(")
_SUITES = {"sm": ("国密 sm", "sm"), "intl": ("国际 intl", "intl")}


def city_table(cities: Sequence[City]) -> Table:
    """Who takes part: suite, format, port."""
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for heading in (
        say("城市", "city"),
        say("密码套件", "suite"),
        say("本地格式", "own format"),
        say("端口", "port"),
    ):
        table.add_column(heading, no_wrap=True)
    for city in cities:
        suite = say(*_SUITES[city.suite])
        form = f"{city.family} ({city.encoding})"
        table.add_row(f"[bold]{city.name}[/] {city.code}", suite, form, str(city.port))
    return table


class Board:
    """Progress: bars on a terminal, a plain line a step elsewhere."""

    def __init__(self, console: Console, stories: Sequence[Story]) -> None:
        self._console = console
        self._widest = max(cell_len(story.title) for story in stories)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("[dim]{task.fields[said]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {
            story.name: self._bars.add_task(story.title, total=len(story.steps), said="")
            for story in stories
        }

    def __enter__(self) -> Tell:
        self._bars.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _tell(self, story: Story, step: Step, sender: City, receiver: City) -> None:
        said = say("、", ", ").join(kind_name(kind) for kind in step.brings)
        line = f"{sender.name} → {receiver.name} {said}"
        self._bars.advance(self._tasks[story.name])
        self._bars.update(self._tasks[story.name], said=line)
        if not self._console.is_terminal:
            gap = " " * (self._widest - cell_len(story.title) + 2)
            self._console.print(f"  {story.title}{gap}{line}", soft_wrap=True)


def case_page(story: Story, ours: CaseView, theirs: CaseView, pairs: Sequence[Exchanged]) -> Group:
    """One case: heading, timeline, whether both cities see the same, documents."""
    same = sees(ours) == sees(theirs)
    verdict = (
        Text(say("  ✓ 两市所见一致", "  ✓ both cities see the same"), "green")
        if same
        else Text(say("  ✗ 两市所见不一致", "  ✗ the cities see different things"), "bold red")
    )
    rule = Rule(f"[bold]{story.title}[/]", align="left", style="dim")
    shown = [side_by_side(one) for one in pairs]
    return Group(Text(), rule, case_drawing(ours), verdict, *shown)


def sees(view: CaseView) -> Sequence[object]:
    """What must be the same in both cities' views of a case."""
    return [
        (view.state, view.receiving, view.handling),
        *sorted((e.message.id, e.message.state, e.receipted_at) for e in view.events),
    ]


def audit_page(result: Audit, ledgers: Sequence[Ledger]) -> Group:
    """What could not be said in another format, what is wrong, and the line of counts."""
    faults = [Text(f"✗ {fault}", "bold red") for fault in result.faults]
    return Group(Text(), *_losses(ledgers), *faults, counts_line(result))


def _losses(ledgers: Sequence[Ledger]) -> list[RenderableType]:
    """One line a city: the fields that its format has no place for, and how often."""
    grid = Table.grid(padding=(0, 2))
    for ledger in ledgers:
        fields = Counter(
            field
            for one in ledger.incidents
            if one.code == LOSS
            for field in _FIELD.findall(one.detail)
        )
        if fields:
            said = ", ".join(f"{field} ×{count}" for field, count in sorted(fields.items()))
            grid.add_row(f"  {city_name(ledger.code)}", Text(said, "dim"))
    if not grid.row_count:
        return []
    title = say("本地格式无处可写的字段 (已记入事件):", "fields that a format has no place for:")
    return [Text(title, "yellow"), grid, Text()]


def counts_line(result: Audit) -> Text:
    """`办件 6 · 报文 38 · 回执 38 · 验签 … · 异常 0 · 缺失 0`."""
    words = [
        (say("办件", "cases"), result.cases),
        (say("报文", "messages"), result.messages),
        (say("回执", "receipts"), result.receipts),
        (say("签名成立", "signatures hold"), result.signatures),
        (say("路径成立", "paths hold"), result.paths),
        (say("异常", "incidents"), result.incidents),
        (say("不符", "faults"), len(result.faults)),
    ]
    mark, style = ("✗", "bold red") if result.faults else ("✓", "bold green")
    return Text(f"{mark} " + " · ".join(f"{word} {count}" for word, count in words), style)


def log_tail(city: City) -> Panel:
    """The end of the log of a gateway that failed."""
    title = say(f"{city.name}网关日志末尾", f"end of the log of {city.name}")
    return Panel(Text("\n".join(city.last_words())), title=title, border_style="red")


def keep_page(cities: Sequence[City]) -> Group:
    """Where everything is, and what to look at."""
    first = cities[0].home
    commands = [
        f"tongban case list --home {first}",
        f"tongban case show CASE --home {first}",
        f"tongban case submit FILE --home {first}",
        f"curl http://127.0.0.1:{cities[0].operations}/metrics",
    ]
    lines = [Text(f"  {city.name}  {city.home}") for city in cities]
    return Group(
        Text(),
        Text(say("四个网关保持运行, Ctrl-C 结束", "the gateways go on until Ctrl-C"), "bold"),
        *lines,
        Text(say("可以试试:", "things to try:")),
        *(Text(f"  {command}", "cyan") for command in commands),
    )
