"""From Zhengzhou's document to Guangzhou's and back: what the command shows."""

from adapters.translate import translate
from contracts.messages import Kind, SubmitBody
from tests.unit.adapters.cities import VECTORS, gdbs, up_pro


def test_a_filing_of_zhengzhou_becomes_one_of_guangzhou() -> None:
    document = (VECTORS / "up_pro" / "01-submit-with-materials.jsonl").read_bytes()
    (translation,) = translate(up_pro(), gdbs(), document)
    (written,) = translation.written.documents
    (back,) = gdbs().read(written.data)
    assert isinstance(back.body, SubmitBody)
    assert isinstance(translation.draft.body, SubmitBody)
    ours, theirs = translation.draft.body.application, back.body.application
    assert theirs.matter.base_code == ours.matter.base_code
    assert theirs.applicant.identity == ours.applicant.identity
    assert theirs.handling == ours.handling
    lost = {loss.field for loss in translation.written.losses}
    assert {"application.case_type", "application.materials[0].file_name"} <= lost
    assert "native.up_pro_accept" in lost


def test_a_close_of_guangzhou_becomes_a_decision_and_a_close_in_zhengzhou() -> None:
    document = (VECTORS / "gdbs" / "12-closed-with-certificate-bj.xml").read_bytes()
    translations = translate(gdbs(), up_pro(), document)
    assert [t.draft.kind for t in translations] == [Kind.DECIDE, Kind.CLOSE]
    for translation in translations:
        (written,) = translation.written.documents
        assert [d.kind for d in up_pro().read(written.data)] == [translation.draft.kind]
