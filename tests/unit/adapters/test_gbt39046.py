"""gbt39046: the traps of the data sets of GB/T 39046-2020."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.adapter import Adapter, Draft, Written
from adapters.profiles.load import builtin_profile, load_adapter
from contracts.case import Application
from contracts.errors import DocumentRejected, SettingsInvalid
from contracts.messages import BODIES, Kind, SubmitBody
from tests.unit.adapters.cities import FAMILIES, adapter, gbt39046

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)
SAMPLES = FAMILIES / "gbt39046" / "samples"
XINXIANG = "410700"


def document(data_set: str, **facts: str) -> bytes:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in facts.items())
    return f"<GBT39046><{data_set}><BJBH>1</BJBH>{inner}</{data_set}></GBT39046>".encode()


def written(kind: Kind, by: Adapter | None = None, **body: Any) -> Written:
    return (by or gbt39046()).write(Draft("1", kind, BODIES[kind].model_validate(body)))


def facts(result: Written) -> dict[str, str]:
    (one,) = result.documents
    (data_set,) = etree.fromstring(one.data)
    return {str(fact.tag): fact.text or "" for fact in data_set if not len(fact)}


def lost(result: Written) -> list[str]:
    return sorted(loss.field for loss in result.losses)


def application() -> Application:
    (draft,) = gbt39046().read((SAMPLES / "01-application.xml").read_bytes())
    assert isinstance(draft.body, SubmitBody)
    return draft.body.application


def submitted(by: Adapter | None = None, **changes: Any) -> Written:
    app = application().model_dump(exclude_none=True)
    for path, value in changes.items():
        *parents, last = path.split("__")
        node = app
        for step in parents:
            node = node[step]
        node[last] = value
    return written(Kind.SUBMIT, by, application=app)


# --- trap 1: satisfaction -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("1", "very_satisfied"),
        ("2", "satisfied"),
        ("3", "basically_satisfied"),
        ("4", "dissatisfied"),
        ("5", "very_dissatisfied"),
    ],
)
def test_satisfaction_1_is_best(code: str, level: str) -> None:
    (draft,) = gbt39046().read(document("PJXX", PJSJ="20201124094000", MYD=code))
    assert draft.body.level == level  # type: ignore[attr-defined]
    assert facts(gbt39046().write(draft))["MYD"] == code


# --- trap 2: the digits of a close ----------------------------------------------------------

SHANDONG = {
    "0": "certificate_issued",
    "1": "not_granted",
    "2": "voided",
    "3": "deleted",
    "4": "passed_up",
    "5": "gave_up",
    "6": "not_accepted",
}
GUANGDONG = {
    "0": "certificate_issued",
    "1": "returned",
    "2": "voided",
    "3": "deleted",
    "4": "passed_up",
    "5": "correction_never_came",
    "6": "closed",
}
CLOSES = [
    pytest.param(city, code, result, id=f"{city}-{code}")
    for city, style in (("410200", SHANDONG), (XINXIANG, GUANGDONG))
    for code, result in style.items()
]


@pytest.mark.parametrize(("city", "code", "result"), CLOSES)
def test_close_results_are_those_of_the_style_that_the_profile_names(
    city: str, code: str, result: str
) -> None:
    (draft,) = adapter(city).read(document("BJXX", BJSJ="20201124094000", BJJG=code, BJMS="因"))
    assert draft.body.result == result  # type: ignore[attr-defined]
    assert facts(adapter(city).write(draft))["BJJG"] == code


def test_a_close_of_one_style_never_keeps_its_digit_in_the_other() -> None:
    (draft,) = gbt39046().read(document("BJXX", BJSJ="20201124094000", BJJG="1"))
    assert facts(adapter(XINXIANG).write(draft))["BJJG"] == "9"


def test_an_end_without_a_decision_is_a_termination() -> None:
    (draft,) = gbt39046().read(document("BJXX", BJSJ="20201124094000", BJJG="4"))
    assert draft.kind is Kind.TERMINATE
    assert lost(written(Kind.CLOSE, closed_at=NOW, result="voided")) == ["result"]


# --- traps 3 to 5: special procedures, times -------------------------------------------------


@pytest.mark.parametrize(("code", "procedure"), [("1", "extension"), ("2", "other")])
def test_special_procedures_have_digits(code: str, procedure: str) -> None:
    result = written(Kind.SUSPEND, started_at=NOW, procedure=procedure, name="听证")
    assert facts(result)["TBCXZL"] == code


def test_a_time_limit_has_no_element_in_any_unit() -> None:
    limit = {"amount": 5, "unit": "working_day"}
    result = written(Kind.SUSPEND, started_at=NOW, procedure="other", name="听证", limit=limit)
    assert lost(result) == ["limit.amount", "limit.unit"]


def test_times_are_fourteen_digits_of_beijing_time() -> None:
    midnight = datetime(2020, 2, 28, 16, tzinfo=UTC)
    assert facts(written(Kind.WITHDRAW, asked_at=midnight))["KSSJ"] == "20200229000000"
    (draft,) = gbt39046().read(document("BLXX", HJMC="申请撤回", KSSJ="20200229000000"))
    assert draft.body.asked_at == midnight  # type: ignore[attr-defined]
    finer = written(Kind.WITHDRAW, asked_at=midnight + timedelta(milliseconds=1))
    assert lost(finer) == ["asked_at"]


# --- trap 6: encodings ----------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"\xa8\xbc", b"\xfe\x59", b"\xfe\x61"])
def test_kaifeng_follows_the_edition_of_2022_and_gives_bytes_back(data: bytes) -> None:
    text = '<?xml version="1.0" encoding="GB18030"?>' + document(
        "BLXX", HJMC="申请撤回", KSSJ="20200229000000", BLYJ="@"
    ).decode("utf-8")
    (draft,) = gbt39046().read(text.encode("gb18030").replace(b"@", data))
    assert not any("\ue000" <= c < "\uf900" for c in draft.body.reason)  # type: ignore[attr-defined]
    assert b">" + data + b"</BLYJ>" in gbt39046().write(draft).documents[0].data


@pytest.mark.parametrize("declared", ["GB2312", "GBK", "GB18030"])
def test_the_smaller_sets_are_decoded_as_gb18030(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>'
    body = document("BLXX", HJMC="申请撤回", KSSJ="20200229000000", BLYJ="𠮷㐀").decode()
    (draft,) = gbt39046().read((text + body).encode("gb18030"))
    assert draft.body.reason == "𠮷㐀"  # type: ignore[attr-defined]


def test_a_character_that_the_target_lacks_is_an_error(tmp_path: Path) -> None:
    result = written(Kind.WITHDRAW, asked_at=NOW, reason="𠮷")
    assert "𠮷".encode("gb18030") in result.documents[0].data
    narrow = changed(tmp_path, 'encoding = "gb18030-2022"', 'encoding = "gb2312"')
    with pytest.raises(DocumentRejected, match=r"no character U\+20BB7") as caught:
        written(Kind.WITHDRAW, narrow, asked_at=NOW, reason="𠮷")
    assert caught.value.where["field"] == "BLXX.BLYJ"


# --- trap 7: lengths ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "path", "longest"),
    [("SXMC", "matter__name", 200), ("SQRMC", "applicant__name", 100)],
)
def test_a_length_of_an_application_is_a_limit(field: str, path: str, longest: int) -> None:
    assert facts(submitted(None, **{path: "长" * longest}))[field] == "长" * longest
    with pytest.raises(DocumentRejected, match=f"the family allows {longest}") as caught:
        submitted(None, **{path: "长" * (longest + 1)})
    assert caught.value.where["field"] == f"SQXX.{field}"


@pytest.mark.parametrize(
    ("field", "longest", "kind", "body"),
    [
        ("SLXX.SLWSBH", 30, Kind.ACCEPT, {"accepted_at": NOW, "document_number": "@"}),
        ("BLXX.HJMC", 100, Kind.PROGRESS, {"at": NOW, "stage": "@"}),
        ("BLXX.BLYJ", 1000, Kind.DECLINE, {"declined_at": NOW, "reason": "@"}),
        ("BJXX.BJMS", 1000, Kind.CLOSE, {"closed_at": NOW, "result": "closed", "description": "@"}),
        ("WLXX.YDH", 50, Kind.DELIVER, {"delivered_at": NOW, "way": "courier", "waybill": "@"}),
    ],
)
def test_a_length_of_a_later_set_is_a_limit(
    field: str, longest: int, kind: Kind, body: dict[str, Any]
) -> None:
    def of(count: int) -> dict[str, Any]:
        return {name: "字" * count if value == "@" else value for name, value in body.items()}

    assert facts(written(kind, None, **of(longest)))[field.split(".")[1]] == "字" * longest
    with pytest.raises(DocumentRejected, match=f"the family allows {longest}") as caught:
        written(kind, None, **of(longest + 1))
    assert caught.value.where["field"] == field


def test_codes_have_the_widths_in_use_and_not_those_in_print() -> None:
    assert len(facts(submitted())["SSBM"]) == 31


# --- what the sets do not list --------------------------------------------------------------


def test_a_body_whose_kind_is_not_said_is_other_and_a_person_is_a_person() -> None:
    sample = (SAMPLES / "01-application.xml").read_text("utf-8")
    (draft,) = gbt39046().read(sample.replace("<FWDX>1</FWDX>", "").encode())
    assert draft.body.application.applicant.type == "natural_person"  # type: ignore[attr-defined]
    with pytest.raises(DocumentRejected) as caught:
        gbt39046().read(
            sample.replace("<FWDX>1</FWDX>", "")
            .replace("<SQRZJLX>414</SQRZJLX>", "")
            .replace("<SQRZJHM>TR1234567</SQRZJHM>", "")
            .encode()
        )
    assert caught.value.where["field"] == "SQXX.SQRZJLX"


@pytest.mark.parametrize("stage", ["收件", "补正", "不予受理", " 申请撤回 "])
def test_a_stage_that_would_be_read_as_another_kind_is_refused(stage: str) -> None:
    with pytest.raises(DocumentRejected, match="another kind of message") as caught:
        written(Kind.PROGRESS, at=NOW, stage=stage)
    assert caught.value.where["field"] == "BLXX.HJMC"


def test_a_decision_that_is_still_being_made_is_progress() -> None:
    result = written(Kind.PROGRESS, at=NOW, stage="审批决定", status="waiting")
    assert not result.losses
    (draft,) = gbt39046().read(result.documents[0].data)
    assert draft.kind is Kind.PROGRESS


@pytest.mark.parametrize(
    "native",
    [
        {"TBCXMC": "听证", "TBCXKSSJ": "20201124094000", "TBCXZL": "1"},
        {"BLDZ": "1"},
        {"TBCXJSSJ": "20201124094000"},
    ],
)
def test_what_a_partner_had_kept_never_turns_a_stage_into_a_statement(native: object) -> None:
    result = written(Kind.PROGRESS, at=NOW, stage="审批决定", native={"BLXX": native})
    drafts = gbt39046().read(result.documents[0].data)
    assert [draft.kind for draft in drafts] == [Kind.PROGRESS]
    assert result.losses


def test_money_in_another_currency_is_lost_whole() -> None:
    fee = {"fen": 1250, "currency": "HKD"}
    result = written(Kind.CLOSE, closed_at=NOW, result="closed", fee=fee)
    assert "SFJE" not in facts(result)
    assert lost(result) == ["fee.currency", "fee.fen"]
    fee["currency"] = "CNY"
    assert facts(written(Kind.CLOSE, closed_at=NOW, result="closed", fee=fee))["SFJE"] == "12.50"


def test_two_hundred_materials_stand_inside_the_application() -> None:
    names = [f"材料{number}" for number in range(200)]
    result = submitted(materials=[{"name": name} for name in names])
    assert result.documents[0].data.count(b"<BJBH>") == 1
    (draft,) = gbt39046().read(result.documents[0].data)
    assert [m.name for m in draft.body.application.materials] == names  # type: ignore[attr-defined]


@pytest.mark.parametrize("region", ["410702", "410702000", "410702000000"])
def test_a_region_may_reach_below_the_county_as_long_as_it_says_nothing(region: str) -> None:
    sample = (SAMPLES / "01-application.xml").read_text("utf-8")
    (draft,) = gbt39046().read(sample.replace(">410700<", f">{region}<").encode())
    assert draft.body.application.receiving.region == "410702"  # type: ignore[attr-defined]


def test_a_town_is_refused_because_no_six_digits_name_it() -> None:
    sample = (SAMPLES / "01-application.xml").read_text("utf-8")
    with pytest.raises(DocumentRejected) as caught:
        gbt39046().read(sample.replace(">410700<", ">410702001<").encode())
    assert caught.value.where["field"] == "SQXX.XZQH"


# --- names of a city ------------------------------------------------------------------------


def changed(folder: Path, old: str, new: str) -> Adapter:
    """The adapter of Kaifeng, with one thing in its profile changed."""
    for file in builtin_profile("410200").iterdir():
        text = file.read_text("utf-8")
        (folder / file.name).write_text(text.replace(old, new), "utf-8")
    return load_adapter(folder)


NAMES = """[names]
"SQXX" = "申请信息"
"SQXX.BJBH" = "办件编号"
"SQXX.SSBM" = "ItemCode"
"CLXX" = "材料"
"""


def test_a_profile_gives_elements_other_names_and_nothing_else_changes(tmp_path: Path) -> None:
    city = changed(tmp_path, "[names]", NAMES)
    other = submitted(city)
    root = etree.fromstring(other.documents[0].data)
    assert [str(each.tag) for each in root] == ["申请信息"]
    assert len(root.findall("申请信息/材料")) == 2
    assert root.findtext("申请信息/办件编号") == "1"
    (draft,) = city.read(other.documents[0].data)
    assert draft.body == SubmitBody(application=application())
    with pytest.raises(DocumentRejected) as caught:
        submitted(city, matter__name="长" * 201)
    assert caught.value.where["field"] == "申请信息.SXMC"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"QTXX" = "a"', "names.QTXX: the family has no such record or column"),
        ('"SQXX.QT" = "a"', "names.SQXX.QT: the family has no such record or column"),
        ('"SQXX.BJBH" = "a b"', "names.SQXX.BJBH: a name begins with a letter"),
        ('"SQXX" = "1"', "names.SQXX: a name begins with a letter"),
        ('"SQXX.BJBH" = "SSBM"', "names.SQXX.SSBM: 'SSBM' is taken already"),
        ('"SQXX" = "SLXX"', "names.SLXX: 'SLXX' is taken already"),
        ('"SQXX.DZ" = "CLXX"', "names.SQXX.DZ: 'CLXX' is taken already"),
    ],
)
def test_a_name_that_cannot_be_is_told_with_its_place(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        changed(tmp_path, "[names]", f"[names]\n{line}")
    assert any(m.startswith(f"profile.toml {says}") for m in caught.value.mistakes)


def test_a_root_that_cannot_be_is_a_mistake_of_the_profile(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"options\.root"):
        changed(tmp_path, 'root = "GBT39046"', 'root = "a><b"')
