"""case_json: the traps of the Case of a provincial hall."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.adapter import Adapter, Draft, Written
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.messages import BODIES, Kind, SubmitBody
from tests.unit.adapters.cities import FAMILIES, adapter, case_json

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)
AT = "2020-11-24 09:40:00"
SAMPLES = FAMILIES / "case_json" / "samples"
JIAOZUO = "410800"


def message(kind: int, body: dict[str, Any], **other: Any) -> bytes:
    said = {"type": kind, "action": "I", "case": {"unid": "1"}, "body": body, **other}
    return json.dumps(said, ensure_ascii=False).encode()


def written(kind: Kind, by: Adapter | None = None, **body: Any) -> Written:
    return (by or case_json()).write(Draft("1", kind, BODIES[kind].model_validate(body)))


def said(result: Written) -> Any:
    (one,) = result.documents
    return json.loads(one.data)


def lost(result: Written) -> list[str]:
    return sorted(loss.field for loss in result.losses)


def application(sample: str = "01-case-of-a-person") -> Application:
    (draft,) = case_json().read((SAMPLES / f"{sample}.json").read_bytes())
    assert isinstance(draft.body, SubmitBody)
    return draft.body.application


# --- trap 1: satisfaction -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("5", "very_satisfied"),
        ("4", "satisfied"),
        ("3", "basically_satisfied"),
        ("2", "dissatisfied"),
        ("1", "very_dissatisfied"),
    ],
)
def test_satisfaction_5_is_best(code: str, level: str) -> None:
    (draft,) = case_json().read(message(36, {"evaluation": {"time": AT, "level": code}}))
    assert draft.body.level == level  # type: ignore[attr-defined]
    assert said(case_json().write(draft))["body"]["evaluation"]["level"] == code


def test_the_best_here_is_the_best_where_1_is_best() -> None:
    (draft,) = case_json().read(message(36, {"evaluation": {"time": AT, "level": 5}}))
    (document,) = adapter("410200").write(draft).documents
    assert b"<MYD>1</MYD>" in document.data


# --- trap 2: the digits of a close ----------------------------------------------------------

GUANGDONG = {
    "0": "certificate_issued",
    "1": "returned",
    "2": "voided",
    "3": "deleted",
    "4": "passed_up",
    "5": "correction_never_came",
    "6": "closed",
}
SHANDONG = {
    "0": "certificate_issued",
    "1": "not_granted",
    "2": "voided",
    "3": "deleted",
    "4": "passed_up",
    "5": "gave_up",
    "6": "not_accepted",
}
CLOSES = [
    pytest.param(city, code, result, id=f"{city}-{code}")
    for city, style in (("410300", GUANGDONG), (JIAOZUO, SHANDONG))
    for code, result in style.items()
]


@pytest.mark.parametrize(("city", "code", "result"), CLOSES)
def test_close_results_are_those_of_the_style_that_the_profile_names(
    city: str, code: str, result: str
) -> None:
    body = {"result": {"code": code, "time": AT, "reason": "因"}}
    (draft,) = adapter(city).read(message(30, body))
    assert draft.body.result == result  # type: ignore[attr-defined]
    assert said(adapter(city).write(draft))["body"]["result"]["code"] == code


# --- traps 3 to 5: special procedures, units, times ------------------------------------------


@pytest.mark.parametrize(("code", "procedure"), [("A", "extension"), ("B", "other")])
def test_special_procedures_have_letters(code: str, procedure: str) -> None:
    result = written(Kind.SUSPEND, started_at=NOW, procedure=procedure, name="听证")
    assert said(result)["body"]["clock"]["kind"] == code


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("1", "working_day"),
        ("2", "calendar_day"),
        ("3", "hour"),
        ("4", "minute"),
        ("5", "month"),
    ],
)
def test_time_units_are_digits(code: str, unit: str) -> None:
    limit = {"amount": 5, "unit": unit}
    result = written(Kind.SUSPEND, started_at=NOW, procedure="other", name="听证", limit=limit)
    clock = said(result)["body"]["clock"]
    assert (clock["limit"], clock["limitUnit"], lost(result)) == (5, code, [])
    (draft,) = case_json().read(result.documents[0].data)
    assert draft.body.limit.unit == unit  # type: ignore[attr-defined]


def test_times_are_beijing_time_without_an_offset() -> None:
    midnight = datetime(2020, 2, 28, 16, tzinfo=UTC)
    result = said(written(Kind.REMIND, reminded_at=midnight))
    assert result["body"]["feedback"]["time"] == "2020-02-29 00:00:00"
    assert result["case"]["time"] == "2020-02-29 00:00:00"


# --- trap 6: characters ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["𠮷㐀", 'a"b\\c', "a\r\nb\t", "\u2028", "\x0b"])
def test_any_text_comes_back(text: str) -> None:
    result = written(Kind.REMIND, reminded_at=NOW, note=text)
    (draft,) = case_json().read(result.documents[0].data)
    assert draft.body.note == text  # type: ignore[attr-defined]


# --- types, operations, order ----------------------------------------------------------------

TYPES = {
    Kind.SUBMIT: 10,
    Kind.RECEIVE: 20,
    Kind.ACCEPT: 20,
    Kind.DECLINE: 20,
    Kind.PROGRESS: 20,
    Kind.DECIDE: 20,
    Kind.SUSPEND: 21,
    Kind.REQUEST_CORRECTION: 22,
    Kind.CORRECT: 22,
    Kind.RESUME: 23,
    Kind.CLOSE: 30,
    Kind.TERMINATE: 30,
    Kind.EVALUATE: 36,
    Kind.REMIND: 99,
    Kind.WITHDRAW: 99,
    Kind.DELIVER: 99,
    Kind.ANSWER_EVALUATION: 99,
}


def test_every_kind_has_its_type_and_a_sample() -> None:
    seen: dict[Kind, int] = {}
    for path in sorted(SAMPLES.glob("*.json")):
        for draft in case_json().read(path.read_bytes()):
            document = said(case_json().write(draft))
            first = document[0] if isinstance(document, list) else document
            seen[draft.kind] = first["type"]
    assert seen == TYPES


def test_what_is_written_again_is_told_by_the_same_name() -> None:
    one, two = (said(written(Kind.REMIND, reminded_at=NOW, note=text)) for text in "ab")
    assert one["unid"] != two["unid"]
    assert one == said(written(Kind.REMIND, reminded_at=NOW, note="a"))


@pytest.mark.parametrize("action", ["I", "U"])
def test_inserted_and_updated_messages_are_read(action: str) -> None:
    data = message(99, {"feedback": {"kind": "1", "time": AT}}, action=action)
    (draft,) = case_json().read(data)
    assert said(case_json().write(draft))["action"] == action


def test_messages_of_one_moment_are_read_in_the_order_of_their_types() -> None:
    one = json.loads(message(30, {"result": {"code": "0", "time": AT}}))
    two = json.loads(message(20, {"process": {"state": "02", "startTime": AT}}))
    three = json.loads(message(20, {"process": {"state": "01", "startTime": AT}}))
    drafts = case_json().read(json.dumps([one, two, three]).encode())
    assert [draft.kind for draft in drafts] == [Kind.RECEIVE, Kind.ACCEPT, Kind.CLOSE]


# --- the case --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "branch", "losses"),
    [
        ("natural_person", "person", []),
        ("enterprise", "unit", []),
        ("agency", "unit", ["application.applicant.type"]),
        ("other", "unit", ["application.applicant.type"]),
    ],
)
def test_a_person_and_a_unit_stand_in_fields_of_their_own(
    kind: str, branch: str, losses: list[str]
) -> None:
    app = application().model_dump(exclude_none=True)
    app["applicant"] = {"type": kind, "name": "某某", "contact": {"mobile": "13800000001"}}
    result = written(Kind.SUBMIT, application=app)
    proposer = said(result)["body"]["proposer"]
    assert proposer[branch] == {"name": "某某", "mobile": "13800000001"}
    assert proposer.keys() == {"applyType", branch}
    assert lost(result) == losses


def test_a_legal_representative_of_a_person_is_lost() -> None:
    app = application().model_dump(exclude_none=True)
    app["applicant"] = {"type": "natural_person", "name": "某", "legal_representative": "某"}
    result = written(Kind.SUBMIT, application=app)
    assert lost(result) == ["application.applicant.legal_representative"]


def test_the_password_of_the_applicant_goes_no_further() -> None:
    (draft,) = case_json().read((SAMPLES / "01-case-of-a-person.json").read_bytes())
    assert b"624701" not in draft.body.to_json()
    assert b"624701" not in case_json().write(draft).documents[0].data


def test_the_form_is_carried_as_it_is() -> None:
    form = application().form
    assert form is not None
    assert form.fields == {"证书编号": "GZ2020", "用途": ["求职", "落户"]}
    result = written(Kind.SUBMIT, application=application())
    assert said(result)["body"]["formInfos"]["values"] == form.fields


def test_a_district_that_handles_is_said_as_the_district() -> None:
    sample = json.loads((SAMPLES / "01-case-of-a-person.json").read_bytes())
    sample["case"] |= {"toAreaCode": "440106", "toAreaName": "天河区"}
    (draft,) = case_json().read(json.dumps(sample).encode())
    handling = draft.body.application.handling  # type: ignore[attr-defined]
    assert (handling.region, handling.name) == ("440106", "天河区")
    back = said(case_json().write(draft))
    assert back["case"]["toAreaCode"] == back["body"]["apasInfo"]["areaCode"] == "440106"


def test_an_area_in_which_nobody_handles_the_matter_is_unknown() -> None:
    sample = json.loads((SAMPLES / "01-case-of-a-person.json").read_bytes())
    sample["case"]["toAreaCode"] = "430100"
    with pytest.raises(DocumentRejected) as caught:
        case_json().read(json.dumps(sample).encode())
    assert caught.value.code == "matter.unknown"


def test_two_hundred_materials_stand_in_one_list() -> None:
    app = application().model_dump(exclude_none=True)
    app["materials"] = [{"name": f"材料{number}"} for number in range(200)]
    result = written(Kind.SUBMIT, application=app)
    assert len(said(result)["body"]["attrs"]) == 200
    (draft,) = case_json().read(result.documents[0].data)
    assert [m.name for m in draft.body.application.materials][-1] == "材料199"  # type: ignore[attr-defined]


# --- result and attachments -------------------------------------------------------------------


def test_certificates_are_attachments_behind_their_result() -> None:
    certificates = [{"name": "甲证"}, {"name": "乙证", "number": "2"}]
    result = written(
        Kind.CLOSE, closed_at=NOW, result="certificate_issued", certificates=certificates
    )
    assert [m["type"] for m in said(result)] == [30, 31, 31]
    (draft,) = case_json().read(result.documents[0].data)
    assert [c.name for c in draft.body.certificates] == ["甲证", "乙证"]  # type: ignore[attr-defined]


def test_certificates_of_a_close_that_is_taken_for_a_termination_are_lost_with_it() -> None:
    result = written(
        Kind.CLOSE, closed_at=NOW, result="voided", reason="误办", certificates=[{"name": "甲证"}]
    )
    assert said(result)["type"] == 30
    assert lost(result) == ["certificates[0].name", "result"]


def test_money_in_another_currency_is_lost_whole() -> None:
    result = written(Kind.RESUME, ended_at=NOW, fee={"fen": 1250, "currency": "HKD"})
    assert lost(result) == ["fee.currency", "fee.fen"]
    (draft,) = case_json().read(message(23, {"clock": {"endTime": AT, "fee": 12.5}}))
    assert draft.body.fee.fen == 1250  # type: ignore[attr-defined]
