"""A message as the in-process broker keeps it: once as it was published, and a copy per queue."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any, Self

import amqp
from amqp.serialization import dumps, loads

from shared.runtime.in_process.refusal import invalid_expiration

Properties = dict[str, Any]

# The properties of AMQP and their types on the wire.
KINDS: dict[str, str] = dict(amqp.Message.PROPERTIES)


@dataclass(frozen=True, slots=True)
class Published:
    """What was said, and where; the copies in all queues share it.

    Body and properties are kept as the bytes that py-amqp would send to a real broker. So a value
    that cannot cross a wire is refused here too, and no consumer can change what another one gets.
    """

    exchange: str
    routing_key: str
    body: bytes
    names: tuple[str, ...]
    layout: str
    packed: bytes
    message_id: str | None
    lifetime_s: float

    @classmethod
    def of(cls, body: str | bytes, properties: Properties, exchange: str, routing_key: str) -> Self:
        """Return the message as a broker would receive it.

        Raises:
            amqp.FrameSyntaxError: a header holds what AMQP cannot carry.
            amqp.PreconditionFailed: the expiration is not a number of milliseconds.
        """
        if isinstance(body, str):
            body = body.encode(properties.setdefault("content_encoding", "utf-8"))
        names = tuple(
            name for name, value in properties.items() if value is not None and name in KINDS
        )
        layout = "".join([KINDS[name] for name in names])
        return cls(
            exchange=exchange,
            routing_key=routing_key,
            body=bytes(body),
            names=names,
            layout=layout,
            packed=dumps(layout, [properties[name] for name in names]),
            message_id=properties.get("message_id"),
            lifetime_s=_lifetime_s(properties.get("expiration")),
        )

    @property
    def properties(self) -> Properties:
        """A fresh dictionary of the properties, by their names in py-amqp."""
        values, _ = loads(self.layout, self.packed, 0)
        return dict(zip(self.names, values, strict=True))

    def to_amqp(self, more_headers: dict[str, Any]) -> amqp.Message:
        """Return the message as py-amqp hands it to a consumer: text decoded, other bodies bytes."""
        properties = self.properties
        if more_headers:
            properties.setdefault("application_headers", {}).update(more_headers)
        body: bytes | str = self.body
        # "binary" is no text encoding; text of another encoding is the consumer's to judge.
        with suppress(LookupError, UnicodeDecodeError):
            body = self.body.decode(properties.get("content_encoding", ""))
        return amqp.Message(body, **properties)


@dataclass(slots=True, eq=False)
class Copy:
    """A published message in one queue."""

    published: Published
    position: int
    expires_at: float  # of the monotonic clock; infinite when it never does
    redelivered: bool = False
    returns: int = 0


def deaths_of(properties: Properties) -> list[dict[str, Any]]:
    """Return the `x-death` entries, youngest first."""
    deaths = properties.get("application_headers", {}).get("x-death")
    return (
        [death for death in deaths if isinstance(death, dict)] if isinstance(deaths, list) else []
    )


def dead_letter(
    published: Published, queue: str, reason: str, exchange: str, routing_key: str | None
) -> Published:
    """Return the message as it is published anew when *queue* gives it up.

    The headers are RabbitMQ's (its manual, "Dead Letter Exchanges", section "Effects").
    """
    properties = published.properties
    headers = properties.setdefault("application_headers", {})
    deaths = deaths_of(properties)
    here = [
        death for death in deaths if (death.get("queue"), death.get("reason")) == (queue, reason)
    ]
    death = here[0] if here else _death(published, properties, queue, reason)
    death["count"] += 1
    headers["x-death"] = [death, *(other for other in deaths if other is not death)]
    headers.setdefault("x-first-death-queue", queue)
    headers.setdefault("x-first-death-reason", reason)
    headers.setdefault("x-first-death-exchange", published.exchange)
    # Otherwise the message would expire again in the queue where it is kept to be read.
    properties.pop("expiration", None)
    next_key = published.routing_key if routing_key is None else routing_key
    return Published.of(published.body, properties, exchange, next_key)


def went_in_a_circle(published: Published, queue: str) -> bool:
    """Say whether the message is back at *queue* without any consumer having rejected it since.

    RabbitMQ drops such a message, or it would run for ever.
    """
    for death in deaths_of(published.properties):
        if death.get("reason") == "rejected":
            return False
        if death.get("queue") == queue:
            return True
    return False


def _lifetime_s(expiration: str | None) -> float:
    if expiration is None:
        return inf
    if not expiration.isdecimal():
        raise invalid_expiration(expiration)
    return int(expiration) / 1000


def _death(published: Published, properties: Properties, queue: str, reason: str) -> dict[str, Any]:
    death = {
        "count": 0,
        "reason": reason,
        "queue": queue,
        "time": datetime.now(UTC),
        "exchange": published.exchange,
        "routing-keys": [published.routing_key],
    }
    if "expiration" in properties:
        death["original-expiration"] = properties["expiration"]
    return death
