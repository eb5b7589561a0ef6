"""contract: the contract's own JSON carries everything, files too."""

import json

import pytest

from adapters.adapter import Draft, File
from contracts.errors import DocumentRejected
from contracts.messages import Kind
from tests.unit.adapters.cities import VECTORS, contract, up_pro


def submitted() -> Draft:
    path = VECTORS / "up_pro" / "01-submit-with-materials.jsonl"
    (draft,) = up_pro().read(path.read_bytes())
    return draft


def test_everything_comes_back_files_too() -> None:
    first = submitted()
    files = {"scan": File("application/pdf", bytes(range(256))), "空": File("text/plain", b"")}
    draft = Draft(first.number, first.kind, first.body, files)
    written = contract().write(draft)
    assert not written.losses
    assert contract().read(written.documents[0].data) == [draft]


def test_a_document_may_hold_several_lines() -> None:
    data = contract().write(submitted()).documents[0].data
    assert [draft.kind for draft in contract().read(data + b"\n" + data)] == [Kind.SUBMIT] * 2


def changed(**keys: object) -> bytes:
    said = json.loads(contract().write(submitted()).documents[0].data)
    return json.dumps({**said, **keys}).encode()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (changed(kind="case.abolish"), "kind"),
        (changed(kind=3), "kind"),
        (changed(number=""), "number"),
        (changed(number=5), "number"),
        (changed(extra=1), "extra"),
        (changed(body={}), "body.application"),
        (changed(body=[]), "body"),
        (changed(files=[]), "files"),
        (changed(files={"a": {"media_type": "x", "data": "***"}}), "files.a"),
        (changed(files={"a": {"data": ""}}), "files.a"),
        (changed(files={"a": {"media_type": 1, "data": ""}}), "files.a"),
        (changed(files={"a": None}), "files.a"),
        (b'{"number":"1","number":"2"}', "number"),
        (b'{"number":NaN}', "document"),
        (b'{"number":"1"}', "document"),
    ],
)
def test_what_is_wrong_is_named(document: bytes, field: str) -> None:
    with pytest.raises(DocumentRejected) as caught:
        contract().read(b"\n" + document)
    assert (caught.value.where["field"], caught.value.where["line"]) == (field, "2")


def test_personal_data_is_masked() -> None:
    body = json.loads(submitted().body.to_json())
    body["application"]["applicant"]["identity"]["type"] = "citizen"
    body["application"]["applicant"]["contact"]["mobile"] = "13800000001" * 20
    with pytest.raises(DocumentRejected) as caught:
        contract().read(changed(body=body))
    assert "13800000001" not in str(caught.value)
