"""Messages that can never be handled, put on the bus on purpose: what the dead letters must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import amqp
import orjson

from shared.contracts.incident_steps import IncidentAccepted
from shared.contracts.patrol import IncidentReported
from shared.kernel.ids import new_id

EXCHANGE = "patrol.events"
# A header by which each is known, whatever else it lacks.
MARK = "poison"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One message, and its name."""

    name: str
    headers: dict[str, Any]
    body: bytes = b"{}"
    content_type: str = JSON
    routing_key: str = IncidentReported.event_type


def poisons() -> list[Poison]:
    """Return one of each kind."""
    stranger = new_id()
    return [
        Poison(name="body-breaks-the-contract", headers=_envelope()),
        Poison(name="body-is-a-list", headers=_envelope(), body=b"[1, 2, 3]"),
        Poison(name="no-envelope", headers={}),
        Poison(name="sequence-is-no-number", headers=_envelope(sequence="first")),
        Poison(name="time-is-no-time", headers=_envelope(occurred_at="yesterday")),
        Poison(
            name="step-of-an-incident-nobody-reported",
            headers=_envelope(
                sequence=2, aggregate_id=stranger, event_type=IncidentAccepted.event_type
            ),
            body=orjson.dumps({"incident_id": stranger}),
            routing_key=IncidentAccepted.event_type,
        ),
        Poison(name="body-is-not-json", headers=_envelope(), body=b"\xff\xfe{"),
        Poison(name="body-is-of-another-kind", headers=_envelope(), content_type="text/plain"),
    ]


def put_on_the_bus(login: Mapping[str, str], given: list[Poison]) -> None:
    """Publish them, each confirmed; raises what the driver raises when the broker is away."""
    with amqp.Connection(**login, confirm_publish=True) as connection:
        channel = connection.channel()
        for poison in given:
            channel.basic_publish_confirm(
                amqp.Message(
                    poison.body,
                    application_headers=poison.headers | {MARK: poison.name},
                    content_type=poison.content_type,
                    content_encoding="utf-8",
                    delivery_mode=2,
                ),
                exchange=EXCHANGE,
                routing_key=poison.routing_key,
                mandatory=True,
            )


def _envelope(**changed: Any) -> dict[str, Any]:
    """Return the headers of an event of its own, as good as the relay's but for what is changed."""
    return {
        "event_id": new_id(),
        "event_type": IncidentReported.event_type,
        "aggregate_id": new_id(),
        "sequence": 1,
        "occurred_at": datetime.now(UTC).isoformat(),
    } | changed
