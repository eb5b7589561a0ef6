"""Every sample reads to the drafts that stand beside it, and writes back to the same document.

The expected drafts are in the JSON of the contract. Compared is what a document says: rows
and fields in any order, without the technical columns that a mapping sets aside, and without
drafts that are only read (a result row or a close that states the decision as well).
"""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.adapter import Adapter, Draft
from contracts.messages import Kind
from tests.unit.adapters.cities import (
    FAMILIES,
    VECTORS,
    case_json,
    contract,
    gbt39046,
    gdbs,
    up_pro,
)

TECHNICAL = {"row_guid", "is_sync", "cd_time"}
CANNOT_GO_BACK = {
    "10-result-states-decision-and-close": "a result row and a row that closes are written",
    "13-result-refused": "a result row and a row that closes are written",
    "20-whole-case-out-of-order": "one document a draft is written",
    "03-pre-acceptance-declined-wsysl": "a refusal is written as EX_GDBS_SL",
    "13-correction-never-came-bj": "the reason is written where reasons belong",
    "02-application-without-kind-of-applicant": "the kind of applicant is written",
    "15-closed-without-result": "the result is written",
    "18-delivered-by-waybill": "the way of the delivery is written",
    "23-evaluated-and-answered": "one document a draft is written",
    "19-whole-case-out-of-order": "one document a draft is written",
    "24-whole-case-out-of-order": "one document a draft is written",
}


def good(folder: Path, suffix: str) -> list[Path]:
    return sorted(p for p in folder.glob(f"*.{suffix}") if p.stem[0].isdigit())


def of_family() -> list[object]:
    return [
        pytest.param(adapter, path, id=f"{adapter.city}-{path.stem}")
        for adapter, path in (
            *((up_pro(), path) for path in good(VECTORS / "up_pro", "jsonl")),
            *((gdbs(), path) for path in good(VECTORS / "gdbs", "xml")),
            *((case_json(), path) for path in good(FAMILIES / "case_json" / "samples", "json")),
            *((gbt39046(), path) for path in good(FAMILIES / "gbt39046" / "samples", "xml")),
        )
    ]


def said(drafts: list[Draft]) -> list[object]:
    return [
        (d.number, d.kind, d.body.to_json(), d.application and d.application.to_json())
        for d in drafts
    ]


@pytest.mark.parametrize(("adapter", "path"), of_family())
def test_a_sample_reads_to_the_expected_drafts(adapter: Adapter, path: Path) -> None:
    beside = "expected" if VECTORS in path.parents else "canonical"
    expected = path.parent / beside / f"{path.stem}.jsonl"
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


def content(document: bytes) -> list[Any]:
    if document.lstrip().startswith(b"<"):
        root = etree.fromstring(document)
        if root.tag != "ExInfo":
            return [(str(each.tag), facts) for each in root.iter() if (facts := _facts(each))]
        (info,) = root.findall("standardInfo")
        fields = {str(f.attrib["FieldName"]): f.text for f in info if f.text}
        return [(str(info.attrib["process"]), dict(sorted(fields.items())))]
    if document.lstrip()[:1] in (b"[", b"{") and b'"case"' in document:
        said = json.loads(document)
        return [_without_names(m) for m in (said if isinstance(said, list) else [said])]
    rows = [json.loads(line) for line in document.decode().splitlines()]
    return [
        (
            row["table"],
            {name: str(v) for name, v in sorted(row["row"].items()) if name not in TECHNICAL},
        )
        for row in rows
    ]


def _without_names(said: Any) -> Any:
    """A message without what names it and its materials, and what is empty or set aside."""
    if isinstance(said, list):
        return [_without_names(each) for each in said]
    if not isinstance(said, dict):
        return said
    named = "fromAreaCode" in said  # the number of the case has the same name as names of messages
    kept = {k: _without_names(v) for k, v in said.items() if k != "PWD" and (named or k != "unid")}
    return {name: value for name, value in kept.items() if value not in ([], {}, "")}


def _facts(data_set: etree._Element) -> dict[str, str]:
    """What stands in a data set itself, in any order."""
    return dict(sorted((str(f.tag), f.text) for f in data_set if f.text and not len(f)))


@pytest.mark.parametrize(
    ("city", "family"),
    [
        ("410100", "up_pro"),
        ("440100", "gdbs"),
        ("430100", "epoint"),
        ("419001", "contract"),
        ("410200", "gbt39046"),
        ("410300", "case_json"),
        ("410100-kstb", "kstb"),
    ],
)
def test_packaged_samples_are_read(city: str, family: str) -> None:
    from adapters.families import table
    from tests.unit.adapters.cities import adapter

    folder = Path(table.__file__).parent / family / "samples"
    samples = [path for path in folder.iterdir() if path.suffix in (".jsonl", ".json", ".xml")]
    assert samples
    for sample in samples:
        assert adapter(city).read(sample.read_bytes())
