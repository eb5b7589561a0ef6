"""up_pro: the traps of its tables, and how one row states several things."""

import json
from datetime import UTC, datetime

import pytest

from adapters.adapter import Draft, File
from adapters.engine.losses import NATIVE
from contracts.errors import DocumentRejected
from contracts.messages import (
    BODIES,
    CloseBody,
    DecideBody,
    EvaluateBody,
    Kind,
    ProgressBody,
    ResumeBody,
    SubmitBody,
    SuspendBody,
)
from tests.unit.adapters.cities import VECTORS, up_pro

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)


def line(table: str, **row: object) -> bytes:
    return (json.dumps({"table": table, "row": {"project_no": "1"} | row}) + "\n").encode()


def rows(kind: Kind, **body: object) -> list[tuple[str, dict[str, object]]]:
    draft = Draft("1", kind, BODIES[kind].model_validate(body))
    (document,) = up_pro().write(draft).documents
    found = [json.loads(text) for text in document.data.decode().splitlines()]
    return [(row["table"], row["row"]) for row in found]


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
def test_satisfaction_one_is_best(code: str, level: str) -> None:
    (draft,) = up_pro().read(
        line("up_pro_result", result_date="2020-11-24 09:40:00", satisfaction=code)
    )
    assert isinstance(draft.body, EvaluateBody)
    assert draft.body.level == level
    ((_, row),) = rows(Kind.EVALUATE, evaluated_at=NOW, level=level)
    assert row["satisfaction"] == code


def test_special_procedures_have_digits_nationally() -> None:
    for code, procedure in (("1", "extension"), ("2", "other")):
        (draft,) = up_pro().read(
            line(
                "up_pro_special_procedure",
                special_type=code,
                special_name="听证",
                special_time="2020-11-24 09:40:00",
            )
        )
        assert isinstance(draft.body, SuspendBody)
        assert draft.body.procedure == procedure
    with pytest.raises(DocumentRejected, match="table special_procedure"):
        up_pro().read(
            line(
                "up_pro_special_procedure",
                special_type="A",
                special_name="听证",
                special_time="2020-11-24 09:40:00",
            )
        )


def test_an_end_time_makes_a_special_procedure_a_resumption() -> None:
    (draft,) = up_pro().read(line("up_pro_special_procedure", end_time="2020-11-24 09:40:00"))
    assert isinstance(draft.body, ResumeBody)
    assert draft.body.ended_at == NOW


def test_times_are_beijing_time() -> None:
    ((_, row),) = rows(Kind.REMIND, reminded_at=datetime(2020, 12, 31, 16, 0, 1, tzinfo=UTC))
    assert row["event_start_time"] == "2021-01-01 00:00:01"


def test_a_result_row_states_the_decision_and_the_close() -> None:
    document = line("up_pro_result", result_type="2", result_date="2020-11-24 09:40:00")
    decided, closed = up_pro().read(document)
    assert isinstance(decided.body, DecideBody)
    assert isinstance(closed.body, CloseBody)
    assert (decided.body.decision.outcome, closed.body.result) == ("refused", "not_granted")


def test_a_decision_and_a_close_are_written_so_that_each_is_read_alone() -> None:
    decision = {"outcome": "granted", "decided_at": NOW}
    for kind, body in (
        (Kind.DECIDE, {"decision": decision}),
        (Kind.CLOSE, {"closed_at": NOW, "result": "certificate_issued"}),
    ):
        draft = Draft("1", kind, BODIES[kind].model_validate(body))
        (document,) = up_pro().write(draft).documents
        assert [back.kind for back in up_pro().read(document.data)] == [kind]


def test_both_written_documents_together_state_both_once() -> None:
    result = line("up_pro_result", result_type="1", result_date="2020-11-24 09:40:00")
    close = line(
        "up_pro_process",
        event_name="11",
        process_name="办结",
        event_start_time="2020-11-24 10:00:00",
    )
    assert [d.kind for d in up_pro().read(result + close)] == [Kind.DECIDE, Kind.CLOSE]


def test_a_row_about_the_decision_alone_is_progress() -> None:
    document = line(
        "up_pro_process",
        event_name="10",
        process_name="审批决定",
        event_start_time="2020-11-24 09:40:00",
    )
    (draft,) = up_pro().read(document)
    assert isinstance(draft.body, ProgressBody)
    assert draft.body.stage == "审批决定"


def test_cases_of_one_document_do_not_mix() -> None:
    result = line("up_pro_result", result_type="1", result_date="2020-11-24 09:40:00")
    other = json.dumps(
        {
            "table": "up_pro_process",
            "row": {
                "project_no": "2",
                "event_name": "11",
                "process_name": "办结",
                "event_start_time": "2020-11-24 10:00:00",
            },
        }
    ).encode()
    found = [(d.number, d.kind) for d in up_pro().read(result + other)]
    assert found == [("1", Kind.DECIDE), ("1", Kind.CLOSE), ("2", Kind.CLOSE)]


def test_too_long_is_an_error_that_names_the_field_and_never_a_cut() -> None:
    with pytest.raises(DocumentRejected, match="2001 characters, and the family allows 2000") as e:
        rows(Kind.DECLINE, declined_at=NOW, reason="长" * 2001)
    assert e.value.where["field"] == "up_pro_process.handle_explain"
    assert e.value.where["value"].endswith("… (2001)")
    assert rows(Kind.DECLINE, declined_at=NOW, reason="长" * 2000)


def test_limits_count_characters_not_bytes() -> None:
    ((_, row),) = rows(Kind.PROGRESS, stage="𠀀" * 300, at=NOW)
    assert row["process_name"] == "𠀀" * 300


def submitted() -> Draft:
    path = VECTORS / "up_pro" / "01-submit-with-materials.jsonl"
    (draft,) = up_pro().read(path.read_bytes())
    return draft


def changed(**application: object) -> Draft:
    draft = submitted()
    body = json.loads(draft.body.to_json())
    body["application"].update(application)
    return Draft("1", Kind.SUBMIT, SubmitBody.model_validate(body))


def test_a_kiosk_is_narrowed_and_said_so() -> None:
    written = up_pro().write(changed(channel="kiosk"))
    assert [loss.field for loss in written.losses] == ["application.channel"]
    assert "which means other" in written.losses[0].why


def test_another_place_of_receipt_is_a_loss_because_the_tables_have_no_region() -> None:
    written = up_pro().write(changed(receiving={"region": "430100", "name": "长沙市"}))
    assert {loss.field for loss in written.losses} == {
        "application.receiving.region",
        "application.receiving.name",
    }


def test_files_and_unknown_fields_are_losses() -> None:
    draft = changed(future={"a": 1, "b": [True, None]})
    written = up_pro().write(
        Draft("1", draft.kind, draft.body, files={"scan": File("application/pdf", b"")})
    )
    assert {loss.field for loss in written.losses} == {
        "application.future.a",
        "application.future.b[0]",
        "files.scan",
    }


def test_an_identity_without_a_number_is_kept_as_it_came() -> None:
    row = {**json.loads(read_first())["row"]}
    del row["applyer_page_code"]
    (draft,) = up_pro().read(line("up_pro_accept", **row))
    assert isinstance(draft.body, SubmitBody)
    assert draft.body.application.applicant.identity is None
    assert draft.body.model_extra is not None
    assert draft.body.model_extra[NATIVE]["up_pro_accept"]["applyer_page_type"] == "111"


def read_first() -> str:
    path = VECTORS / "up_pro" / "01-submit-with-materials.jsonl"
    return path.read_text(encoding="utf-8").splitlines()[0]


def test_numbers_may_come_as_numbers_and_go_as_numbers() -> None:
    ((_, row), *_) = [
        (json.loads(text)["table"], json.loads(text)["row"])
        for text in up_pro().write(submitted()).documents[0].data.decode().splitlines()
    ]
    assert row["task_version"] == 1


def test_a_matter_that_the_crosswalk_lacks_is_refused_when_written() -> None:
    matter = {"base_code": "009999999000", "name": "无此事项"}
    with pytest.raises(DocumentRejected) as caught:
        up_pro().write(changed(matter=matter))
    assert (caught.value.code, caught.value.where["field"]) == (
        "matter.unknown",
        "application.matter",
    )


def test_documents_have_safe_names_that_differ() -> None:
    first = up_pro().write(Draft("../1", Kind.REMIND, BODIES[Kind.REMIND](reminded_at=NOW)))
    assert first.documents[0].name.startswith("case.remind-___1-")
    again = up_pro().write(
        Draft("../1", Kind.REMIND, BODIES[Kind.REMIND](reminded_at=NOW, note="急"))
    )
    assert first.documents[0].name != again.documents[0].name


def test_the_application_that_an_acceptance_repeats_is_no_part_of_its_losses() -> None:
    body = changed(channel="kiosk", matter={"base_code": "009999999000", "name": "无此事项"}).body
    assert isinstance(body, SubmitBody)
    accepted = BODIES[Kind.ACCEPT](accepted_at=NOW)
    written = up_pro().write(Draft("1", Kind.ACCEPT, accepted, application=body.application))
    assert not written.losses
    row = json.loads(written.documents[0].data)["row"]
    assert (row["applyer_name"], row["apply_type"]) == ("林晓岚", "9")
    assert "catalog_code" not in row


def test_a_value_that_cannot_be_written_is_named_with_its_field() -> None:
    with pytest.raises(DocumentRejected, match="outside the years") as caught:
        rows(Kind.REMIND, reminded_at=datetime.max.replace(tzinfo=UTC))
    assert caught.value.where["field"] == "up_pro_process.event_start_time"
    assert caught.value.where["value"].startswith("9999-12-31")


def test_each_material_goes_to_the_row_above_it_else_to_the_one_below() -> None:
    def filed(name: str) -> bytes:
        row = {**json.loads(read_first())["row"], "applyer_name": name}
        return line("up_pro_accept", **row)

    def material(name: str) -> bytes:
        number = json.loads(read_first())["row"]["project_no"]
        return line("up_pro_material", project_no=number, material_name=name)

    document = material("a") + filed("甲") + material("b") + filed("乙") + material("c")
    found = {
        draft.body.application.applicant.name: [m.name for m in draft.body.application.materials]
        for draft in up_pro().read(document)
        if isinstance(draft.body, SubmitBody)
    }
    assert found == {"甲": ["a", "b"], "乙": ["c"]}
