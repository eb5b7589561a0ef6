"""The codes: every one that the source names stands in the table, in both languages."""

import ast
import re
from pathlib import Path

import pytest

import contracts.errors
from contracts.errors import REASONS, MessageRefused, Refusal, Side, TongbanError, Unchecked, Wrong

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"[a-z_]+\.[a-z_]+")
SOURCES = [
    path
    for package in ("contracts", "keys", "adapters", "gateway")
    for path in sorted((ROOT / package).rglob("*.py"))
]


def codes_in(path: Path) -> set[str]:
    """What is given as `code=` or as the first argument of a Refusal or `default_code`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg == "code":
            values = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
            values = node.args[:1]
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(target, "id", "") == "default_code" for target in targets):
                values = [node.value] if node.value else []
        for value in values:
            branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            found.update(
                each.value
                for each in branches
                if isinstance(each, ast.Constant)
                and isinstance(each.value, str)
                and CODE.fullmatch(each.value)
            )
    return found


RESERVED = {"gateway.busy"}  # understood when a partner says it; this gateway does not
NOTICES = {"delivered.late"}  # told to the city alone, as the code of a Notice


def test_every_code_in_the_source_is_in_the_table() -> None:
    used = {code for path in SOURCES for code in codes_in(path)}
    assert len(used) > 30, "the search finds codes"
    assert used - NOTICES <= set(REASONS)


def test_every_code_of_the_table_is_used_somewhere() -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES if path.name != "reasons.py")
    unused = {code for code in REASONS if f'"{code}"' not in text and f"'{code}'" not in text}
    assert unused <= RESERVED


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_speaks_both_languages_and_says_what_to_do(code: str) -> None:
    reason = REASONS[code]
    assert reason.code == code
    for text in (reason.zh, reason.remedy_zh):
        assert re.search(r"[\u4e00-\u9fff]", text)
    for text in (reason.en, reason.remedy_en):
        assert re.search(r"[a-z]{2}", text)
        assert not re.search(r"[\u4e00-\u9fff]", text)
    assert reason.side in set(Side)
    assert 400 <= reason.status < 600


def test_a_refusal_with_a_code_of_its_own_making_fails() -> None:
    with pytest.raises(KeyError, match=r"case\.nonsense"):
        Refusal("case.nonsense", "nobody knows this")


def test_an_error_says_what_where_and_whose_side_must_act() -> None:
    error = MessageRefused("no such case", code="case.unknown", case="c1", nothing=None)
    assert str(error) == "case.unknown: no such case [case c1]"
    assert error.where == {"case": "c1"}
    assert error.reason.side is Side.PARTNER
    assert error.refusal() == Refusal("case.unknown", "no such case", {"case": "c1"})


def test_wrong_and_could_not_be_checked_are_never_the_same_error() -> None:
    errors = [
        each
        for each in vars(contracts.errors).values()
        if isinstance(each, type) and issubclass(each, TongbanError)
    ]
    assert len(errors) > 10
    for each in errors:
        assert not (issubclass(each, Wrong) and issubclass(each, Unchecked))
        if each not in {TongbanError, Wrong, Unchecked}:
            assert issubclass(each, Wrong | Unchecked)
            assert each.default_code in REASONS
            assert REASONS[each.default_code].retry == issubclass(each, Unchecked)
