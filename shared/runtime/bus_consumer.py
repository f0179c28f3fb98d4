"""The one consumer of a service's process: which messages it holds, and how it settles them.

nameko gives every message a green thread of its own and every queue the same prefetch, and lets
its container die when a settlement meets a connection that is just breaking.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from nameko.messaging import QueueConsumer

from shared.runtime.publishing import let_others_listen
from shared.runtime.staying_connected import StaysConnected
from shared.runtime.topology import HINTS

log = structlog.get_logger()


class BusConsumer(StaysConnected, QueueConsumer):
    """Consumes all queues of a service over one connection.

    A provider says by `prefetch_count` how many messages of its queue may wait in this process; one
    whose `takes_at_once` is true is handed each message on the consumer's own thread and must not
    wait for anything there.
    """

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        HINTS(channel).declare()  # the edge listens before anybody has said a hint
        for provider in self._providers:
            self._consumers[provider] = consumer_cls(
                queues=[provider.queue],
                callbacks=[partial(self.handle_message, provider)],
                on_decode_error=partial(self._cannot_read, provider),
                accept=self.accept,
            )
        return self._consumers.values()

    @contextmanager
    def _consume_from(self, *consumers: Any) -> Iterator[list[Any]]:
        """Begin to consume, each queue with its own prefetch.

        What is said of it holds for the consumers of the channel that begin after it.
        """
        wanted = {consumer: provider for provider, consumer in self._consumers.items()}
        with ExitStack() as consuming:
            for consumer in consumers:
                provider = wanted.get(consumer)
                consumer.qos(
                    prefetch_count=getattr(provider, "prefetch_count", self.prefetch_count)
                )
                consuming.enter_context(consumer)
            yield list(consumers)

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **more: Any) -> None:
        let_others_listen(channel)  # answers go out where calls come in
        super().on_consume_ready(connection, channel, consumers, **more)

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        if getattr(provider, "takes_at_once", False):
            provider.handle_message(body, message)
        else:
            super().handle_message(provider, body, message)

    def _cannot_read(self, provider: Any, message: Any, error: Exception) -> None:
        """Let the provider say what becomes of a message whose body is no JSON; else it is dropped."""
        log.error("message_unreadable", queue=provider.queue.name, reason=type(error).__name__)
        take = getattr(provider, "handle_unreadable", None)
        if take is None:
            self.ack_message(message)
        else:
            take(message)

    def reject_message(self, message: Any) -> None:
        """Let the broker put it where the queue's dead letters go."""
        self._settle(message, "reject")

    def ack_message(self, message: Any) -> None:
        self._settle(message, "ack")

    def requeue_message(self, message: Any) -> None:
        self._settle(message, "requeue")

    def _settle(self, message: Any, how: str) -> None:
        """Settle while the connection lives; else the broker has the message back already."""
        if message.acknowledged or not message.channel.connection:
            return
        try:
            getattr(message, how)()
        except (AMQPError, OSError) as error:
            log.info("settlement_lost", how=how, reason=type(error).__name__)
