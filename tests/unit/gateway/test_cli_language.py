"""``--lang`` is taken out of the arguments wherever it stands, and nothing else is."""

import pytest

from gateway.cli.language import VARIABLE, choose, say


@pytest.mark.parametrize(
    ("arguments", "rest", "language"),
    [
        (["case", "list"], ["case", "list"], "中"),
        (["--lang", "en", "case", "list"], ["case", "list"], "en"),
        (["case", "list", "--lang=en"], ["case", "list"], "en"),
        (["case", "--lang", "zh", "list"], ["case", "list"], "中"),
        (["show", "--", "--lang", "en"], ["show", "--", "--lang", "en"], "中"),
        (["--lang", "fr", "list"], ["--lang", "fr", "list"], "中"),
        (["list", "--lang"], ["list", "--lang"], "中"),
        (["list", "--language=en"], ["list", "--language=en"], "中"),
    ],
)
def test_the_language_is_chosen_first(
    arguments: list[str], rest: list[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "zh")
    assert choose(arguments) == rest
    assert say("中", "en") == language
