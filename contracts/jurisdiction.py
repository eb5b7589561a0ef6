"""Jurisdictions and the people who act for them."""

from contracts.codes import CreditCode, RegionCode
from contracts.model import Model, Name, Reference


class Jurisdiction(Model):
    """A city or district, and the authority that acts for it in one case."""

    region: RegionCode
    name: Name | None = None
    authority_name: Name | None = None
    authority_code: CreditCode | None = None


class Clerk(Model):
    """Who did a step: a person and the body the person works for."""

    name: Name | None = None
    staff_number: Reference | None = None
    position: Name | None = None
    authority_name: Name | None = None
    authority_code: Reference | None = None
