"""Who applies, who acts for the applicant, and how to reach them."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from contracts.codes import check_citizen_id, check_credit_code
from contracts.codes.validation import validation_error
from contracts.errors import CodeInvalid
from contracts.model import Model, Name, Reference


class ApplicantType(StrEnum):
    """服务对象, GB/T 39046-2020: 1 to 6 in this order."""

    NATURAL_PERSON = "natural_person"
    ENTERPRISE = "enterprise"
    PUBLIC_INSTITUTION = "public_institution"
    SOCIAL_ORGANISATION = "social_organisation"
    AGENCY = "agency"
    OTHER = "other"


class IdType(StrEnum):
    """What kind of document proves who somebody is."""

    CITIZEN_ID = "citizen_id"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENCE = "foreign_residence_permit"
    MILITARY_ID = "military_id"
    HOUSEHOLD_REGISTER = "household_register"
    CREDIT_CODE = "credit_code"
    ORGANISATION_CODE = "organisation_code"
    OTHER = "other"


class Identity(Model):
    """A kind of document and its number. Chinese numbers are checked, others kept."""

    type: IdType
    number: Reference

    @model_validator(mode="after")
    def _number_holds(self) -> Self:
        try:
            if self.type is IdType.CITIZEN_ID:
                check_citizen_id(self.number)
            elif self.type is IdType.CREDIT_CODE:
                check_credit_code(self.number)
        except CodeInvalid as error:
            raise validation_error(error, self.number) from error
        return self


class Contact(Model):
    """How to reach somebody."""

    name: Name | None = None
    identity: Identity | None = None
    mobile: Reference | None = None
    phone: Reference | None = None
    email: Reference | None = None
    address: Name | None = None
    post_code: Reference | None = None


class Agent(Model):
    """Who acts for the applicant."""

    name: Name
    identity: Identity | None = None
    mobile: Reference | None = None


class Applicant(Model):
    """The person or body whose case this is. A foundling has no id: `identity` may lack."""

    type: ApplicantType
    name: Name
    identity: Identity | None = None
    legal_representative: Name | None = None
    contact: Contact | None = None
    agent: Agent | None = None
