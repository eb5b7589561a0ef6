"""The codes as fields of models: same words, masked input, a schema that agrees."""

import re
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.codes import (
    BaseCode,
    CertificateId,
    CitizenId,
    CreditCode,
    HandlingItemCode,
    ImplementationCode,
    RegionCode,
    check_citizen_id,
)
from contracts.errors import CodeInvalid

ID = "11010519491231002X"
TYPES = {
    "CitizenId": CitizenId,
    "CreditCode": CreditCode,
    "RegionCode": RegionCode,
    "BaseCode": BaseCode,
    "ImplementationCode": ImplementationCode,
    "HandlingItemCode": HandlingItemCode,
    "CertificateId": CertificateId,
}


def adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(TYPES[name])


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_describes_what_is_taken(name: str) -> None:
    for mode in ("validation", "serialization"):
        schema = adapter(name).json_schema(mode=mode)
        assert schema["type"] == "string"
        assert schema["description"]
        for example in schema["examples"]:
            assert re.search(schema["pattern"], example)
            assert adapter(name).validate_python(example) == example


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("value", ["", "１", "x" * 200, "\ud800", "{detail}"])
def test_what_is_wrong_is_a_validation_error(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        adapter(name).validate_python(value)
    [error] = caught.value.errors()
    assert error["type"] == "code.invalid"


def test_the_words_are_those_of_the_check() -> None:
    with pytest.raises(CodeInvalid) as plain:
        check_citizen_id(ID.lower())
    with pytest.raises(ValidationError) as caught:
        adapter("CitizenId").validate_python(ID.lower())
    [error] = caught.value.errors()
    assert error["msg"] == plain.value.detail
    assert error["ctx"] == {"detail": plain.value.detail, **plain.value.where}


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("value", [ID.lower(), ID[:17] + "0", ID + " ", 110105194912310021])
def test_no_error_shows_a_citizen_id(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        adapter(name).validate_python(value)
    assert str(value) not in str(caught.value)
    assert str(value) not in repr(caught.value.errors())
    assert str(value) not in caught.value.json()


def test_a_field_may_be_narrowed_further() -> None:
    assert TypeAdapter(Annotated[CitizenId | None, "comment"]).validate_python(None) is None
