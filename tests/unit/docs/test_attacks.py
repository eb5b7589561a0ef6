"""The table of attacks: every test that it names exists, and every code is one of ours."""

import re
from pathlib import Path

import pytest

from contracts.reasons import REASONS
from tests.unit.docs.tables import DOCS

PAGE = DOCS / "discussion" / "what-an-attacker-can-do.md"
TESTS = DOCS.parent / "tests"
_ROW = re.compile(
    r"^\| (?P<attempt>[^|]+) \| (?P<stopped>[^|]+) \| `(?P<test>test_\w+)` \|$", re.MULTILINE
)
_CODE = re.compile(r"`([a-z]+\.[a-z_]+)`")


def rows() -> list[tuple[str, str, str]]:
    return [
        (found["attempt"], found["stopped"], found["test"])
        for found in _ROW.finditer(PAGE.read_text("utf-8"))
    ]


def names_in(file: Path) -> set[str]:
    return set(re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))


def defined() -> set[str]:
    return {name for file in TESTS.rglob("test_*.py") for name in names_in(file)}


def test_every_row_of_the_page_is_read() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    heads = [line for line in lines if line == "| attempt | stopped by | test |"]
    assert len(rows()) == len(lines) - len(heads) > 50


@pytest.mark.parametrize("row", rows(), ids=[test for *_, test in rows()])
def test_every_test_that_is_named_exists(row: tuple[str, str, str]) -> None:
    attempt, stopped, test = row
    assert test in defined(), attempt
    for code in _CODE.findall(stopped):
        assert code in REASONS, attempt
        if "_stopped_by_" in test and stopped.startswith("`"):
            assert test.partition("_stopped_by_")[2].startswith(code.replace(".", "_")), attempt


def test_every_attack_over_running_gateways_stands_in_the_table() -> None:
    named = {test for *_, test in rows()}
    for file in (
        TESTS / "faults" / "test_attacker_between.py",
        TESTS / "end_to_end" / "test_federation_mirror_owner.py",
    ):
        tried = set(
            re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        )
        assert tried - named <= {"test_after_all_of_this_both_tell_the_same_story"}
