"""The schema files say what the models say, and are valid in their own languages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate

import contracts
from contracts.announcement import Announcement
from contracts.asyncapi import asyncapi
from contracts.envelope import CONTRACT
from contracts.export import documents, openapi
from contracts.messages import Kind
from gateway.cli.contracts import as_text

FOLDER = Path(contracts.__file__).with_name("schemas")


def test_the_files_are_not_stale() -> None:
    stale = [
        name
        for name, document in documents().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != as_text(document)
    ]
    assert not stale, "run: tongban contracts export"


def test_no_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(documents())


def test_every_kind_of_message_has_a_schema() -> None:
    assert {f"body-{kind.value}.schema.json" for kind in Kind} <= set(documents())


@pytest.mark.parametrize("name", sorted(set(documents()) - {"openapi.json", "asyncapi.json"}))
def test_a_schema_is_valid_json_schema_2020_12(name: str) -> None:
    schema = json.loads((FOLDER / name).read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert f":{CONTRACT}:" in schema["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_api_is_valid_openapi() -> None:
    validate(openapi())


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()

    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from references(each)

    found = list(references(document))
    assert found
    for reference in found:
        place: object = document
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(place, dict)
            place = place[step]


def test_an_announcement_is_valid_by_the_schema_of_the_asyncapi_document() -> None:
    schema = asyncapi()["components"]["schemas"]["Announcement"]
    said = Announcement(lane="partner/440100", announced_at=datetime.now(UTC))
    jsonschema.validate(json.loads(said.to_json()), schema)
