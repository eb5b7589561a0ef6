"""Every link between pages leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.tables import DOCS

ROOT = DOCS.parent
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        *ROOT.glob("*.md"),
        *(ROOT / "docker").glob("*.md"),
        *(ROOT / "tests" / "vectors" / "protocol").glob("*.md"),
    ]
)
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for target, heading in _LINK.findall(_prose(page)):
        there = (page.parent / target).resolve() if target else page
        if not there.exists() or (heading and heading not in _headings(there)):
            broken.append(f"{target}#{heading}" if heading else target)
    assert broken == []


def test_every_page_is_in_the_index_or_in_one_that_is() -> None:
    """From docs/README.md every page can be reached."""
    reached, ahead = set(), [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for target, _ in _LINK.findall(_prose(page)):
            there = (page.parent / target).resolve()
            if there.suffix == ".md" and there.is_file() and there not in reached:
                ahead.append(there)
    assert set(DOCS.rglob("*.md")) <= reached


def _prose(page: Path) -> str:
    """The page without blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def _headings(page: Path) -> set[str]:
    """The anchors of a page, as they are made of headings."""
    titles = re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
