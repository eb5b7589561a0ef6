"""A case: one application for one matter, and what the cities say about it."""

from enum import StrEnum

from pydantic import Field

from contracts.applicant import Applicant
from contracts.codes import CertificateId
from contracts.ids import CaseId
from contracts.jurisdiction import Clerk, Jurisdiction
from contracts.matter import CaseType, MatterRef
from contracts.model import Count, Json, Model, Moment, Name, Reference, Text


class State(StrEnum):
    """The states of a case; `contracts.lifecycle` says what leads from one to another."""

    SUBMITTED = "submitted"
    RECEIVED = "received"
    CORRECTING = "correcting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUSPENDED = "suspended"
    DECIDED = "decided"
    CLOSED = "closed"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"

    @property
    def zh(self) -> str:
        return _STATE_ZH[self]


_STATE_ZH = {
    State.SUBMITTED: "已提交",
    State.RECEIVED: "已收件",
    State.CORRECTING: "补正",
    State.ACCEPTED: "已受理",
    State.DECLINED: "不予受理",
    State.SUSPENDED: "特别程序",
    State.DECIDED: "已决定",
    State.CLOSED: "已办结",
    State.DELIVERED: "已送达",
    State.WITHDRAWN: "已撤回",
    State.TERMINATED: "已终止",
}


class Case(Model):
    """What both cities know of a case without opening any sealed part.

    The handling city's copy is the case; the receiving city's copy follows it.
    `returns_to` is the state that a correction or suspension came from and goes back to.
    """

    id: CaseId
    receiving: str  # member code
    handling: str  # member code
    state: State
    returns_to: State | None = None
    withdrawal_asked: bool = False
    evaluated: bool = False


class Channel(StrEnum):
    """How the application was filed."""

    WINDOW = "window"
    WEB = "web"
    MOBILE = "mobile"
    COURIER = "courier"
    KIOSK = "kiosk"
    OTHER = "other"


class MaterialForm(StrEnum):
    """How a material was handed in."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    PAPER = "paper"
    EXEMPT = "exempt"
    OTHER = "other"


class Material(Model):
    """One material of the application. `part` names the part that carries its file."""

    name: Name
    code: Reference | None = None
    taken: bool = True
    form: MaterialForm | None = None
    count: Count | None = None
    taken_at: Moment | None = None
    file_name: Name | None = None
    part: Reference | None = None
    remark: Text | None = None


class Form(Model):
    """The matter's own form: field names and values as its definition gives them."""

    name: Name | None = None
    fields: dict[str, Json] = Field(default_factory=dict)


class Application(Model):
    """申请: what the receiving window took from the applicant."""

    matter: MatterRef
    applicant: Applicant
    receiving: Jurisdiction
    handling: Jurisdiction
    applied_at: Moment
    case_type: CaseType | None = None
    channel: Channel = Channel.WINDOW
    project_name: Name | None = None
    filing_number: Reference | None = None  # 申报回执号, given to the applicant
    filed_by: Clerk | None = None
    materials: tuple[Material, ...] = ()
    form: Form | None = None
    remark: Text | None = None


class ResultCertificate(Model):
    """结果证照: a certificate that the decision gave. `part` names the part with its file."""

    name: Name
    number: Reference | None = None
    certificate_id: CertificateId | None = None
    issuer_name: Name | None = None
    issuer_code: Reference | None = None
    issued_at: Moment | None = None
    valid_to: Moment | None = None
    validity: Text | None = None  # as the issuer words it, where it is not a date
    part: Reference | None = None


class Outcome(StrEnum):
    GRANTED = "granted"
    REFUSED = "refused"


class Decision(Model):
    """审批决定: granted or refused, with reasons and remedies."""

    outcome: Outcome
    decided_at: Moment
    document_number: Reference | None = None
    reasons: Text | None = None
    remedies: Text | None = None  # where and until when the applicant may appeal
    clerk: Clerk | None = None


class Fee(Model):
    """Money, exactly: an amount in fen (1/100 of a yuan)."""

    fen: Count
    currency: Reference = "CNY"
