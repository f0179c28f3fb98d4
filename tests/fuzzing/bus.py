"""The broker as somebody meets it who may write into every queue."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from kombu import Connection

from tests.fuzzing.messages import Message


class Bus:
    """Puts messages into queues, and counts what lies in them."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url, transport_options={"confirm_publish": True})
        self._channel = self._connection.default_channel

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.release()

    def put(self, messages: Iterable[Message]) -> None:
        """Publish the messages in this order, each taken by its queue."""
        for message in messages:
            prepared = self._channel.prepare_message(
                message.body,
                content_type=message.content_type,
                content_encoding="utf-8",
                headers=message.headers,
                properties={"delivery_mode": 2},
            )
            self._channel.basic_publish(prepared, exchange="", routing_key=message.queue)

    def waiting(self, queue: str) -> int:
        """Count what lies in a queue and is with no consumer."""
        declared: Any = self._channel.queue_declare(queue, passive=True)
        return int(declared.message_count)
