"""Drafts as an adapter would make them, straight from the models of the contract."""

from datetime import UTC, datetime

from adapters.adapter import Draft, File
from contracts.applicant import Applicant, ApplicantType, Contact, Identity, IdType
from contracts.case import Application, Decision, Material, Outcome
from contracts.jurisdiction import Jurisdiction
from contracts.matter import MatterRef
from contracts.messages import (
    AcceptBody,
    CloseBody,
    CloseResult,
    DecideBody,
    Kind,
    ReceiveBody,
    SubmitBody,
)
from contracts.model import Model

CITIZEN_ID = "11010519491231002X"  # the sample of GB 11643-1999
MOBILE = "13800000000"
APPLICANT = "张三"


def application(receiving: str, handling: str) -> Application:
    """An application received in one city for another; both are member codes."""
    return Application(
        matter=MatterRef(base_code="000714001000", name="专业技术人员职业资格证书核验"),
        applicant=Applicant(
            type=ApplicantType.NATURAL_PERSON,
            name=APPLICANT,
            identity=Identity(type=IdType.CITIZEN_ID, number=CITIZEN_ID),
            contact=Contact(mobile=MOBILE),
        ),
        receiving=Jurisdiction(region=receiving),
        handling=Jurisdiction(region=handling),
        applied_at=now(),
        materials=(Material(name="职业资格证书", part="scan"),),
    )


def submission(number: str, receiving: str, handling: str) -> Draft:
    """What opens a case: an application and the scan of one material."""
    body = SubmitBody(application=application(receiving, handling))
    scan = File("application/pdf", b"%PDF-1.7 " + number.encode())
    return Draft(number, Kind.SUBMIT, body, {"scan": scan})


FACTS = (Kind.RECEIVE, Kind.ACCEPT, Kind.DECIDE, Kind.CLOSE)
"""What the handling city says, in this order, until a case is closed."""


def fact(kind: Kind, number: str) -> Draft:
    """The handling city's next word on the case that it knows as `number`."""
    return Draft(number, kind, fact_body(kind, number))


def fact_body(kind: Kind, number: str) -> Model:
    match kind:
        case Kind.RECEIVE:
            return ReceiveBody(case_number=number, received_at=now())
        case Kind.ACCEPT:
            return AcceptBody(accepted_at=now())
        case Kind.DECIDE:
            return DecideBody(decision=Decision(outcome=Outcome.GRANTED, decided_at=now()))
        case Kind.CLOSE:
            return CloseBody(closed_at=now(), result=CloseResult.CERTIFICATE_ISSUED)
        case _:
            raise ValueError(f"{kind} is not one of FACTS")


def now() -> datetime:
    return datetime.now(UTC)
