"""What the processes of one gateway tell each other through a broker, as AsyncAPI 3."""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.announcement import Announcement
from contracts.envelope import CONTRACT

_ADDRESS = "tongban.{member}.{lane}"


def asyncapi() -> dict[str, Any]:
    """One channel, a queue for each lane; announcements are sent to it and received from it."""
    _, schemas = models_json_schema(
        [(Announcement, "validation")], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tongban queue",
            "version": CONTRACT,
            "description": (
                "What processes of one gateway tell each other: a lane has new tickets. "
                "The tickets themselves are in the store; losing an announcement loses nothing."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"lane": _lane()},
        "operations": {
            "announce": _operation("send", "After a commit that made tickets"),
            "hear": _operation("receive", "The one consumer of the lane looks into the store"),
        },
        "components": {
            "messages": {
                "Announcement": {
                    "name": "Announcement",
                    "contentType": "application/json",
                    "payload": {"$ref": "#/components/schemas/Announcement"},
                }
            },
            "schemas": schemas["$defs"],
        },
    }


def _lane() -> dict[str, Any]:
    return {
        "address": _ADDRESS,
        "title": "The queue of a lane",
        "parameters": {
            "member": {"description": "Code of the member whose gateway it is, six digits"},
            "lane": {
                "description": (
                    "`city/` and a bucket of cases (0 to 7), `city` (of versions before 0.2), "
                    "or `partner/` and the code of another member"
                )
            },
        },
        "messages": {"Announcement": {"$ref": "#/components/messages/Announcement"}},
        "bindings": {"amqp": {"is": "queue", "queue": {"durable": True, "exclusive": False}}},
    }


def _operation(action: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/lane"},
        "summary": summary,
        "messages": [{"$ref": "#/channels/lane/messages/Announcement"}],
    }
