"""An error as its reader sees it: what, where, and what to do, in the reader's language."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from contracts.errors import SettingsInvalid, TongbanError
from gateway.cli.language import say

_PLACES = {
    "case": "办件",
    "code": "代码",
    "field": "字段",
    "file": "文件",
    "key": "密钥",
    "kind": "事由",
    "line": "行",
    "member": "成员",
    "message": "报文",
    "number": "编号",
    "partner": "成员",
    "position": "位",
    "source": "来源",
    "state": "状态",
    "value": "值",
}
"""What `where` of an error names; what is missing here is shown as it is."""


def failure(error: TongbanError) -> RenderableType:
    """Code and meaning, every detail, the places, the remedy."""
    reason = error.reason
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold red")
    grid.add_column(overflow="fold")
    grid.add_row(say("错误", "error"), Text(f"{say(reason.zh, reason.en)}  {error.code}", "bold"))
    details = error.mistakes if isinstance(error, SettingsInvalid) else [error.detail]
    for detail in details:
        grid.add_row("", Text(detail))
    if error.where:
        places = (f"{say(_PLACES.get(k, k), k)} {value}" for k, value in error.where.items())
        grid.add_row(say("位置", "where"), Text("  ".join(places)))
    grid.add_row(say("处理", "remedy"), Text(say(reason.remedy_zh, reason.remedy_en)))
    return grid
