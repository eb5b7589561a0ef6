"""Every sample reads to the drafts that stand beside it, and writes back to the same document.

The expected drafts are in the JSON of the contract. Compared is what a document says: rows
and fields in any order, without the technical columns that a mapping sets aside, and without
drafts that are only read (a result row or a close that states the decision as well).
"""

import json
from pathlib import Path

import pytest
from lxml import etree

from adapters.adapter import Adapter, Draft
from contracts.messages import Kind
from tests.unit.adapters.cities import VECTORS, contract, gdbs, up_pro

TECHNICAL = {"row_guid", "is_sync", "cd_time"}
CANNOT_GO_BACK = {
    "10-result-states-decision-and-close": "a result row and a row that closes are written",
    "13-result-refused": "a result row and a row that closes are written",
    "20-whole-case-out-of-order": "one document a draft is written",
    "03-pre-acceptance-declined-wsysl": "a refusal is written as EX_GDBS_SL",
    "13-correction-never-came-bj": "the reason is written where reasons belong",
}


def good(family: str, suffix: str) -> list[Path]:
    return sorted(p for p in (VECTORS / family).glob(f"*.{suffix}") if p.stem[0].isdigit())


def of_family() -> list[object]:
    return [
        pytest.param(adapter, path, id=f"{path.parent.name}-{path.stem}")
        for adapter, path in (
            *((up_pro(), path) for path in good("up_pro", "jsonl")),
            *((gdbs(), path) for path in good("gdbs", "xml")),
        )
    ]


def said(drafts: list[Draft]) -> list[object]:
    return [
        (d.number, d.kind, d.body.to_json(), d.application and d.application.to_json())
        for d in drafts
    ]


@pytest.mark.parametrize(("adapter", "path"), of_family())
def test_a_sample_reads_to_the_expected_drafts(adapter: Adapter, path: Path) -> None:
    expected = path.parent / "expected" / f"{path.stem}.jsonl"
    assert said(adapter.read(path.read_bytes())) == said(contract().read(expected.read_bytes()))


@pytest.mark.parametrize(("adapter", "path"), of_family())
def test_a_sample_is_written_as_it_was(adapter: Adapter, path: Path) -> None:
    if path.stem in CANNOT_GO_BACK:
        pytest.skip(CANNOT_GO_BACK[path.stem])
    drafts = adapter.read(path.read_bytes())
    if len(drafts) == 2:
        assert [draft.kind for draft in drafts] == [Kind.DECIDE, Kind.CLOSE]
        drafts = drafts[1:]
    (draft,) = drafts
    written = adapter.write(draft)
    assert not written.losses
    (document,) = written.documents
    assert content(document.data) == content(path.read_bytes())


def content(document: bytes) -> list[tuple[str, dict[str, str]]]:
    if document.lstrip().startswith(b"<"):
        root = etree.fromstring(document)
        (info,) = root.findall("standardInfo")
        fields = {str(f.attrib["FieldName"]): f.text for f in info if f.text}
        return [(str(info.attrib["process"]), dict(sorted(fields.items())))]
    rows = [json.loads(line) for line in document.decode().splitlines()]
    return [
        (
            row["table"],
            {name: str(v) for name, v in sorted(row["row"].items()) if name not in TECHNICAL},
        )
        for row in rows
    ]


@pytest.mark.parametrize(
    ("city", "family"),
    [
        ("410100", "up_pro"),
        ("440100", "gdbs"),
        ("430100", "epoint"),
        ("419001", "contract"),
        ("410100-kstb", "kstb"),
    ],
)
def test_packaged_samples_are_read(city: str, family: str) -> None:
    from adapters.families import table
    from tests.unit.adapters.cities import adapter

    folder = Path(table.__file__).parent / family / "samples"
    samples = [path for path in folder.iterdir() if path.suffix in (".json", ".jsonl", ".xml")]
    assert samples
    for sample in samples:
        assert adapter(city).read(sample.read_bytes())
