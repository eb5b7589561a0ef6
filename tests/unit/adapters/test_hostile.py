"""Hostile and broken documents: the code, the field and the line that each is refused with."""

import time

import orjson
import pytest

from adapters.adapter import Adapter
from adapters.engine.json_text import read_json
from contracts.errors import DocumentRejected
from tests.unit.adapters.cities import (
    VECTORS,
    case_json,
    contract,
    epoint,
    gbt39046,
    gdbs,
    up_pro,
)

INVALID, UNKNOWN = "document.invalid", "matter.unknown"

UP_PRO = {
    "bad-unknown-code-event-name": (INVALID, "up_pro_process.event_name", "1"),
    "bad-time-has-offset": (INVALID, "up_pro_process.event_start_time", "1"),
    "bad-time-day-does-not-exist": (INVALID, "up_pro_process.event_start_time", "1"),
    "bad-citizen-id-check-digit": (INVALID, "up_pro_accept.applyer_page_code", "1"),
    "bad-matter-not-in-crosswalk": (UNKNOWN, "up_pro_accept.catalog_code", "1"),
    "bad-operation-delete": (INVALID, "up_pro_accept.cd_operation", "1"),
    "bad-name-too-long-for-the-contract": (INVALID, "up_pro_accept.applyer_name", "1"),
    "bad-required-name-empty": (INVALID, "up_pro_accept.applyer_name", "1"),
    "bad-column-is-a-list": (INVALID, "up_pro_process.remark", "1"),
    "bad-number-empty": (INVALID, "up_pro_process.project_no", "1"),
    "bad-table-unknown": (INVALID, "table", "1"),
    "bad-duplicate-field": (INVALID, "event_name", "1"),
    "bad-deep-nesting": (INVALID, "document", "1"),
    "bad-second-line-not-json": (INVALID, "document", "2"),
    "bad-material-without-its-case": (INVALID, "up_pro_material", "1"),
    "bad-encoding-latin1": (INVALID, "encoding", "1"),
}
GDBS = {
    "bad-entity-bomb": (INVALID, "document", "2"),
    "bad-external-entity": (INVALID, "document", "2"),
    "bad-external-dtd": (INVALID, "document", "2"),
    "bad-entity-reference-without-doctype": (INVALID, "document", "2"),
    "bad-deep-nesting": (INVALID, "document", "2"),
    "bad-too-many-elements": (INVALID, "document", "2"),
    "bad-duplicate-field": (INVALID, "EX_GDBS_SL.SLZTDM", "7"),
    "bad-unknown-code-slztdm": (INVALID, "EX_GDBS_SL.SLZTDM", "5"),
    "bad-unknown-code-bjjgdm": (INVALID, "EX_GDBS_BJ.BJJGDM", "9"),
    "bad-unknown-table": (INVALID, "table", "3"),
    "bad-time-with-dashes": (INVALID, "EX_GDBS_SL.SLSJ", "6"),
    "bad-reason-missing-when-declined": (INVALID, "EX_GDBS_SL.BSLYY", "3"),
    "bad-document-number-too-long-for-the-contract": (INVALID, "EX_GDBS_SL.SLHZH", "7"),
    "bad-citizen-id-check-digit": (INVALID, "EX_GDBS_LQDJ.LQRSFZJHM", "7"),
    "bad-matter-not-in-crosswalk": (UNKNOWN, "EX_GDBS_SB.SXBM", "5"),
    "bad-action-delete": (INVALID, "ItemInfo.Action", "8"),
    "bad-not-closed": (INVALID, "document", "10"),
    "bad-encoding-declared-utf-16": (INVALID, "document", None),
    "bad-encoding-stray-byte": (INVALID, "document", "5"),
}
GBT39046 = {
    "bad-another-root": (INVALID, "document", "2"),
    "bad-attribute-of-an-element": (INVALID, "document", "5"),
    "bad-case-number-empty": (INVALID, "BLXX.BJBH", "3"),
    "bad-citizen-id-check-digit": (INVALID, "SQXX.LXRZJHM", "14"),
    "bad-deep-nesting": (INVALID, "document", "2"),
    "bad-element-inside-a-fact": (INVALID, "document", "5"),
    "bad-element-twice": (INVALID, "BLXX.HJMC", "7"),
    "bad-encoding-declared-utf-16": (INVALID, "document", None),
    "bad-encoding-stray-byte": (INVALID, "document", "5"),
    "bad-entity-bomb": (INVALID, "document", "2"),
    "bad-external-entity": (INVALID, "document", "2"),
    "bad-material-of-another-case": (INVALID, "document", "7"),
    "bad-matter-not-in-crosswalk": (UNKNOWN, "SQXX.SSBM", "5"),
    "bad-not-closed": (INVALID, "document", "8"),
    "bad-payment-set": (INVALID, "JFXX", "3"),
    "bad-satisfaction-out-of-range": (INVALID, "PJXX.MYD", "6"),
    "bad-special-procedure-with-letters": (INVALID, "BLXX.TBCXZL", "6"),
    "bad-text-between-elements": (INVALID, "document", "3"),
    "bad-time-that-is-none": (INVALID, "BLXX.KSSJ", "6"),
    "bad-time-with-dashes": (INVALID, "BLXX.KSSJ", "6"),
    "bad-too-many-elements": (INVALID, "document", "2"),
    "bad-unknown-set": (INVALID, "table", "3"),
}
CASE_JSON = {
    "bad-attachment-without-its-result": (INVALID, "T31", "1"),
    "bad-citizen-id-check-digit": (INVALID, "T10.body.proposer.person.linkmanCertNo", "1"),
    "bad-deep-nesting": (INVALID, "T20.deep.a.a.a.a.a.a.a", "1"),
    "bad-deeper-than-any-reader": (INVALID, "document", None),
    "bad-encoding-stray-byte": (INVALID, "document", "1"),
    "bad-fee-notice": (INVALID, "T24", "1"),
    "bad-field-twice": (INVALID, "action", None),
    "bad-flag-where-text-belongs": (INVALID, "T20.body.operator.name", "1"),
    "bad-form-nested-too-deep": (INVALID, "T10.body.formInfos.values", "1"),
    "bad-form-is-no-object": (INVALID, "T10.body.formInfos.values", "1"),
    "bad-material-is-no-object": (INVALID, "T22.body.attrs", "1"),
    "bad-materials-are-no-list": (INVALID, "T22.body.attrs", "1"),
    "bad-matter-not-in-crosswalk": (UNKNOWN, "T10.body.apasInfo.serviceCode", "1"),
    "bad-name-with-a-dot": (INVALID, "T20.body.process.opinion.x", "1"),
    "bad-not-closed": (INVALID, "document", None),
    "bad-number-empty": (INVALID, "T20.case.unid", "1"),
    "bad-operation-delete": (INVALID, "T20.action", "1"),
    "bad-satisfaction-out-of-range": (INVALID, "T36.body.evaluation.level", "1"),
    "bad-second-message-is-no-object": (INVALID, "document", "2"),
    "bad-special-procedure-with-digits": (INVALID, "T21.body.clock.kind", "1"),
    "bad-state-unknown": (INVALID, "T20.body.process.state", "1"),
    "bad-time-has-offset": (INVALID, "T20.body.process.startTime", "1"),
    "bad-time-is-epoch": (INVALID, "T20.body.process.startTime", "1"),
    "bad-type-is-a-list": (INVALID, "type", "1"),
    "bad-type-unknown": (INVALID, "table", "1"),
}
CASES = [
    *(pytest.param(up_pro(), f"up_pro/{n}.jsonl", w, id=f"up_pro-{n}") for n, w in UP_PRO.items()),
    *(pytest.param(gdbs(), f"gdbs/{n}.xml", w, id=f"gdbs-{n}") for n, w in GDBS.items()),
    *(
        pytest.param(gbt39046(), f"gbt39046/{n}.xml", w, id=f"gbt39046-{n}")
        for n, w in GBT39046.items()
    ),
    *(
        pytest.param(case_json(), f"case_json/{n}.json", w, id=f"case_json-{n}")
        for n, w in CASE_JSON.items()
    ),
]


@pytest.mark.parametrize(("adapter", "file", "expected"), CASES)
def test_it_is_refused_with_code_field_and_line(
    adapter: Adapter, file: str, expected: tuple[str, str, str | None]
) -> None:
    began = time.monotonic()
    with pytest.raises(DocumentRejected) as caught:
        adapter.read((VECTORS / file).read_bytes())
    error = caught.value
    assert (error.code, error.where.get("field"), error.where.get("line")) == expected
    assert error.where["partner"] == adapter.city
    assert time.monotonic() - began < 2


def test_every_hostile_sample_has_its_line_here() -> None:
    for family, known in (
        ("up_pro", UP_PRO),
        ("gdbs", GDBS),
        ("gbt39046", GBT39046),
        ("case_json", CASE_JSON),
    ):
        assert {p.stem for p in (VECTORS / family).glob("bad-*")} == set(known)


@pytest.mark.parametrize(
    ("adapter", "file"),
    [
        (up_pro(), "up_pro/bad-citizen-id-check-digit.jsonl"),
        (gdbs(), "gdbs/bad-citizen-id-check-digit.xml"),
        (gbt39046(), "gbt39046/bad-citizen-id-check-digit.xml"),
        (case_json(), "case_json/bad-citizen-id-check-digit.json"),
    ],
)
def test_an_error_shows_no_personal_data(adapter: Adapter, file: str) -> None:
    with pytest.raises(DocumentRejected) as caught:
        adapter.read((VECTORS / file).read_bytes())
    assert "410102190001" not in str(caught.value)
    assert "***" in caught.value.where["value"]


@pytest.mark.parametrize(
    "adapter", [up_pro(), gdbs(), gbt39046(), epoint(), case_json(), contract()]
)
@pytest.mark.parametrize(
    "document", [b"", b"\n\n", b"\x00", b"{}", b"<a/>", b"null", b"[]", b"\xff"]
)
def test_what_is_no_document_is_refused_in_words(adapter: Adapter, document: bytes) -> None:
    with pytest.raises(DocumentRejected):
        adapter.read(document)


@pytest.mark.parametrize("adapter", [up_pro(), gdbs(), gbt39046(), case_json()])
def test_what_is_too_large_is_not_even_looked_at(adapter: Adapter) -> None:
    with pytest.raises(DocumentRejected, match="4194304 are allowed"):
        adapter.read(b" " * (4 * 1024 * 1024 + 1))


def test_a_doctype_is_refused_in_any_encoding_that_is_read() -> None:
    bomb = '<?xml version="1.0" encoding="GBK"?><!DOCTYPE 甲 [<!ENTITY a "a">]><甲>&a;</甲>'
    with pytest.raises(DocumentRejected, match="DOCTYPE"):
        gdbs().read(bomb.encode("gbk"))


@pytest.mark.parametrize("adapter", [up_pro(), epoint(), case_json(), contract()])
@pytest.mark.parametrize(
    "document",
    [
        rb'{"number":"\ud800","kind":"case.remind","body":{}}',
        rb'{"\udfff":"x","number":"1","kind":"case.remind","body":{}}',
        rb'{"number":"1","kind":"\ud800","body":{}}',
        rb'{"table":"\ud800","row":{}}',
        rb'{"table":"up_pro_accept","row":{"\ud800":"x"}}',
        rb'{"\ud800":1,"\ud800":2}',
    ],
)
def test_half_of_a_surrogate_pair_is_refused_in_words_that_can_be_written(
    adapter: Adapter, document: bytes
) -> None:
    with pytest.raises(DocumentRejected) as caught:
        adapter.read(document)
    assert orjson.dumps([str(caught.value), caught.value.where])


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert read_json(r'{"a":"\ud842\udfb7","b":"\\ud800"}') == {"a": "𠮷", "b": r"\ud800"}
