"""kstb: request, feedback and answer as documents of their own, and the traps of their heads."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.adapter import Adapter, Draft, Written
from adapters.engine.crosswalk import parse_crosswalk
from adapters.families.kstb import codec
from adapters.families.kstb.codec import HEAD, KstbAdapter
from adapters.profiles.load import builtin_profile, load_adapter, load_profile
from contracts.applicant import ApplicantType
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.messages import BODIES, Kind, SubmitBody
from tests.unit.adapters.cities import adapter, contract

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)
SAMPLES = Path(codec.__file__).parent / "samples"
STAGES = sorted(SAMPLES.glob("*.xml"))
ONE_FEEDBACK = {
    "03-move-out-feedback",
    "05-birth-feedback-refused",
    "10-certificate-feedback",
}
"""Feedbacks that are decision and end at once: written again, they are two documents."""


def kstb() -> Adapter:
    return adapter("410100-kstb")


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


def fields(document: bytes) -> dict[str, str]:
    text = document.decode("gb18030" if b"GB18030" in document[:60] else "utf-8")
    return dict(re.findall("<([A-Z_]+)>([^<]+)(?=</)", text))


def written(kind: Kind, application: Application | None = None, **body: object) -> Written:
    draft = Draft("17", kind, BODIES[kind].model_validate(body), application=application)
    return kstb().write(draft)


def lost(result: Written) -> list[str]:
    return sorted(loss.field for loss in result.losses)


def filed() -> Application:
    (draft,) = kstb().read(sample("01-move-out-request"))
    assert isinstance(draft.body, SubmitBody)
    return draft.body.application


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_a_sample_of_every_stage_reads_and_is_written_as_it_was(path: Path) -> None:
    drafts = kstb().read(path.read_bytes())
    expected = (SAMPLES / "canonical" / f"{path.stem}.jsonl").read_bytes()
    assert contract().read(expected) == drafts
    if path.stem in ONE_FEEDBACK:
        assert [draft.kind for draft in drafts] == [Kind.DECIDE, Kind.CLOSE]
        return
    (draft,) = drafts
    result = kstb().write(replace_application(draft))
    assert not result.losses
    was, now = fields(path.read_bytes()), fields(result.documents[0].data)
    assert {n: t for n, t in now.items() if n not in HEAD} == {
        n: t for n, t in was.items() if n not in HEAD
    }
    assert now["ZAGLYWFLDM"] == was["ZAGLYWFLDM"]
    assert now["YWXTBH"] == was["YWXTBH"]


def replace_application(draft: Draft) -> Draft:
    return draft if draft.kind is Kind.SUBMIT else replace(draft, application=None)


def test_request_and_feedback_belong_together_by_the_correlation_id() -> None:
    numbers = {
        name: {draft.number for draft in kstb().read(sample(name))}
        for name in ("01-move-out-request", "02-answer", "03-move-out-feedback")
    }
    assert set.union(*numbers.values()) == {"QY202011240001"}


def test_an_identity_card_is_issued_and_then_made() -> None:
    (issued,) = kstb().read(sample("07-identity-card-issued"))
    (made,) = kstb().read(sample("08-identity-card-made"))
    assert (issued.kind, made.kind) == (Kind.DECIDE, Kind.CLOSE)
    assert made.body.result == "certificate_issued"  # type: ignore[attr-defined]


def test_a_feedback_goes_back_to_where_the_request_came_from() -> None:
    sent = kstb().write(Draft("17", Kind.SUBMIT, SubmitBody(application=filed())))
    request = fields(sent.documents[0].data)
    result = written(Kind.CLOSE, filed(), closed_at=NOW, result="closed")
    feedback = fields(result.documents[0].data)
    for part in ("SJGSDWDM", "SJGSDWMC"):
        assert request[f"FSDW_{part}"] == feedback[f"JSDW_{part}"]
        assert request[f"JSDW_{part}"] == feedback[f"FSDW_{part}"]
    assert request["ZAGLYWFLDM"] == feedback["ZAGLYWFLDM"] == "0101"


def test_the_head_stands_in_its_order_and_the_record_has_no_and_sid() -> None:
    text = written(Kind.DECLINE, filed(), declined_at=NOW, reason="无").documents[0].data.decode()
    head = re.search("<PACKAGEHEAD>(.*)</PACKAGEHEAD>", text, re.DOTALL)
    assert head is not None
    assert tuple(re.findall("<([A-Z_]+)>", head[1])) == HEAD
    assert '<RECORD no="1" sid="17">' in text


def test_the_same_business_code_means_the_matter_of_the_region_that_is_addressed() -> None:
    data = sample("01-move-out-request").replace(b">440100<", b">430100000000<")
    (draft,) = kstb().read(data.replace("广州市公安局".encode(), "长沙市公安局".encode()))
    handling = draft.body.application.handling  # type: ignore[attr-defined]
    assert (handling.region, handling.authority_code) == ("430100", "11430100MB9004382H")
    with pytest.raises(DocumentRejected) as caught:
        kstb().read(sample("01-move-out-request").replace(b">440100<", b">110000<"))
    assert caught.value.code == "matter.unknown"
    with pytest.raises(DocumentRejected) as caught:
        kstb().read(sample("01-move-out-request").replace(b">440100<", b">nowhere<"))
    assert caught.value.code == "matter.unknown"


def test_a_local_code_of_several_regions_needs_a_family_that_names_them() -> None:
    text = (builtin_profile("410100-kstb") / "crosswalk.csv").read_text("utf-8")
    assert parse_crosswalk(text, "crosswalk.csv", by_region=True)[1] == []
    _, mistakes = parse_crosswalk(text, "crosswalk.csv")
    assert "column local_code: 0101 stands in row" in mistakes[0]
    twice = text + text.splitlines()[-1] + "\n"
    assert len(parse_crosswalk(twice, "crosswalk.csv", by_region=True)[1]) == 2


# --- answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [("-31", "malformed"), ("-41", "part of"), ("-50", "licence"), ("-71", "sid"), ("7", "known")],
)
def test_an_answer_that_the_call_failed_is_no_news_of_the_case(code: str, words: str) -> None:
    with pytest.raises(DocumentRejected, match=words) as caught:
        kstb().read(sample("02-answer").replace(b">10<", f">{code}<".encode()))
    assert caught.value.code == "document.invalid"
    assert (caught.value.where["field"], caught.value.where["value"]) == ("DATA.CODE", code)


def test_that_the_papers_came_is_the_answer_ten() -> None:
    result = written(Kind.RECEIVE, case_number="17", received_at=NOW)
    said = fields(result.documents[0].data)
    assert (said["CODE"], said["MSG"], said["FSSJ"]) == ("10", "成功", "20201124094000")
    assert "RECORD" not in result.documents[0].data.decode()
    assert lost(written(Kind.RECEIVE, case_number="9", received_at=NOW)) == ["case_number"]


# --- what it cannot carry ------------------------------------------------------------------


def test_an_enterprise_is_written_as_a_person_and_told_as_a_loss() -> None:
    applicant = filed().applicant.model_copy(update={"type": ApplicantType.ENTERPRISE})
    application = filed().model_copy(update={"applicant": applicant})
    result = kstb().write(Draft("17", Kind.SUBMIT, SubmitBody(application=application)))
    assert "application.applicant.type" in lost(result)


@pytest.mark.parametrize(
    ("result", "code", "loss"),
    [
        ("certificate_issued", "1", []),
        ("closed", "2", []),
        ("not_granted", "3", []),
        ("returned", "4", []),
        ("gave_up", "4", ["result"]),
        ("voided", "4", ["result"]),
    ],
)
def test_ends_without_a_code_are_narrowed_and_told(result: str, code: str, loss: list[str]) -> None:
    back = written(Kind.CLOSE, closed_at=NOW, result=result)
    assert (fields(back.documents[0].data)["BJJG"], lost(back)) == (code, loss)


def test_a_text_too_long_and_a_character_that_the_encoding_lacks_name_their_field() -> None:
    with pytest.raises(DocumentRejected, match="2001 characters, and the family allows 2000") as no:
        written(Kind.DECLINE, declined_at=NOW, reason="长" * 2001)
    assert no.value.where["field"] == "FEEDBACK.FKYJ"
    gbk = KstbAdapter(replace(load_profile(builtin_profile("410100-kstb")), encoding="gbk"))
    body = BODIES[Kind.DECLINE].model_validate({"declined_at": NOW, "reason": "𠮷"})
    with pytest.raises(DocumentRejected, match=r"gbk has no character U\+20BB7") as no:
        gbk.write(Draft("17", Kind.DECLINE, body))
    assert no.value.where["field"] == "FEEDBACK.FKYJ"


@pytest.mark.parametrize("encoding", ["gb18030", "gb18030-2005", "gb18030-2022"])
def test_the_characters_that_moved_come_back_in_each_edition(encoding: str) -> None:
    by = KstbAdapter(replace(load_profile(builtin_profile("410100-kstb")), encoding=encoding))
    reason = "镕𠮷ḿ︐\ue81e\u9fb4\ue826"  # A8BC, A6D9, FE59, FE61
    body = BODIES[Kind.DECLINE].model_validate({"declined_at": NOW, "reason": reason})
    (one,) = by.write(Draft("17", Kind.DECLINE, body)).documents
    assert by.read(one.data)[0].body.reason == reason  # type: ignore[attr-defined]


# --- hostile -------------------------------------------------------------------------------

_HEAD = "<PACKAGEHEAD><YWXTBH>1</YWXTBH></PACKAGEHEAD>"
_TWO = "<RECORD no='1'><A>1</A></RECORD><RECORD no='2'><A>1</A></RECORD>"


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><PACKAGE>&b;</PACKAGE>", "document", "DOCTYPE"),
        ("<a>" * 17 + "</a>" * 17, "document", "deeper than 16"),
        ("<PACKAGE>" + "<b/>" * 10_001 + "</PACKAGE>", "document", "more than 10000"),
        ("<PACKAGE><DATA/></PACKAGE>", "document", "one PACKAGEHEAD and one DATA"),
        (f"<PACKAGE>{_HEAD}{_HEAD}</PACKAGE>", "document", "one PACKAGEHEAD and one DATA"),
        (f"<PACKAGE>{_HEAD}<DATA>{_TWO}</DATA></PACKAGE>", "DATA.RECORD", "holds one RECORD"),
        (
            f"<PACKAGE>{_HEAD}<DATA><RECORD sid='2'/></DATA></PACKAGE>",
            "RECORD.sid",
            "is not the YWXTBH",
        ),
        (
            f"<PACKAGE>{_HEAD}<DATA><RECORD><YWXTBH>2</YWXTBH></RECORD></DATA></PACKAGE>",
            "REQUEST.YWXTBH",
            "a field of the head",
        ),
        (
            "<PACKAGE><PACKAGEHEAD><SQRXM>1</SQRXM></PACKAGEHEAD><DATA/></PACKAGE>",
            "PACKAGEHEAD.SQRXM",
            "no field of the head",
        ),
        (
            f"<PACKAGE>{_HEAD}<DATA><RECORD><A>1</A><A>1</A></RECORD></DATA></PACKAGE>",
            "RECORD.A",
            "twice",
        ),
        (
            f"<PACKAGE>{_HEAD}<DATA><RECORD><FKLX>9</FKLX></RECORD></DATA></PACKAGE>",
            "FEEDBACK.FKLX",
            "does not know",
        ),
        (f"<PACKAGE>{_HEAD}<DATA/></PACKAGE>", "ANSWER.CODE", "empty"),
    ],
)
def test_what_does_not_hold_is_refused_with_its_field(text: str, field: str, words: str) -> None:
    with pytest.raises(DocumentRejected, match=words) as caught:
        kstb().read(text.encode())
    assert (caught.value.code, caught.value.where["field"]) == ("document.invalid", field)


def test_an_error_shows_no_personal_data() -> None:
    data = sample("01-move-out-request").replace(b"410102199003078213", b"410102199003078214")
    with pytest.raises(DocumentRejected) as caught:
        kstb().read(data)
    assert caught.value.where["field"] == "REQUEST.SQRZJHM"
    assert "19900307" not in str(caught.value)


def test_a_profile_of_a_second_family_comes_under_the_code_and_the_family() -> None:
    assert load_adapter(builtin_profile("410100-kstb")).city == "410100"
