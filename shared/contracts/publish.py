"""Makes the published documents of the bus from the contracts: JSON Schemas and AsyncAPI."""

import inspect
from typing import Any

from pydantic import TypeAdapter

from shared.contracts import (  # noqa: F401 – enter their events into the list
    audit,
    catalogue,
    conversion,
    grid,
    incident_clocks,
    incident_steps,
    patrol,
    register,
)
from shared.contracts.event import EVENTS, Event, source_of

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def schema_of(contract: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event's body."""
    schema = TypeAdapter(contract).json_schema(mode="serialization")
    return {
        "$schema": JSON_SCHEMA,
        "$id": contract.event_type,
        **_with_personal_part_sealed(schema),
    }


def _with_personal_part_sealed(schema: dict[str, Any]) -> dict[str, Any]:
    """Say that the personal part travels as one sealed text, and what is in it."""
    inside = schema["properties"].get("personal")
    if inside is None:
        return schema
    sealed = {
        "type": "string",
        "description": (
            "sealed (shared/runtime/sealing.py): cipher, key id and, in base64, nonce, ciphertext and tag"
        ),
        "contentMediaType": "application/json",
        "contentSchema": inside,
    }
    return schema | {"properties": schema["properties"] | {"personal": sealed}}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of the events between services."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "网格平台内部事件 · Wangge internal events",
            "version": "1.0.0",
            "description": (
                "Each service tells its events to the durable topic exchange `<service>.events`; "
                "the routing key is the event type. The envelope travels in the headers."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, contract) for name, contract in sorted(EVENTS.items())},
        "operations": {
            name: {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": _sentence(contract),
            }
            for name, contract in sorted(EVENTS.items())
        },
        "components": {"messageTraits": {"envelope": {"headers": _ENVELOPE}}},
    }


def _channel(name: str, contract: type[Event]) -> dict[str, Any]:
    return {
        "address": name,
        "messages": {
            contract.__name__: {
                "name": contract.__name__,
                "summary": _sentence(contract),
                "contentType": "application/json",
                "traits": [{"$ref": "#/components/messageTraits/envelope"}],
                "payload": {"$ref": f"./{name}.json"},
            }
        },
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": f"{source_of(contract)}.events",
                    "type": "topic",
                    "durable": True,
                },
            }
        },
    }


def _sentence(contract: type[Event]) -> str:
    return (inspect.getdoc(contract) or "").partition("\n")[0]


_ENVELOPE = {
    "type": "object",
    "required": ["event_id", "event_type", "aggregate_id", "sequence", "occurred_at"],
    "properties": {
        "event_id": {
            "type": "string",
            "format": "uuid",
            "description": "the same at every delivery",
        },
        "event_type": {"type": "string"},
        "aggregate_id": {"type": "string", "description": "what the event happened to"},
        "sequence": {
            "type": "integer",
            "minimum": 1,
            "description": "the event's number among those of its aggregate, without a gap",
        },
        "occurred_at": {"type": "string", "format": "date-time"},
        "nameko.call_id": {
            "type": "string",
            "description": "the same from the edge to the last event",
        },
        "nameko.account": {"type": "string", "description": "on whose behalf"},
        "nameko.matter_no": {"type": "string"},
    },
}
