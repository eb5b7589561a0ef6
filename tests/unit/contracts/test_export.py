"""The schema files say what the models say, and are valid in their own languages."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

import contracts
from contracts.announcement import Announcement
from contracts.asyncapi import asyncapi
from contracts.envelope import CONTRACT
from contracts.export import documents, openapi
from contracts.local import local_openapi
from contracts.messages import Kind
from gateway.cli.contracts import as_text
from gateway.simulation.drafts import said, submission

FOLDER = Path(contracts.__file__).with_name("schemas")
VECTORS = sorted((Path(__file__).parents[2] / "vectors/protocol").glob("*-*.json"))
SHAPES = {"batch.malformed", "envelope.malformed"}
BEYOND_A_SCHEMA = {
    "bad-envelope-name-twice.json",
    "bad-life-too-long.json",
}  # what no JSON Schema can say


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


@pytest.mark.parametrize(
    "name", sorted(set(documents()) - {"openapi.json", "local-openapi.json", "asyncapi.json"})
)
def test_a_schema_is_valid_json_schema_2020_12(name: str) -> None:
    schema = json.loads((FOLDER / name).read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert f":{CONTRACT}:" in schema["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_api_is_valid_openapi() -> None:
    validate(openapi())
    validate(local_openapi())


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


def mistakes(name: str, document: object) -> list[str]:
    """What the schema file `name` finds wrong with `document`."""
    schema = json.loads((FOLDER / f"{name}.schema.json").read_bytes())
    return [
        error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)
    ]


def of_batch(batch: dict[str, Any]) -> list[str]:
    """A batch, and the envelopes that stand in it as texts."""
    found = mistakes("batch", batch)
    texts = [message["envelope"] for message in batch.get("messages", [])]
    for text in (text for text in texts if isinstance(text, str)):
        found += mistakes("envelope", json.loads(text))
    return found


def of_reply(reply: dict[str, Any]) -> list[str]:
    found = mistakes("batch-reply", reply)
    for result in reply["results"]:
        if "receipt" in result:
            found += mistakes("receipt", json.loads(result["receipt"]))
    return found


def of_bodies(vector: dict[str, Any]) -> list[str]:
    found = []
    for message, steps in zip(
        vector["request"]["messages"], vector["steps"]["sealing"], strict=True
    ):
        kind = json.loads(message["envelope"])["kind"]
        (body,) = (part for part in steps["parts"] if part["name"] == "body")
        found += mistakes(f"body-{kind}", json.loads(base64.b64decode(body["plain"])))
    return found


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_schemas_say_of_a_vector_what_the_gateway_says(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    misshapen = vector.get("code") in SHAPES and path.name not in BEYOND_A_SCHEMA
    assert bool(of_batch(vector["request"])) is misshapen
    for batch in vector.get("before", []):
        assert not of_batch(batch)
    if "reply" in vector:
        assert not of_reply(vector["reply"])
    if "steps" in vector:
        assert not of_bodies(vector)


AT = datetime(2026, 3, 2, 9, 0, 0, 120_000, timezone(timedelta(hours=8)))


@pytest.mark.parametrize("kind", Kind)
def test_a_true_body_fits_its_schema(kind: Kind) -> None:
    draft = (
        submission("1", receiving="410100", handling="440100", at=AT)
        if kind is Kind.SUBMIT
        else said("1", kind, AT)
    )
    assert not mistakes(f"body-{kind.value}", json.loads(draft.body.to_json()))


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T01:00:00z",
        "2026-03-02t01:00:00Z",
        "2026-03-02T01:00Z",
        "2026-03-02T01:00:00",
        "2026-03-02T01:00:00.1234567Z",
        "2026-03-02 01:00:00Z",
    ],
)
def test_a_time_that_is_refused_does_not_fit_the_schema(written: str) -> None:
    assert not mistakes("body-case.accept", {"accepted_at": "2026-03-02T01:00:00.123456+08:00"})
    assert mistakes("body-case.accept", {"accepted_at": written})
