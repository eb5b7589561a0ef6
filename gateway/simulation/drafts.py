"""The smallest true body of each kind of message, and drafts made of them."""

from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.adapter import Draft, File
from contracts.applicant import Applicant, ApplicantType
from contracts.case import Application, Decision, Outcome
from contracts.jurisdiction import Jurisdiction
from contracts.matter import MatterRef
from contracts.messages import (
    AcceptBody,
    AnswerEvaluationBody,
    CloseBody,
    CloseResult,
    CorrectBody,
    DecideBody,
    DeclineBody,
    DeliverBody,
    DeliveryWay,
    EvaluateBody,
    Kind,
    ProgressBody,
    ReceiveBody,
    RemindBody,
    RequestCorrectionBody,
    ResumeBody,
    Satisfaction,
    SpecialProcedure,
    SubmitBody,
    SuspendBody,
    TerminateBody,
    WithdrawBody,
)
from contracts.model import Model

_BODIES: dict[Kind, Callable[[datetime], Model]] = {
    Kind.RECEIVE: lambda at: ReceiveBody(case_number="穗-0001", received_at=at),
    Kind.REQUEST_CORRECTION: lambda at: RequestCorrectionBody(requested_at=at, reason="缺身份证明"),
    Kind.CORRECT: lambda at: CorrectBody(corrected_at=at),
    Kind.ACCEPT: lambda at: AcceptBody(accepted_at=at),
    Kind.DECLINE: lambda at: DeclineBody(declined_at=at, reason="不属于本机关职权"),
    Kind.SUSPEND: lambda at: SuspendBody(
        started_at=at, procedure=SpecialProcedure.OTHER, name="专家评审"
    ),
    Kind.RESUME: lambda at: ResumeBody(ended_at=at),
    Kind.PROGRESS: lambda at: ProgressBody(stage="审查", at=at),
    Kind.DECIDE: lambda at: DecideBody(decision=Decision(outcome=Outcome.GRANTED, decided_at=at)),
    Kind.CLOSE: lambda at: CloseBody(closed_at=at, result=CloseResult.CERTIFICATE_ISSUED),
    Kind.DELIVER: lambda at: DeliverBody(delivered_at=at, way=DeliveryWay.COUNTER),
    Kind.WITHDRAW: lambda at: WithdrawBody(asked_at=at),
    Kind.TERMINATE: lambda at: TerminateBody(terminated_at=at, reason="申请人撤回"),
    Kind.REMIND: lambda at: RemindBody(reminded_at=at),
    Kind.EVALUATE: lambda at: EvaluateBody(evaluated_at=at, level=Satisfaction.SATISFIED),
    Kind.ANSWER_EVALUATION: lambda at: AnswerEvaluationBody(answered_at=at, text="谢谢"),
}


def submission(
    number: str,
    *,
    receiving: str,
    handling: str,
    at: datetime,
    files: Mapping[str, File] | None = None,
) -> Draft:
    """The window of `receiving` took an application that `handling` decides."""
    application = Application(
        matter=MatterRef(base_code="442025036000", name="内地居民婚姻登记"),
        applicant=Applicant(type=ApplicantType.NATURAL_PERSON, name="𠮷田"),
        receiving=Jurisdiction(region=receiving),
        handling=Jurisdiction(region=handling),
        applied_at=at,
    )
    return Draft(number, Kind.SUBMIT, SubmitBody(application=application), files or {})


def said(number: str, kind: Kind, at: datetime, files: Mapping[str, File] | None = None) -> Draft:
    """Any message after the first. `number` is what the speaking city calls the case."""
    return Draft(number, kind, _BODIES[kind](at), files or {})
