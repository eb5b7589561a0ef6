"""The local API: what a city's own systems say to their own gateway, and are told."""

from typing import Any

from pydantic import Field
from pydantic.json_schema import models_json_schema

from contracts.envelope import CONTRACT
from contracts.messages import Kind, SubmitBody
from contracts.model import Model
from contracts.wire import Problem


class LocalFile(Model):
    """A material, in base64 (RFC 4648, section 4)."""

    media_type: str
    data: str


class LocalSubmission(Model):
    """A case to submit. `number` is the city's own; `files` are named as the materials' parts."""

    number: str = Field(min_length=1, max_length=100)
    kind: Kind
    body: SubmitBody
    files: dict[str, LocalFile] = Field(default_factory=dict)


class LocalSubmitted(Model):
    """The case's id; the message's, unless the same submission was taken before."""

    case: str
    number: str
    message: str | None = None


class LocalMessage(Model):
    """One message of a case. `receipt`: queued, taken, refused…; `body` with `case.open` only."""

    id: str
    kind: str
    sender: str
    receiver: str
    sequence: int
    recorded_at: str
    receipt: str
    receipted_at: str | None
    reason: str | None
    state: str | None
    body: dict[str, Any] | None = None


class LocalNext(Model):
    """Who acts next, and with which kinds of message."""

    member: str
    kinds: list[str]


class LocalClock(Model):
    """How far the time limit is used up, in its own unit; `card`: nearly late, or late."""

    started_at: str
    deemed: bool
    ended_at: str | None
    stands: bool
    limit: dict[str, Any] | None
    used: float
    due_at: str | None
    provisional: bool
    card: str


class LocalMatter(Model):
    base_code: str
    name: str


class LocalCase(Model):
    """How a case stands. `applicant` is masked without `case.open`."""

    case: str
    number: str | None
    receiving: str
    handling: str
    state: str | None
    next: LocalNext | None
    clock: LocalClock | None
    matter: LocalMatter | None
    applicant: str | None
    messages: list[LocalMessage]


def local_openapi() -> dict[str, Any]:
    """The local API, OpenAPI 3.1."""
    models = (LocalSubmission, LocalSubmitted, LocalCase, Problem)
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tongban local",
            "version": CONTRACT,
            "description": "What a city's own systems ask of their gateway, with a token.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "security": [{"token": []}],
        "paths": {
            "/local/v1/cases": {"post": _post()},
            "/local/v1/cases/{case}": {"get": _get()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "tongban token new"}
            },
        },
    }


def _post() -> dict[str, Any]:
    return {
        "summary": "Submit a case; scope case.submit. The same twice does nothing twice",
        "operationId": "submitCase",
        "requestBody": {"required": True, "content": _json("LocalSubmission")},
        "responses": {
            "201": {"description": "It will be delivered", "content": _json("LocalSubmitted")},
            "200": {"description": "It was taken before", "content": _json("LocalSubmitted")},
            "default": _problem(),
        },
    }


def _get() -> dict[str, Any]:
    name = {
        "name": "case",
        "in": "path",
        "required": True,
        "description": "Its id, or the city's own number",
        "schema": {"type": "string"},
    }
    return {
        "summary": "How a case stands; scope case.read, with case.open nothing is masked",
        "operationId": "readCase",
        "parameters": [name],
        "responses": {
            "200": {"description": "The case", "content": _json("LocalCase")},
            "default": _problem(),
        },
    }


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _problem() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": "Nothing was done; 401 and 403 say in WWW-Authenticate what is missing",
        "content": {"application/problem+json": {"schema": schema}},
    }
