"""Matters: what can be applied for, and how a case refers to it."""

from enum import StrEnum

from contracts.codes import BaseCode, HandlingItemCode, ImplementationCode
from contracts.jurisdiction import Jurisdiction
from contracts.model import Count, Json, Model, Moment, Name, Reference, Text


class ItemType(StrEnum):
    """事项类型, GB/T 39046-2020."""

    LICENCE = "licence"
    PENALTY = "penalty"
    COERCION = "coercion"
    LEVY = "levy"
    PAYMENT = "payment"
    INSPECTION = "inspection"
    CONFIRMATION = "confirmation"
    REWARD = "reward"
    RULING = "ruling"
    OTHER = "other"
    PUBLIC_SERVICE = "public_service"


class CaseType(StrEnum):
    """办件类型: decided at once, or within a promised time."""

    AT_ONCE = "at_once"
    PROMISED = "promised"
    OTHER = "other"


class Mode(StrEnum):
    """The five ways a case crosses a border."""

    FULLY_ONLINE = "fully_online"
    ON_BEHALF = "received_on_behalf"
    JOINT = "joint_handling"
    SELF_SERVICE = "self_service"
    DATA_SHARING = "data_sharing"


class Scope(StrEnum):
    """How far a case travels."""

    CROSS_PROVINCE = "cross_province"
    METROPOLITAN_CIRCLE = "metropolitan_circle"
    SAME_CITY = "same_city"


class TimeUnit(StrEnum):
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    MINUTE = "minute"
    MONTH = "month"


class TimeLimit(Model):
    amount: Count
    unit: TimeUnit


class LocalCode(Model):
    """A code of a city or province, kept whole beside the scheme it belongs to."""

    scheme: Reference
    value: Reference


class MatterRef(Model):
    """How a case names its matter. Cities meet on `base_code`."""

    base_code: BaseCode
    name: Name
    implementation_code: ImplementationCode | None = None
    handling_item_code: HandlingItemCode | None = None
    local_code: LocalCode | None = None
    version: Reference | None = None


class RequiredMaterial(Model):
    """One material that a matter asks for."""

    name: Name
    code: Reference | None = None
    originals: Count = 0
    copies: Count = 0
    required: bool = True
    exempt_by_certificate: bool = False


class MatterDefinition(Model):
    """实施清单: one city's published definition of a matter."""

    matter: MatterRef
    item_type: ItemType
    case_type: CaseType
    handling: Jurisdiction
    modes: tuple[Mode, ...] = ()
    scopes: tuple[Scope, ...] = ()
    legal_basis: Text | None = None
    who_may_apply: tuple[Name, ...] = ()
    materials: tuple[RequiredMaterial, ...] = ()
    form: dict[str, Json] | None = None  # a JSON Schema
    statutory_limit: TimeLimit | None = None
    promised_limit: TimeLimit | None = None
    result_name: Name | None = None
    effective_from: Moment | None = None
