"""Publishing to the broker: one message at a time, or many in a window with their confirms."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import amqp
import orjson
from kombu import Connection, Exchange, Queue
from kombu.common import maybe_declare
from kombu.pools import producers

from shared.runtime.bus_connection import bus_connection

CONFIRMED = {"confirm_publish": True, "max_retries": 3, "interval_start": 0.2, "interval_max": 2}
UNCONFIRMED = {**CONFIRMED, "confirm_publish": False}
RETRY_POLICY = {"max_retries": 3, "interval_start": 0, "interval_step": 0.5, "interval_max": 2}
CONFIRMS_WITHIN_S = 30.0
JSON = {"content_type": "application/json", "content_encoding": "utf-8"}


def _written(body: Any) -> bytes:
    """Return a body as JSON; what came in as such goes out again, numbers of any length too."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return json.dumps(body).encode()


class Publisher:
    """Puts messages on the bus; returns when the broker has taken them.

    One that is not *confirmed* returns when they are sent: for what nobody relies on.
    """

    def __init__(self, broker_url: str, *, confirmed: bool = True) -> None:
        options = CONFIRMED if confirmed else UNCONFIRMED
        self._connection = bus_connection(broker_url, transport_options=dict(options))

    def publish(
        self,
        body: Any,
        *,
        exchange: Exchange | str = "",
        routing_key: str,
        headers: dict[str, Any] | None = None,
        declare: tuple[Exchange | Queue, ...] = (),
        **properties: Any,
    ) -> None:
        with self._producing() as producer:
            producer.publish(
                _written(body),
                exchange=exchange,
                routing_key=routing_key,
                headers=headers or {},
                **JSON,
                declare=list(declare),
                retry=True,
                retry_policy=RETRY_POLICY,
                **properties,
            )

    def declare(self, *entities: Exchange | Queue) -> None:
        """Make exchanges and queues, where there are none yet."""
        with self._producing() as producer:
            for entity in entities:
                maybe_declare(entity, producer.channel, retry=True, **RETRY_POLICY)

    @contextmanager
    def _producing(self) -> Iterator[Any]:
        """Give a producer; when it fails, hang up: kombu says goodbye, and waits for an answer to it."""
        with producers[self._connection].acquire(block=True) as producer:
            try:
                yield producer
            except BaseException:
                _hang_up(producer.__connection__)
                raise


def _hang_up(connection: Connection) -> None:
    transport = getattr(connection._connection, "_transport", None)
    if transport is not None:  # the broker in this process has none
        transport.close()


def let_others_listen(channel: Any) -> None:
    """Allow publishing on a channel whose connection another green thread listens on.

    py-amqp looks for news before each publish, and two who read one socket are an error.
    """
    properties = getattr(channel.connection, "client_properties", {})
    properties.get("capabilities", {}).pop("connection.blocked", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to send in a window; one that *must_arrive* comes back when no queue wants it."""

    message_id: str
    routing_key: str
    headers: dict[str, Any]
    body: Any
    must_arrive: bool = True


@dataclass(slots=True)
class Fates:
    """What became of the messages of a window, by their ids."""

    taken: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Window:
    """Sends many messages to one exchange and waits for their confirms once.

    A confirm for each message costs a journey each: 1,600 messages a second instead of 10,400
    (architecture, "Publishing"). Whoever uses this keeps the messages until their fate is known.
    """

    def __init__(self, broker_url: str, exchange: Exchange) -> None:
        self._broker_url = broker_url
        self._exchange = exchange
        self._connection: Connection | None = None
        self._channel: Any = None
        self._last_tag = 0
        self._waiting: dict[int, str] = {}
        self._returned: set[str] = set()
        self._fates = Fates()

    def send(self, messages: Sequence[Outgoing]) -> Fates:
        """Send the messages in their order; return what became of each.

        Raises:
            OSError, amqp.AMQPError, OperationalError: the broker is away; what was sent may have arrived or not.
        """
        try:
            self._open()
            self._fates = Fates()
            for message in messages:
                self._send(message)
            self._await_confirms()
        except BaseException:
            self.close()
            raise
        return self._fates

    def close(self) -> None:
        """Let go of the connection; the next window opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        self._waiting.clear()
        self._returned.clear()
        if connection is not None:
            connection.release()

    def _open(self) -> None:
        if self._channel is not None:
            return
        self._connection = bus_connection(self._broker_url)
        self._connection.ensure_connection(max_retries=1, timeout=5)
        self._channel = self._connection.channel()
        self._exchange(self._channel).declare()
        self._channel.confirm_select()
        self._last_tag = 0
        for event, listener in (
            ("basic_ack", self._acked),
            ("basic_nack", self._nacked),
            ("basic_return", self._came_back),
        ):
            self._channel.events[event].add(listener)

    def _send(self, message: Outgoing) -> None:
        self._last_tag += 1
        self._waiting[self._last_tag] = message.message_id
        self._channel.basic_publish(
            self._channel.prepare_message(
                orjson.dumps(message.body),
                **JSON,
                headers=message.headers,
                properties={"message_id": message.message_id, "delivery_mode": 2},
            ),
            exchange=self._exchange.name,
            routing_key=message.routing_key,
            mandatory=message.must_arrive,
        )

    def _await_confirms(self) -> None:
        deadline = time.monotonic() + CONFIRMS_WITHIN_S
        while self._waiting:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or self._connection is None:
                raise amqp.RecoverableConnectionError("the broker did not confirm in time")
            self._connection.drain_events(timeout=left_s)

    def _acked(self, tag: int, multiple: bool) -> None:
        for message_id in self._settled(tag, multiple):
            # What comes back is confirmed too, right after.
            came_back = message_id in self._returned
            (self._fates.returned if came_back else self._fates.taken).append(message_id)
            self._returned.discard(message_id)

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._fates.refused += self._settled(tag, multiple)

    def _settled(self, tag: int, multiple: bool) -> list[str]:
        tags = [waiting for waiting in self._waiting if waiting <= tag] if multiple else [tag]
        return [self._waiting.pop(settled) for settled in tags if settled in self._waiting]

    def _came_back(self, _error: Exception, _exchange: str, _key: str, message: Any) -> None:
        self._returned.add(message.properties["message_id"])
