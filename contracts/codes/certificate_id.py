"""Electronic certificate identifiers (电子证照标识) after GB/T 36904-2018.

`1.2.156.3005.2.<type 21>.<issuer 18>.<serial>.<version 3>.<check 1>`: the arc of electronic
certificates, the certificate type, the credit code of the issuer, the issuer's own serial
of any length, a version, and a check character in ISO 7064 MOD 37,36 over type, issuer,
serial and version without the dots.
"""

from dataclasses import dataclass

from contracts.codes.credit_code import FIELD as CREDIT_CODE
from contracts.codes.credit_code import expect_credit_check
from contracts.codes.failing import failing
from contracts.codes.iso7064 import mod_37_36
from contracts.codes.layout import (
    CAPITAL_OR_DIGIT,
    DIGIT,
    Field,
    Layout,
    check_layout,
    literal,
)

ARC = "1.2.156.3005.2."

_WHAT = "certificate identifier"
_DOT = literal(".", "dot")
_TYPE = Field("certificate type", 21, CAPITAL_OR_DIGIT)
_ISSUER_START = len(ARC) + _TYPE.width + 1
_SERIAL_START = _ISSUER_START + CREDIT_CODE.width + 1


@dataclass(frozen=True, slots=True)
class CertificateIdParts:
    """Fields of a certificate identifier."""

    certificate_type: str
    issuer: str
    serial: str
    version: str
    check: str


def certificate_check_character(
    certificate_type: str, issuer: str, serial: str, version: str
) -> str:
    """Check character of these four fields.

    Raises ValueError for anything but 0-9 and A-Z.
    """
    return mod_37_36(certificate_type + issuer + serial + version)


def check_certificate_id(value: str) -> str:
    """Return `value` if it is a certificate identifier.

    Raises CodeInvalid at the character that fails: one that may not stand there, the check
    character of the issuer's credit code, or else the last one.
    """
    split_certificate_id(value)
    return value


def split_certificate_id(value: str) -> CertificateIdParts:
    """Fields of a certificate identifier. Raises CodeInvalid as `check_certificate_id` does."""
    check_layout(_WHAT, value, _layout(_serial_width(value)))
    expect_credit_check(_WHAT, value, _ISSUER_START)
    parts = CertificateIdParts(*value.removeprefix(ARC).split("."))
    fitting = certificate_check_character(
        parts.certificate_type, parts.issuer, parts.serial, parts.version
    )
    if parts.check != fitting:
        raise failing(
            value,
            len(value),
            f"{_WHAT}: the check character ({len(value)}) does not fit the characters before it;"
            " compare them with the certificate",
        )
    return parts


def _serial_width(value: str) -> int:
    """Width of the serial: up to the next dot, or all that is there; at least one."""
    serial, _, _ = value[_SERIAL_START:].partition(".")
    return max(1, len(serial))


def _layout(serial_width: int) -> Layout:
    return Layout(
        (
            *literal(ARC, "the fixed beginning"),
            _TYPE,
            *_DOT,
            CREDIT_CODE,
            *_DOT,
            Field("serial", serial_width, CAPITAL_OR_DIGIT),
            *_DOT,
            Field("version", 3, DIGIT),
            *_DOT,
            Field("check character", 1, CAPITAL_OR_DIGIT),
        )
    )
