"""What cities say to each other about a case: the kinds of message and their bodies.

Each kind has one body model; the body travels as the part named ``body``
(``application/json``), sealed to the receiver. Files (materials, certificates) are further
parts that the body refers to by name. Who may say what, and when, is the life of the case:
`contracts.lifecycle`.
"""

from enum import StrEnum

from contracts.applicant import Identity
from contracts.case import (
    Application,
    Decision,
    Fee,
    Material,
    ResultCertificate,
)
from contracts.jurisdiction import Clerk
from contracts.matter import TimeLimit
from contracts.model import Model, Moment, Name, Reference, Text

BODY = "body"
BODY_TYPE = "application/json"


class SubmitBody(Model):
    """提交: opens the case."""

    application: Application


class ReceiveBody(Model):
    """收件: the handling city has the papers."""

    case_number: Reference
    received_at: Moment
    slip_number: Reference | None = None
    clerk: Clerk | None = None


class RequestCorrectionBody(Model):
    """补正告知: everything that is missing, said once."""

    requested_at: Moment
    reason: Text
    missing: Text | None = None
    due_at: Moment | None = None
    number: Reference | None = None
    clerk: Clerk | None = None


class CorrectBody(Model):
    """补正: what was missing."""

    corrected_at: Moment
    materials: tuple[Material, ...] = ()
    note: Text | None = None
    number: Reference | None = None
    clerk: Clerk | None = None


class AcceptBody(Model):
    """受理."""

    accepted_at: Moment
    document_number: Reference | None = None
    promised_at: Moment | None = None
    clerk: Clerk | None = None
    remark: Text | None = None


class DeclineBody(Model):
    """不予受理."""

    declined_at: Moment
    reason: Text
    document_number: Reference | None = None
    remedies: Text | None = None
    clerk: Clerk | None = None


class SpecialProcedure(StrEnum):
    """特别程序 kinds; the families number them differently."""

    EXTENSION = "extension"
    OTHER = "other"


class SuspendBody(Model):
    """特别程序 begins: the clock stands still."""

    started_at: Moment
    procedure: SpecialProcedure
    name: Name
    reason: Text | None = None
    content: Text | None = None
    limit: TimeLimit | None = None
    number: Reference | None = None
    clerk: Clerk | None = None


class ResumeBody(Model):
    """特别程序 ends."""

    ended_at: Moment
    result: Text | None = None
    result_at: Moment | None = None
    number: Reference | None = None
    fee: Fee | None = None
    clerk: Clerk | None = None


class StageKind(StrEnum):
    HANDLE = "handle"
    REVIEW = "review"
    APPROVE = "approve"
    OTHER = "other"


class StageStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"


class ProgressBody(Model):
    """环节: a step inside the handling city's own process."""

    stage: Name
    at: Moment
    kind: StageKind | None = None
    status: StageStatus | None = None
    ended_at: Moment | None = None
    opinion: Text | None = None
    clerk: Clerk | None = None
    remark: Text | None = None


class DecideBody(Model):
    """审批决定."""

    decision: Decision
    certificates: tuple[ResultCertificate, ...] = ()


class CloseResult(StrEnum):
    """How a case was closed. Never a digit: partners number these differently."""

    CERTIFICATE_ISSUED = "certificate_issued"
    CLOSED = "closed"
    NOT_GRANTED = "not_granted"
    RETURNED = "returned"
    GAVE_UP = "gave_up"
    CORRECTION_NEVER_CAME = "correction_never_came"
    NOT_ACCEPTED = "not_accepted"
    VOIDED = "voided"
    DELETED = "deleted"
    PASSED_UP = "passed_up"


class CloseBody(Model):
    """办结."""

    closed_at: Moment
    result: CloseResult
    description: Text | None = None
    reason: Text | None = None  # why voided, returned or passed up
    certificates: tuple[ResultCertificate, ...] = ()
    fee: Fee | None = None
    clerk: Clerk | None = None


class DeliveryWay(StrEnum):
    COUNTER = "counter"
    COURIER = "courier"
    ELECTRONIC = "electronic"
    OTHER = "other"


class DeliverBody(Model):
    """送达: the result reached the applicant."""

    delivered_at: Moment
    way: DeliveryWay
    taker_name: Name | None = None
    taker_identity: Identity | None = None
    waybill: Reference | None = None
    clerk: Clerk | None = None


class WithdrawBody(Model):
    """撤回: asked for by the applicant."""

    asked_at: Moment
    reason: Text | None = None


class TerminateBody(Model):
    """终止: by the handling city; agrees to a withdrawal where one was asked for."""

    terminated_at: Moment
    reason: Text
    result: CloseResult | None = None  # where the city's own table words the end
    clerk: Clerk | None = None


class RemindBody(Model):
    """催办."""

    reminded_at: Moment
    note: Text | None = None


class Satisfaction(StrEnum):
    """Named levels. 1 is best in GB/T 39046, 5 is best in the live interfaces."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


class EvaluateBody(Model):
    """好差评."""

    evaluated_at: Moment
    level: Satisfaction
    text: Text | None = None


class AnswerEvaluationBody(Model):
    """The handling city's answer to an evaluation."""

    answered_at: Moment
    text: Text
    clerk: Clerk | None = None


class Kind(StrEnum):
    """The kinds of message that this version of the contract knows."""

    SUBMIT = "case.submit"
    RECEIVE = "case.receive"
    REQUEST_CORRECTION = "case.request_correction"
    CORRECT = "case.correct"
    ACCEPT = "case.accept"
    DECLINE = "case.decline"
    SUSPEND = "case.suspend"
    RESUME = "case.resume"
    PROGRESS = "case.progress"
    DECIDE = "case.decide"
    CLOSE = "case.close"
    DELIVER = "case.deliver"
    WITHDRAW = "case.withdraw"
    TERMINATE = "case.terminate"
    REMIND = "case.remind"
    EVALUATE = "case.evaluate"
    ANSWER_EVALUATION = "case.answer_evaluation"


BODIES: dict[Kind, type[Model]] = {
    Kind.SUBMIT: SubmitBody,
    Kind.RECEIVE: ReceiveBody,
    Kind.REQUEST_CORRECTION: RequestCorrectionBody,
    Kind.CORRECT: CorrectBody,
    Kind.ACCEPT: AcceptBody,
    Kind.DECLINE: DeclineBody,
    Kind.SUSPEND: SuspendBody,
    Kind.RESUME: ResumeBody,
    Kind.PROGRESS: ProgressBody,
    Kind.DECIDE: DecideBody,
    Kind.CLOSE: CloseBody,
    Kind.DELIVER: DeliverBody,
    Kind.WITHDRAW: WithdrawBody,
    Kind.TERMINATE: TerminateBody,
    Kind.REMIND: RemindBody,
    Kind.EVALUATE: EvaluateBody,
    Kind.ANSWER_EVALUATION: AnswerEvaluationBody,
}
