"""Native documents next to each other: what went into one city, what came out of the other."""

import itertools
import json
import re
from typing import Any

from rich.cells import chop_cells
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.cli import screen
from gateway.cli.language import say
from gateway.cli.wording import kind_name
from gateway.demo.play import Exchanged

_VALUE = re.compile(r'>([^<>\n]{2,})<|": "([^"\n]{2,})"')
_XML = ("epoint", "gbt39046", "gdbs")
_LONG = 60  # characters of a line that is not opened up
_FRAME = 5  # cells around a document
_MOST = 22  # lines of a document that are shown, as they stand on the screen


def side_by_side(one: Exchanged) -> Table:
    """What went in, what came out. Values that both documents hold stand out."""
    left = _readable(one.sender.family, one.went_in)
    right = [_readable(one.receiver.family, text) for text in one.came_out]
    common = _values(left) & set().union(*map(_values, right))
    kinds = say("、", ", ").join(kind_name(kind) for kind in one.step.brings)
    went = say(f"{one.sender.name}放入的 {one.sender.family}", f"{one.sender.family} went in")
    came = say(
        f"{one.receiver.name}得到的 {one.receiver.family}", f"{one.receiver.family} came out"
    )
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(
        _document(f"{went} · {kinds}", left, common),
        Group(*(_document(f"{came} · {kinds}", text, common) for text in right)),
    )
    return table


def _document(title: str, text: str, common: set[str]) -> Panel:
    width = screen.out().width // 2 - _FRAME
    values = "|".join(re.escape(value) for value in sorted(common))
    whole = re.compile(f'(?<=[">])(?:{values})(?=["<])' if values else "(?!)")
    lines = [piece for line in text.splitlines() for piece in _folded(line, whole, width)]
    if beyond := len(lines[_MOST:]):
        lines[_MOST:] = [
            Text(say(f"…… 以下 {beyond} 行略", f"… {beyond} more lines"), "dim italic")
        ]
    return Panel(Group(*lines), title=title, title_align="left", border_style="dim")


def _folded(line: str, common: re.Pattern[str], width: int) -> list[Text]:
    """`line` with what is common standing out, broken where the column ends, words or not."""
    text = Text(line, "dim")
    text.highlight_regex(common, "not dim bold")
    ends = list(itertools.accumulate(len(piece) for piece in chop_cells(line, width)))
    return list(text.divide(ends[:-1]))


def _readable(family: str, text: str) -> str:
    """JSON Lines one field a line; XML as it is."""
    if family in _XML:
        return text.strip()
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return "\n".join(_row(row) for row in rows)


def _row(row: dict[str, Any]) -> str:
    """One line of JSON Lines, opened up where it is long; still JSON."""
    line = json.dumps(row, ensure_ascii=False)
    if len(line) < _LONG or row.keys() != {"table", "row"}:
        return line
    fields = json.dumps(row["row"], ensure_ascii=False, indent=1)
    return f'{{"table": "{row["table"]}", "row": {fields}}}'


def _values(text: str) -> set[str]:
    return {first or second for first, second in _VALUE.findall(text)}
