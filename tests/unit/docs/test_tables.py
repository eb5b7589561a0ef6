"""The pages say what the code says."""

from pathlib import Path
from typing import Any

import pytest

from contracts.reasons import REASONS
from gateway.officers.scopes import SCOPES
from gateway.settings import Settings
from tests.unit.docs.tables import DOCS, TABLES, tables_of

PROTOCOL = DOCS / "protocol.md"


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONGBAN_LANG", raising=False)


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    return tables_of(PROTOCOL.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_of_the_protocol_is_that_of_the_code(name: str, tables: dict[str, str]) -> None:
    """To write them anew: ``python -m tests.unit.docs.tables``."""
    assert tables[name] == TABLES[name]()


def test_every_code_that_a_page_names_exists() -> None:
    """Codes in `monospace`, told from fields and files by their first word."""
    groups = {code.partition(".")[0] for code in REASONS if "." in code}
    unknown = [
        f"{page.relative_to(DOCS)}: {word}"
        for page in DOCS.rglob("*.md")
        for word in _monospace(page)
        if word.partition(".")[0] in groups and word.count(".") == 1 and word not in REASONS
        if not _is_no_code(word)
    ]
    assert unknown == []


def _monospace(page: Path) -> set[str]:
    return set(page.read_text("utf-8").split("`")[1::2])


def _is_no_code(word: str) -> bool:
    """Kinds of message, scopes, settings, files and names in the code look the same."""
    first, _, second = word.partition(".")
    if first == "case":
        return word in _KINDS or word in SCOPES
    return not second.isidentifier() or second in _FILES or word in _OTHER


def _names(table: str) -> set[str]:
    """The settings of a table."""
    model: Any = Settings.model_fields[table].annotation
    return set(model.model_fields)


_KINDS = {line.split("`")[1] for line in TABLES["life"]().splitlines()[2:]}
_TABLES = ("gateway", "member", "queue", "store", "trust")
_OTHER = {f"{table}.{name}" for table in _TABLES for name in _names(table)}
_FILES = {"json", "sqlite", "py", "toml", "csv"}
