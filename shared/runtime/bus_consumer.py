"""The one consumer of a service's process: which messages it holds, and how it settles them.

nameko gives every message a green thread of its own and every queue the same prefetch, and lets
its container die when a settlement meets a connection that is just breaking.
"""

from functools import partial
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from nameko.messaging import QueueConsumer

from shared.runtime.publishing import let_others_listen

log = structlog.get_logger()


class BusConsumer(QueueConsumer):
    """Consumes all queues of a service over one connection.

    A provider says by `prefetch_count` how many messages of its queue may wait in this process; one
    whose `takes_at_once` is true is handed each message on the consumer's own thread and must not
    wait for anything there.
    """

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        for provider in self._providers:
            consumer = consumer_cls(
                queues=[provider.queue],
                callbacks=[partial(self.handle_message, provider)],
                accept=self.accept,
            )
            consumer.qos(prefetch_count=getattr(provider, "prefetch_count", self.prefetch_count))
            self._consumers[provider] = consumer
        return self._consumers.values()

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **more: Any) -> None:
        let_others_listen(channel)  # answers go out where calls come in
        super().on_consume_ready(connection, channel, consumers, **more)

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        if getattr(provider, "takes_at_once", False):
            provider.handle_message(body, message)
        else:
            super().handle_message(provider, body, message)

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
