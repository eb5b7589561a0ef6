"""The codes that cities share, each checked as its standard says.

Types for fields of models (`CitizenId`, `CreditCode`…), the checks behind them, which return
the code or raise `CodeInvalid`, and what may be read out of a code. The table of regions is
`contracts.codes.region`.
"""

from contracts.codes.certificate_id import (
    CertificateIdParts,
    certificate_check_character,
    check_certificate_id,
    split_certificate_id,
)
from contracts.codes.citizen_id import Sex, birth_date, check_citizen_id, sex
from contracts.codes.credit_code import check_credit_code, credit_check_character
from contracts.codes.fields import (
    BaseCode,
    CertificateId,
    CitizenId,
    CreditCode,
    HandlingItemCode,
    ImplementationCode,
    RegionCode,
)
from contracts.codes.mask import mask_citizen_id, mask_mobile, mask_name
from contracts.codes.matter_codes import (
    BaseCodeParts,
    HandlingItemCodeParts,
    ImplementationCodeParts,
    check_base_code,
    check_handling_item_code,
    check_implementation_code,
    split_base_code,
    split_handling_item_code,
    split_implementation_code,
)
from contracts.codes.region import (
    Region,
    check_region_code,
    city_of,
    members,
    region_code_from_twelve,
    within,
)
from contracts.codes.schemes import SCHEMES, CodeWithScheme, Scheme, SchemeRule, check_in_scheme

__all__ = [
    "SCHEMES",
    "BaseCode",
    "BaseCodeParts",
    "CertificateId",
    "CertificateIdParts",
    "CitizenId",
    "CodeWithScheme",
    "CreditCode",
    "HandlingItemCode",
    "HandlingItemCodeParts",
    "ImplementationCode",
    "ImplementationCodeParts",
    "Region",
    "RegionCode",
    "Scheme",
    "SchemeRule",
    "Sex",
    "birth_date",
    "certificate_check_character",
    "check_base_code",
    "check_certificate_id",
    "check_citizen_id",
    "check_credit_code",
    "check_handling_item_code",
    "check_implementation_code",
    "check_in_scheme",
    "check_region_code",
    "city_of",
    "credit_check_character",
    "mask_citizen_id",
    "mask_mobile",
    "mask_name",
    "members",
    "region_code_from_twelve",
    "sex",
    "split_base_code",
    "split_certificate_id",
    "split_handling_item_code",
    "split_implementation_code",
    "within",
]
