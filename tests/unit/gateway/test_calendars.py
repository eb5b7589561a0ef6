"""The folder of calendar files: what it adds, and what is wrong with it, all at once."""

from datetime import date
from pathlib import Path

import pytest

from contracts.errors import SettingsInvalid
from gateway.calendars import load_calendar

NEW_YEAR = "off = [2099-01-01]\nworked = []\n"


def test_without_a_folder_the_built_in_years_are_known(tmp_path: Path) -> None:
    calendar = load_calendar(tmp_path / "nowhere")
    assert {2025, 2026} <= set(calendar.years)
    assert not calendar.is_working_day(date(2026, 10, 1))


def test_a_file_adds_its_year(tmp_path: Path) -> None:
    (tmp_path / "2099.toml").write_text(f"year = 2099\n{NEW_YEAR}")
    (tmp_path / "README").write_text("not a calendar")
    calendar = load_calendar(tmp_path)
    assert calendar.is_announced(date(2099, 1, 1))
    assert not calendar.is_working_day(date(2099, 1, 1))


def test_every_mistake_of_every_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"year = 2099\n{NEW_YEAR}")
    (tmp_path / "b.toml").write_text(f"year = 2099\n{NEW_YEAR}")
    (tmp_path / "c.toml").write_text("year = 2098\noff = []\n")
    (tmp_path / "d.toml").mkdir()
    with pytest.raises(SettingsInvalid) as caught:
        load_calendar(tmp_path)
    assert caught.value.mistakes == [
        "b.toml: 2099 is said by another file too",
        "c.toml: worked: a list of days, such as [2098-01-01]",
        "d.toml: Is a directory",
    ]
