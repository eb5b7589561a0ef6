"""The codes as types for the fields of models.

Each is a `str` that was checked; its JSON Schema carries the pattern, and the rest of the
check, which no pattern can say, stands in the description.
"""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from contracts.codes.certificate_id import check_certificate_id
from contracts.codes.citizen_id import check_citizen_id
from contracts.codes.credit_code import check_credit_code
from contracts.codes.matter_codes import (
    check_base_code,
    check_handling_item_code,
    check_implementation_code,
)
from contracts.codes.region import check_region_code
from contracts.codes.validation import only_text, validator


def _schema(title: str, pattern: str, description: str, example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "string",
            "title": title,
            "pattern": pattern,
            "description": description,
            "examples": [example],
        }
    )


CitizenId: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_citizen_id)),
    _schema(
        "公民身份号码",
        r"^[0-9]{17}[0-9X]$",
        "Citizen id, GB 11643: region 6, birth date 8, serial 3, check by ISO 7064 MOD 11-2.",
        "11010519491231002X",
    ),
]

CreditCode: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_credit_code)),
    _schema(
        "统一社会信用代码",
        r"^[0-9A-HJ-NPQRTUWXY]{18}$",
        "Unified social credit code, GB 32100: the last character is the check.",
        "11440100MB2C91891K",
    ),
]

RegionCode: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_region_code)),
    _schema(
        "行政区划代码",
        r"^[0-9]{6}$",
        "Region code, GB/T 2260: province 2, city 2, county 2. Abolished codes are allowed.",
        "440100",
    ),
]

BaseCode: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_base_code)),
    _schema(
        "基本编码",
        r"^[0-9]{12}$",
        "Base code of a matter, GB/T 39554.1: region 2, item type 2, main item 5, sub-item 3.",
        "442025036000",
    ),
]

ImplementationCode: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_implementation_code)),
    _schema(
        "实施编码",
        r"^[0-9A-HJ-NPQRTUWXY]{18}[1-6][0-9]{12}$",
        "Implementation code of a matter, GB/T 39554.1: credit code 18, which must hold,"
        " level 1, base code 12.",
        "11440100MB2C91891K3442025036000",
    ),
]

HandlingItemCode: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_handling_item_code)),
    _schema(
        "业务办理项编码",
        r"^[0-9A-HJ-NPQRTUWXY]{18}[1-6][0-9]{14}$",
        "Handling-item code of a matter: implementation code 31, serial 2.",
        "11310000MB2F30661Y231200356400001",
    ),
]

CertificateId: TypeAlias = Annotated[
    str,
    BeforeValidator(only_text),
    AfterValidator(validator(check_certificate_id)),
    _schema(
        "电子证照标识",
        r"^1\.2\.156\.3005\.2\.[0-9A-Z]{21}\.[0-9A-HJ-NPQRTUWXY]{18}\.[0-9A-Z]+\.[0-9]{3}\.[0-9A-Z]$",
        "Electronic certificate identifier, GB/T 36904: type, issuer's credit code, serial,"
        " version, check by ISO 7064 MOD 37,36.",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    ),
]
