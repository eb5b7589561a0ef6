"""The contract as files: JSON Schema (2020-12) a model, an OpenAPI and an AsyncAPI document.

Made from the models, so they cannot say anything else; a test fails when the files under
``contracts/schemas/`` are stale.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contracts.asyncapi import asyncapi
from contracts.case import Application, Case
from contracts.envelope import CONTRACT, Envelope
from contracts.local import local_openapi
from contracts.matter import MatterDefinition
from contracts.messages import BODIES
from contracts.model import Model
from contracts.receipt import Receipt
from contracts.seal import Seal
from contracts.wire import Batch, BatchReply, Problem

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE = "urn:tongban:schema:"
_MODELS: dict[str, type[Model]] = {
    "envelope": Envelope,
    "seal": Seal,
    "receipt": Receipt,
    "batch": Batch,
    "batch-reply": BatchReply,
    "problem": Problem,
    "case": Case,
    "application": Application,
    "matter-definition": MatterDefinition,
}

_PINNED = {
    "type": "mutualTLS",
    "description": "TLS 1.3; the certificate has a valid pin in the entry of a member",
}


def documents() -> dict[str, dict[str, Any]]:
    """File name to document, for every model, every kind's body, the API, and the queue."""
    models = _MODELS | {f"body-{kind.value}": body for kind, body in BODIES.items()}
    files = {f"{name}.schema.json": _schema(name, model) for name, model in models.items()}
    return files | {
        "openapi.json": openapi(),
        "local-openapi.json": local_openapi(),
        "asyncapi.json": asyncapi(),
    }


def openapi() -> dict[str, Any]:
    """The HTTP API between gateways, OpenAPI 3.1."""
    _, schemas = models_json_schema(
        [(Batch, "validation"), (BatchReply, "validation"), (Problem, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tongban exchange",
            "version": CONTRACT,
            "description": "What gateways say to each other. docs/protocol.md has the rules.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": _DIALECT,
        "paths": {
            "/exchange/v1/batches": {"post": _post_batches()},
            "/health/live": {"get": _for_operators(_get("The process runs", {"200": "It runs"}))},
            "/health/ready": {
                "get": _get(
                    "Whether batches would be taken now",
                    {"200": "They would", "503": "They would not; `faults` says why"},
                )
            },
            "/metrics": {"get": _for_operators(_metrics())},
        },
        "security": [{"pinned": []}],
        "components": {"schemas": schemas["$defs"], "securitySchemes": {"pinned": _PINNED}},
    }


def _schema(name: str, model: type[Model]) -> dict[str, Any]:
    made = model.model_json_schema(schema_generator=GenerateJsonSchema)
    return {"$schema": _DIALECT, "$id": f"{_BASE}{CONTRACT}:{name}", **made}


def _post_batches() -> dict[str, Any]:
    return {
        "summary": "Hand over a sealed batch; the answer is a sealed receipt for each message",
        "operationId": "postBatch",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("Batch")}},
        },
        "responses": {
            "200": {
                "description": "What became of each message, in the order of the batch",
                "content": {"application/json": {"schema": _ref("BatchReply")}},
            },
            "default": {
                "description": "Nothing was taken",
                "headers": {
                    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"},
                    "Tongban-Trace": {"schema": {"type": "string"}},
                },
                "content": {"application/problem+json": {"schema": _ref("Problem")}},
            },
        },
    }


def _get(summary: str, answers: dict[str, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "summary": summary,
        "responses": {
            status: {"description": text, "content": content} for status, text in answers.items()
        },
    }


def _for_operators(operation: dict[str, Any]) -> dict[str, Any]:
    """Not at the address of partners, and without a certificate."""
    return {**operation, "security": [], "tags": ["operators"]}


def _metrics() -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "summary": "Prometheus metrics",
        "responses": {"200": {"description": "Exposition format", "content": content}},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
