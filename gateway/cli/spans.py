"""Spans and moments as an operator types them: `24h`, `2026-12-01 08:00`."""

import re
from datetime import datetime, timedelta

import typer

from contracts.working_days import BEIJING
from gateway.cli.language import say

_SPAN = re.compile(r"(?P<count>[0-9]{1,6})(?P<unit>[smhd]?)", re.ASCII)
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """`90s`, `30m`, `24h`, `7d`; a bare number is seconds. Raises typer.BadParameter."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(
            say(f"{text!r} 不是时长; 写作 30m, 24h, 7d", f"{text!r}: write 30m, 24h or 7d")
        )
    return timedelta(**{_UNITS[match["unit"]]: int(match["count"])})


def moment(text: str) -> datetime:
    """ISO 8601; Beijing time where no zone is given. Raises typer.BadParameter."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            say(
                f"{text!r} 不是时间; 写作 2026-12-01 08:00 (北京时间)",
                f"{text!r}: write 2026-12-01 08:00 (Beijing time)",
            )
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=BEIJING)
