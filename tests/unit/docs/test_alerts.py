"""The alert rules: of metrics that exist, with a remedy each, and as promtool wants them."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.unit.docs.tables import DOCS
from tests.unit.docs.test_reference import rows

RULES = DOCS / "reference" / "alerts.yaml"
PLAYED = DOCS / "reference" / "alerts-test.yaml"
_SUFFIXES = re.compile(r"_(bucket|count|sum)$")


def _rules() -> list[dict[str, Any]]:
    loaded = yaml.safe_load(RULES.read_text("utf-8"))
    found: list[dict[str, Any]] = [rule for group in loaded["groups"] for rule in group["rules"]]
    return found


def test_every_rule_asks_for_metrics_that_exist() -> None:
    listed = {row[0].strip("`") for row in rows("metrics.md")}
    for rule in _rules():
        asked = {_SUFFIXES.sub("", name) for name in re.findall(r"tongban_\w+", rule["expr"])}
        assert asked
        assert asked <= listed, rule["alert"]


def test_every_rule_says_what_to_do() -> None:
    for rule in _rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
        assert len(rule["annotations"]["description"]) > 80, rule["alert"]


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not here (Debian's package prometheus has it): rules are not played",
)
@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", PLAYED)])
def test_promtool_is_content(arguments: tuple[Any, ...]) -> None:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
