"""Spans and moments as they are typed."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from gateway.cli.spans import moment, span


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0", timedelta()),
        ("90", timedelta(seconds=90)),
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        (" 24h ", timedelta(days=1)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_span(typed: str, meant: timedelta) -> None:
    assert span(typed) == meant


@pytest.mark.parametrize("typed", ["", "soon", "-1h", "1.5h", "1w", "1 h", "24H", "1000000d", "٣h"])
def test_what_is_no_span_is_explained(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="24h"):
        span(typed)


@pytest.mark.parametrize(
    "typed", ["2026-12-01 08:00", "2026-12-01T08:00:00+08:00", "2026-12-01T00:00Z"]
)
def test_a_moment_is_in_beijing_where_nothing_else_is_said(typed: str) -> None:
    assert moment(typed) == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["", "tomorrow", "08:00", "2026-13-01"])
def test_what_is_no_moment_is_explained(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="2026-12-01 08:00"):
        moment(typed)
