"""epoint: the traps of the platform XML."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC

from adapters.adapter import Adapter, Draft, Written
from adapters.families.epoint.clear import in_the_clear
from adapters.families.epoint.clear import sealed as sealed_with
from adapters.families.epoint.codec import EpointAdapter
from adapters.profiles.load import builtin_profile, load_profile
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.matter import CaseType
from contracts.messages import BODIES, CloseResult, Kind, Satisfaction, SubmitBody
from tests.unit.adapters.cities import SM4_KEY, contract, epoint
from tests.vectors.epoint.make import ENVELOPE, SAMPLES, answer, canonical, seal

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)
STAGES = sorted(SAMPLES.glob("*.json"))
CANNOT_GO_BACK = {
    "02-submit-at-once": "the type of the case is written as BJLX as well",
    "03-accepted-by-notification": "an acceptance is written as SLINFO",
    "05-receive-without-number": "the number of the case is written",
}


def document(root: str, **fields: str) -> bytes:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return posted(f"<{root}><SBLSH_SHORT>1</SBLSH_SHORT>{inner}</{root}>")


def posted(clear: str, **answers: str) -> bytes:
    return json.dumps({"xmlStr": ENVELOPE.seal(clear.encode()), **answers}).encode()


def sealed(clear: str) -> bytes:
    return sealed_with(clear, ENVELOPE, "utf-8")


def opened(written: Written, part: str = "xmlStr") -> str:
    (one,) = written.documents
    text = json.loads(one.data)[part]
    found = re.search("<data>(.*)</data>", text)
    return ENVELOPE.open(found[1] if found else text).decode()


def written(kind: Kind, by: Adapter | None = None, **body: object) -> Written:
    return (by or epoint()).write(Draft("1", kind, BODIES[kind].model_validate(body)))


def lost(result: Written) -> list[str]:
    return sorted(loss.field for loss in result.losses)


def with_codes(codes: Mapping[str, Mapping[str, str]], encoding: str = "utf-8") -> Adapter:
    profile = load_profile(builtin_profile("430100"))
    changed = replace(profile, codes=codes, encoding=encoding, secrets={"sm4_key": SM4_KEY})
    return EpointAdapter(changed)


def filed() -> Application:
    (draft,) = epoint().read((SAMPLES / "01-submit.json").read_bytes())
    assert isinstance(draft.body, SubmitBody)
    return draft.body.application


def refused(data: bytes, field: str, words: str | None = None) -> DocumentRejected:
    with pytest.raises(DocumentRejected, match=words) as caught:
        epoint().read(data)
    assert (caught.value.code, caught.value.where["field"]) == ("document.invalid", field)
    return caught.value


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_a_sample_of_every_stage_reads_and_is_written_as_it_was(path: Path) -> None:
    clear = (SAMPLES / "clear" / f"{path.stem}.xml").read_text("utf-8")
    assert path.read_bytes() == sealed(clear) + b"\n"
    (draft,) = epoint().read(path.read_bytes())
    expected = (SAMPLES / "canonical" / f"{path.stem}.jsonl").read_bytes()
    assert canonical([draft]) == expected
    assert contract().read(expected) == [draft]
    back = epoint().write(draft)
    assert not back.losses
    if path.stem in CANNOT_GO_BACK:
        assert epoint().read(back.documents[0].data)[0].body == draft.body
        return
    for part in json.loads(path.read_bytes()):
        found = json.loads(path.read_bytes())[part]
        data = re.search("<data>(.*)</data>", found)
        was = ENVELOPE.open(data[1] if data else found).decode()
        assert sorted(elements(opened(back, part))) == sorted(elements(was))


def test_a_document_is_shown_in_the_clear() -> None:
    for name in ("01-submit", "15-close"):
        clear = (SAMPLES / "clear" / f"{name}.xml").read_text("utf-8")
        shown = in_the_clear(sealed(clear), ENVELOPE, "utf-8")
        assert [line.strip() for line in shown.splitlines()][:6] == [
            line.strip() for line in clear.splitlines()
        ][:6]
        assert sealed(shown) == sealed(clear)


def elements(clear: str) -> list[tuple[str, str]]:
    return re.findall("<([A-Z_]+)>([^<]*)(?=<)", clear)


def test_there_is_a_sample_of_every_kind() -> None:
    drafts = [draft for path in STAGES for draft in epoint().read(path.read_bytes())]
    assert {draft.kind for draft in drafts} == set(Kind)


# --- the conversation ----------------------------------------------------------------------


def test_an_application_is_notified_with_four_fields_and_pulled_whole() -> None:
    result = epoint().write(Draft("17", Kind.SUBMIT, SubmitBody(application=filed())))
    assert elements(opened(result))[1:] == [
        ("SBLSH_SHORT", "17"),
        ("SXBM", "CS.410100.003"),
        ("XZQHDM", "430100"),
        ("EXPRESSTYPE", "3"),
    ]
    assert ("SQRMC", "𠮷田𬴃子") in elements(opened(result, "getApplyInfo"))
    assert opened(result, "getMaterialList").count("<MATERIAL>") == 2
    assert json.loads(result.documents[0].data)["getApplyInfo"].startswith(
        "<result><code>200</code>"
    )


def test_express_types_are_accepted_at_once_and_waiting() -> None:
    at_once = filed().model_copy(update={"case_type": CaseType.AT_ONCE})
    result = epoint().write(Draft("17", Kind.SUBMIT, SubmitBody(application=at_once)))
    assert ("EXPRESSTYPE", "2") in elements(opened(result))
    kinds = {
        name: epoint().read((SAMPLES / f"{name}.json").read_bytes())[0].kind
        for name in ("01-submit", "02-submit-at-once", "03-accepted-by-notification")
    }
    assert list(kinds.values()) == [Kind.SUBMIT, Kind.SUBMIT, Kind.ACCEPT]
    clear = (SAMPLES / "clear" / "01-submit.xml").read_text("utf-8")
    refused(
        sealed(clear.replace("<EXPRESSTYPE>3", "<EXPRESSTYPE>1")), "APPROVEDATAINFO.EXPRESSTYPE"
    )


def test_a_notification_alone_is_no_application() -> None:
    refused(document("APPROVEDATAINFO", EXPRESSTYPE="3"), "getApplyInfo", "must be pulled")


def changed(part: str, text: str) -> bytes:
    parts = json.loads((SAMPLES / "01-submit.json").read_bytes())
    return json.dumps({**parts, part: text}).encode()


def test_an_answer_in_another_layout_is_the_same_answer() -> None:
    parts = json.loads((SAMPLES / "01-submit.json").read_bytes())
    spread = parts["getApplyInfo"].replace("<msg/>", "\n <msg>成功</msg>\n ")
    assert epoint().read(changed("getApplyInfo", spread)) == epoint().read(
        (SAMPLES / "01-submit.json").read_bytes()
    )


OTHER = "<APPROVEDATAINFO><SBLSH_SHORT>2</SBLSH_SHORT></APPROVEDATAINFO>"
UNKNOWN = "<MATERIALLIST><A/></MATERIALLIST>"
STRANGE = "<MATERIALLIST><MATERIAL><SBLSH_SHORT>2</SBLSH_SHORT></MATERIAL></MATERIALLIST>"


@pytest.mark.parametrize(
    ("part", "text", "field", "words"),
    [
        ("getApplyInfo", answer(OTHER), "APPROVEDATAINFO.SBLSH_SHORT", "differ"),
        ("getApplyInfo", "<result><code>500</code></result>", "getApplyInfo.code", "no 200"),
        ("getApplyInfo", "<result><code>200</code></result>", "getApplyInfo.data", "decrypt"),
        ("getApplyInfo", answer("<MATERIALLIST/>"), "getApplyInfo.data", "no APPROVEDATAINFO"),
        ("getApplyInfo", "not XML", "getApplyInfo", "not XML"),
        ("getMaterialList", answer("<APPROVEDATAINFO/>"), "getMaterialList.data", "no MATERIALL"),
        ("getMaterialList", answer(STRANGE), "MATERIAL.SBLSH_SHORT", "another case"),
        (
            "getMaterialList",
            answer(UNKNOWN),
            "MATERIALLIST",
            "nothing else",
        ),
        ("elsewhere", "x", "elsewhere", "does not send"),
    ],
)
def test_answers_that_do_not_fit_are_refused(part: str, text: str, field: str, words: str) -> None:
    refused(changed(part, text), field, words)


def test_answers_belong_to_applications_alone() -> None:
    refused(posted("<CBINFO/>", getApplyInfo=answer(OTHER)), "getApplyInfo", "applications only")


# --- line ends -----------------------------------------------------------------------------


def test_no_line_end_is_written_and_one_in_a_value_comes_back() -> None:
    text = "一\n二\r\n三\t<&>\"'"
    result = written(Kind.REMIND, reminded_at=NOW, note=text)
    assert not {"\n", "\r"} & set(opened(result))
    (data,) = (one.data for one in result.documents)
    assert b"\n" not in data
    assert b"\\n" not in data
    (draft,) = epoint().read(data)
    assert draft.body.note == text  # type: ignore[attr-defined]


def test_line_ends_before_and_after_encryption_are_read() -> None:
    fields = ("<SBLSH_SHORT>1</SBLSH_SHORT>", "<CBSJ>20201124094000</CBSJ>")
    raw = "\r\n".join(("<CBINFO>", *fields, "</CBINFO>", "")).encode()
    raw += bytes([16 - len(raw) % 16]) * (16 - len(raw) % 16)
    cipher = Cipher(SM4(bytes.fromhex(SM4_KEY)), CBC(bytes(16))).encryptor()
    folded = base64.encodebytes(cipher.update(raw)).decode()
    assert folded.count("\n") > 1
    (draft,) = epoint().read(json.dumps({"xmlStr": folded}).encode())
    assert draft.body.reminded_at == NOW  # type: ignore[attr-defined]


# --- codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "level"), list(zip("54321", Satisfaction, strict=True)))
def test_satisfaction_five_is_best(code: str, level: Satisfaction) -> None:
    (draft,) = epoint().read(document("PJINFO", MYD=code, PJSJ="20201124094000"))
    assert draft.body.level is level  # type: ignore[attr-defined]
    assert ("MYD", code) in elements(opened(written(Kind.EVALUATE, evaluated_at=NOW, level=level)))


def test_satisfaction_of_a_platform_that_counts_as_the_standard() -> None:
    codes = {"satisfaction": dict(zip("12345", Satisfaction, strict=True))}
    (draft,) = with_codes(codes).read(document("PJINFO", MYD="1", PJSJ="20201124094000"))
    assert draft.body.level is Satisfaction.VERY_SATISFIED  # type: ignore[attr-defined]


GUANGDONG = ("certificate_issued", "returned", "voided", "deleted", "passed_up",
             "correction_never_came", "closed")  # fmt: skip
SHANDONG = ("certificate_issued", "not_granted", "voided", "deleted", "passed_up",
            "gave_up", "not_accepted")  # fmt: skip


@pytest.mark.parametrize(("digit", "result"), list(enumerate(GUANGDONG)))
def test_close_results_in_the_manner_of_guangdong(digit: int, result: str) -> None:
    (draft,) = epoint().read(document("BJINFO", BJJG=str(digit), BJSJ="20201124094000"))
    assert draft.body.result == result  # type: ignore[attr-defined]
    back = written(Kind.CLOSE, closed_at=NOW, result=result)
    assert (("BJJG", str(digit)) in elements(opened(back)), lost(back)) == (True, [])


@pytest.mark.parametrize(("digit", "result"), list(enumerate(SHANDONG)))
def test_close_results_in_the_manner_of_shandong_by_profile(digit: int, result: str) -> None:
    codes = {"close_result": {str(place): word for place, word in enumerate(SHANDONG)}}
    shandong = with_codes(codes)
    (draft,) = shandong.read(document("BJINFO", BJJG=str(digit), BJSJ="20201124094000"))
    assert draft.body.result == result  # type: ignore[attr-defined]
    back = written(Kind.CLOSE, shandong, closed_at=NOW, result=result)
    assert ("BJJG", str(digit)) in elements(opened(back))


@pytest.mark.parametrize("result", ["not_granted", "gave_up", "not_accepted"])
def test_ends_that_guangdong_does_not_number_are_narrowed_and_told(result: CloseResult) -> None:
    back = written(Kind.CLOSE, closed_at=NOW, result=result)
    assert (("BJJG", "1") in elements(opened(back)), lost(back)) == (True, ["result"])


def test_special_procedures_are_letters_and_no_digits() -> None:
    said = {"TBCXMC": "听证", "TBCXKSSJ": "20201124094000"}
    for letter, procedure in (("A", "extension"), ("B", "other")):
        (draft,) = epoint().read(document("TBCXSQINFO", TBCXZL=letter, **said))
        assert draft.body.procedure == procedure  # type: ignore[attr-defined]
    refused(document("TBCXSQINFO", TBCXZL="1", **said), "TBCXSQINFO.TBCXZL")


@pytest.mark.parametrize(
    ("unit", "code"), [("working_day", "G"), ("calendar_day", "Z"), ("hour", None), ("month", None)]
)
def test_time_units_are_letters_and_what_has_none_is_lost(unit: str, code: str | None) -> None:
    limit = {"amount": 10, "unit": unit}
    back = written(Kind.SUSPEND, started_at=NOW, procedure="other", name="听证", limit=limit)
    assert dict(elements(opened(back))).get("TBCXSXDW") == code
    assert lost(back) == ([] if code else ["limit.amount", "limit.unit"])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20200229000000", datetime(2020, 2, 28, 16, tzinfo=UTC)),
        ("20201231235959", datetime(2020, 12, 31, 15, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_are_beijing_times_without_an_offset(text: str, moment: datetime) -> None:
    (draft,) = epoint().read(document("CBINFO", CBSJ=text))
    assert draft.body.reminded_at == moment  # type: ignore[attr-defined]
    assert ("CBSJ", text) in elements(opened(written(Kind.REMIND, reminded_at=moment)))
    for wrong in ("2020-02-29 00:00:00", "20210229000000", "20200229000000+0800"):
        refused(document("CBINFO", CBSJ=wrong), "CBINFO.CBSJ")


# --- text ----------------------------------------------------------------------------------


def test_a_text_too_long_names_its_field() -> None:
    with pytest.raises(DocumentRejected, match="2001 characters, and the family allows 2000") as no:
        written(Kind.REMIND, reminded_at=NOW, note="长" * 2001)
    assert no.value.where["field"] == "CBINFO.CBNR"


def test_a_character_that_the_encoding_lacks_names_its_field() -> None:
    with pytest.raises(DocumentRejected, match=r"gbk has no character U\+20BB7") as no:
        written(Kind.REMIND, with_codes({}, "gbk"), reminded_at=NOW, note="𠮷")
    assert no.value.where["field"] == "CBINFO.CBNR"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "gb18030-2005", "gb18030-2022"])
def test_the_encoding_of_the_xml_is_that_of_the_profile(encoding: str) -> None:
    by = with_codes({}, encoding)
    note = "镕" if encoding == "gbk" else "镕𠮷ḿ︐\ue81e\u9fb4"  # A8BC, A6D9, FE59
    (one,) = written(Kind.REMIND, by, reminded_at=NOW, note=note).documents
    plain = ENVELOPE.open(json.loads(one.data)["xmlStr"])
    assert plain.startswith(b'<?xml version="1.0" encoding="GB')
    assert "镕".encode(encoding.partition("-")[0]) in plain
    assert by.read(one.data)[0].body.note == note  # type: ignore[attr-defined]


# --- hostile -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clear", "field", "words"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><CBINFO>&b;</CBINFO>', "xmlStr", "DOCTYPE"),
        ("<CBINFO>&b;</CBINFO>", "xmlStr", "not XML"),
        ("<a>" * 17 + "</a>" * 17, "xmlStr", "deeper than 16"),
        ("<a>" + "<b/>" * 10_001 + "</a>", "xmlStr", "more than 10000"),
        ("<CBINFO><CBSJ>1</CBSJ><CBSJ>1</CBSJ></CBINFO>", "CBINFO.CBSJ", "twice"),
        ("<CBINFO><CBSJ><a/></CBSJ></CBINFO>", "CBINFO.CBSJ", "no elements"),
        ("<CBINFO/>", "CBINFO.SBLSH_SHORT", "number is empty"),
        ("<ELSE/>", "table", "no such table"),
        ("<CBINFO>", "xmlStr", "not XML"),
    ],
)
def test_hostile_xml_under_the_right_key(clear: str, field: str, words: str) -> None:
    refused(posted(clear), field, words)


@pytest.mark.parametrize("parts", [[], {"a": 1}, {"xmlStr": None}, {"xmlStr": {"a": "b"}}, "x"])
def test_json_of_another_shape(parts: object) -> None:
    with pytest.raises(DocumentRejected):
        epoint().read(json.dumps(parts).encode())


def test_what_does_not_decrypt_is_told_in_the_same_words() -> None:
    whole = json.loads(document("CBINFO", CBSJ="20201124094000"))["xmlStr"]
    other = seal("x")  # a block, and not XML
    raw = bytearray(base64.b64decode(whole))
    for place in (-1, -16, -17):
        raw[place] ^= 0x55
    damaged = base64.b64encode(raw).decode()
    cut = base64.b64encode(raw[:-3]).decode()
    for text in (damaged, cut, base64.b64encode(b"").decode()):
        error = refused(json.dumps({"xmlStr": text}).encode(), "xmlStr", "does not decrypt")
        assert "CBINFO" not in str(error)
    refused(json.dumps({"xmlStr": other}).encode(), "xmlStr", "not XML")
    refused(json.dumps({"xmlStr": "é"}).encode(), "xmlStr", "not base64")


def test_a_document_too_large_is_not_even_looked_at() -> None:
    refused(b" " * (16 * 1024 * 1024 + 1), "document", "16777216 are allowed")
