"""gdbs: the traps of the EX_GDBS tables."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from adapters.adapter import Draft, Written
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.messages import BODIES, CloseBody, Kind, SubmitBody, SuspendBody, TerminateBody
from tests.unit.adapters.cities import VECTORS, gdbs

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)


def document(table: str, **fields: str) -> bytes:
    inner = "".join(f'<Field FieldName="{k}">{v}</Field>' for k, v in fields.items())
    return (
        f'<ExInfo><standardInfo process="{table}"><Field FieldName="YWLSH">1</Field>{inner}'
        '</standardInfo><ItemInfo DeptCode="" WinCode="" ItemCode="" Action="1"/></ExInfo>'
    ).encode()


def written(kind: Kind, application: Application | None = None, **body: object) -> Written:
    draft = Draft("1", kind, BODIES[kind].model_validate(body), application=application)
    return gdbs().write(draft)


def fields(result: Written) -> dict[str, str]:
    (one,) = result.documents
    found = etree.fromstring(one.data).iter("Field")
    return {str(field.attrib["FieldName"]): field.text or "" for field in found}


def lost(result: Written) -> list[str]:
    return sorted(loss.field for loss in result.losses)


def application() -> Application:
    (draft,) = gdbs().read((VECTORS / "gdbs" / "01-filing-sb.xml").read_bytes())
    assert isinstance(draft.body, SubmitBody)
    return draft.body.application


def test_the_receiving_region_and_the_one_with_jurisdiction_are_two_fields() -> None:
    said = fields(written(Kind.ACCEPT, application(), accepted_at=NOW))
    assert said["XZQHDM"] == "440100"  # received there
    assert said["GXDXZQHDM"] == "410100"  # decided there
    (draft,) = gdbs().read(
        document(
            "EX_GDBS_SL", SLZTDM="1", SLSJ="20201124094000", XZQHDM="a", GXDXZQHDM="410100"
        ).replace(b">a<", b">440100<")
    )
    assert draft.body.model_extra == {
        "native": {"EX_GDBS_SL": {"XZQHDM": "440100", "GXDXZQHDM": "410100"}}
    }


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("2", "voided"),
        ("3", "deleted"),
        ("4", "passed_up"),
        ("5", "correction_never_came"),
    ],
)
def test_close_results_of_guangdong_that_end_a_case_without_a_decision(
    code: str, result: str
) -> None:
    (draft,) = gdbs().read(document("EX_GDBS_BJ", BJJGDM=code, BJSJ="20201124094000"))
    assert isinstance(draft.body, TerminateBody)
    assert draft.body.result == result
    back = written(Kind.TERMINATE, terminated_at=NOW, reason="原因", result=result)
    assert fields(back)["BJJGDM"] == code


@pytest.mark.parametrize(
    ("code", "result", "outcome"),
    [
        ("0", "certificate_issued", "granted"),
        ("1", "returned", "refused"),
        ("6", "closed", "granted"),
    ],
)
def test_close_results_of_guangdong_that_say_how_it_was_decided(
    code: str, result: str, outcome: str
) -> None:
    decided, closed = gdbs().read(document("EX_GDBS_BJ", BJJGDM=code, BJSJ="20201124094000"))
    assert isinstance(closed.body, CloseBody)
    assert closed.body.result == result
    assert (decided.kind, decided.body.decision.outcome) == (Kind.DECIDE, outcome)  # type: ignore[attr-defined]


def test_an_end_that_guangdong_has_no_close_for_is_written_and_said_to_be_lost() -> None:
    result = written(Kind.CLOSE, closed_at=NOW, result="voided")
    assert fields(result)["BJJGDM"] == "2"
    assert lost(result) == ["result"]


def test_not_granted_is_narrowed_to_returned() -> None:
    result = written(Kind.CLOSE, closed_at=NOW, result="not_granted")
    assert fields(result)["BJJGDM"] == "1"
    assert lost(result) == ["result"]


def test_a_termination_without_a_named_end_is_written_as_voided() -> None:
    result = written(Kind.TERMINATE, terminated_at=NOW, reason="申请人撤回")
    assert (fields(result)["BJJGDM"], lost(result)) == ("2", [])


@pytest.mark.parametrize(("code", "procedure"), [("A", "extension"), ("B", "other")])
def test_special_procedures_have_letters(code: str, procedure: str) -> None:
    result = written(Kind.SUSPEND, started_at=NOW, procedure=procedure, name="听证")
    assert fields(result)["TBCXZL"] == code
    with pytest.raises(DocumentRejected):
        gdbs().read(
            document("EX_GDBS_TBCXSQ", TBCXZL="1", TBCXZLMC="听证", TBCXKSRQ="20201124094000")
        )


@pytest.mark.parametrize(("code", "unit"), [("G", "working_day"), ("Z", "calendar_day")])
def test_time_units_are_letters(code: str, unit: str) -> None:
    (draft,) = gdbs().read(
        document(
            "EX_GDBS_TBCXSQ",
            TBCXZL="A",
            TBCXZLMC="延长",
            TBCXKSRQ="20201124094000",
            TBCXSX="5",
            TBCXSXDW=code,
        )
    )
    assert isinstance(draft.body, SuspendBody)
    assert draft.body.limit is not None
    assert (draft.body.limit.amount, draft.body.limit.unit) == (5, unit)


def test_a_limit_in_hours_is_lost_whole_and_never_five_of_something_else() -> None:
    limit = {"amount": 5, "unit": "hour"}
    result = written(Kind.SUSPEND, started_at=NOW, procedure="other", name="听证", limit=limit)
    assert not {"TBCXSX", "TBCXSXDW"} & fields(result).keys()
    assert lost(result) == ["limit.amount", "limit.unit"]


def test_money_in_another_currency_is_lost_whole() -> None:
    fee = {"fen": 1250, "currency": "HKD"}
    result = written(Kind.RESUME, ended_at=NOW, fee=fee)
    assert "TBCXSFJE" not in fields(result)
    assert lost(result) == ["fee.currency", "fee.fen"]


@pytest.mark.parametrize(
    ("code", "kind"), [("1", "natural_person"), ("2", "enterprise"), ("9", "other")]
)
def test_kinds_of_applicant(code: str, kind: str) -> None:
    app = application().model_dump(exclude_none=True)
    app["applicant"] = {"type": kind, "name": "某某"}
    draft = Draft("1", Kind.SUBMIT, SubmitBody.model_validate({"application": app}))
    assert fields(gdbs().write(draft))["SQRLX"] == code


@pytest.mark.parametrize(
    ("channel", "code", "losses"),
    [
        ("window", "0", []),
        ("web", "1", []),
        ("courier", "8", []),
        ("mobile", "1", ["application.channel"]),
        ("kiosk", "0", ["application.channel"]),
        ("other", None, ["application.channel"]),
    ],
)
def test_ways_of_filing(channel: str, code: str | None, losses: list[str]) -> None:
    app = application().model_dump(exclude_none=True)
    app["channel"] = channel
    draft = Draft("1", Kind.SUBMIT, SubmitBody.model_validate({"application": app}))
    result = gdbs().write(draft)
    assert fields(result).get("TJFS") == code
    assert lost(result) == losses


def test_the_number_is_sblsh_in_the_filing_and_ywlsh_later() -> None:
    (filing,) = gdbs().read((VECTORS / "gdbs" / "01-filing-sb.xml").read_bytes())
    assert fields(gdbs().write(filing))["SBLSH"] == filing.number
    assert fields(written(Kind.ACCEPT, accepted_at=NOW))["YWLSH"] == "1"


def test_the_version_of_the_newer_variant_is_kept_and_written_again() -> None:
    (draft,) = gdbs().read(document("EX_GDBS_SL", SLZTDM="1", SLSJ="20201124094000", SJBBH="3"))
    assert fields(gdbs().write(draft))["SJBBH"] == "3"


def test_a_field_that_nobody_knows_is_kept_and_told_as_a_loss_when_written() -> None:
    (draft,) = gdbs().read(document("EX_GDBS_SL", SLZTDM="1", SLSJ="20201124094000", XNZD="x"))
    assert draft.body.model_extra == {"native": {"EX_GDBS_SL": {"XNZD": "x"}}}
    assert lost(gdbs().write(draft)) == ["native.EX_GDBS_SL.XNZD"]


def test_approvals_are_decisions_only_where_their_status_says_so() -> None:
    base = {"SPHJDM": "3", "SPHJMC": "批准", "SPSJ": "20201124094000"}
    for status, kind in (("1", Kind.PROGRESS), ("2", Kind.DECIDE), ("3", Kind.DECIDE)):
        (draft,) = gdbs().read(document("EX_GDBS_SPCL", **base, SPHJZTDM=status))
        assert draft.kind is kind
    (draft,) = gdbs().read(document("EX_GDBS_SPCL", **base))
    assert draft.kind is Kind.PROGRESS


@pytest.mark.parametrize("text", ['<&>"', "]]>", "a\tb", "a\r\nb", " 首尾空格 ", "\u3400𠀀"])
def test_any_text_that_xml_can_hold_comes_back(text: str) -> None:
    result = written(Kind.DECLINE, declined_at=NOW, reason=text)
    (draft,) = gdbs().read(result.documents[0].data)
    assert draft.body.reason == text  # type: ignore[attr-defined]


def test_a_character_that_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(DocumentRejected, match="XML cannot hold") as caught:
        written(Kind.DECLINE, declined_at=NOW, reason="a\x0bb")
    assert caught.value.where["field"] == "EX_GDBS_SL.BSLYY"


def test_comments_and_processing_instructions_do_not_split_a_field() -> None:
    data = document("EX_GDBS_SL", SLZTDM="1", SLSJ="2020<!-- c -->1124094000", SLHZH="a<?b c?>d")
    (draft,) = gdbs().read(data)
    assert draft.body.accepted_at == NOW  # type: ignore[attr-defined]
    assert draft.body.document_number == "ad"  # type: ignore[attr-defined]
