"""The one consumer of a service's process: which messages it holds, and how it settles them.

nameko gives every message a green thread of its own and every queue the same prefetch, and lets
its container die when a settlement meets a connection that is just breaking.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import eventlet
import structlog
from amqp import spec
from amqp.exceptions import AMQPError
from kombu import Consumer, Queue
from nameko.constants import DEFAULT_HEARTBEAT, DEFAULT_TRANSPORT_OPTIONS
from nameko.messaging import QueueConsumer

from shared.runtime.bus_connection import bus_connection
from shared.runtime.publishing import let_others_listen
from shared.runtime.silent_queues import QueueSilent, answering_in_time
from shared.runtime.staying_connected import StaysConnected
from shared.runtime.topology import HINTS

log = structlog.get_logger()

# nameko's own trace of calls, which nobody here reads or writes: a container dies of one that is no list.
NAMEKOS_STACK = "nameko.call_id_stack"
TRY_AGAIN_S = 30.0
# RabbitMQ itself asks a silent queue for five seconds before it deletes it all the same.
DELETED_WITHIN_S = 15.0


class _NotBegun:
    """Stands for the consumer of a queue that has not answered yet."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    def cancel(self) -> None:
        """Do nothing."""


class BusConsumer(StaysConnected, QueueConsumer):
    """Consumes all queues of a service over one connection, each over a channel of its own.

    A provider says by `prefetch_count` how many messages of its queue may wait in this process; one
    whose `takes_at_once` is true is handed each message on the consumer's own thread and must not
    wait for anything there. A queue that is silent holds up its own channel alone, and is tried
    again; one that `may_be_emptied` is made anew.
    """

    @property
    def connection(self) -> Any:
        """Return a connection, not open yet; nameko's own would not check the broker's certificate."""
        return bus_connection(
            self.amqp_uri,
            heartbeat=DEFAULT_HEARTBEAT,
            transport_options=dict(DEFAULT_TRANSPORT_OPTIONS),
        )

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """Return none: each begins on a channel of its own, below."""
        HINTS(channel).declare()  # the edge listens before anybody has said a hint
        self._open_channel = channel.connection.channel
        return []

    @contextmanager
    def _consume_from(self, *_: Any) -> Iterator[list[Any]]:
        with ExitStack() as self._consuming:
            self._begin_all(self._providers)
            yield list(self._consumers.values())

    def _begin_all(self, providers: Iterable[Any]) -> None:
        self._silent = [provider for provider in providers if not self._begin_or_mend(provider)]
        self._try_again_at = time.monotonic() + TRY_AGAIN_S

    def _begin_or_mend(self, provider: Any) -> bool:
        """Begin to consume the provider's queue; answer whether it is not silent."""
        if self._begin(provider):
            return True
        log.error("queue_silent", queue=provider.queue.name)
        may_be_emptied = getattr(provider, "may_be_emptied", False)
        return may_be_emptied and self._delete(provider.queue) and self._begin(provider)

    def _begin(self, provider: Any) -> bool:
        channel = self._open_channel()
        self._consumers[provider] = _NotBegun(channel)
        try:
            with answering_in_time():
                consumer = Consumer(
                    channel,
                    queues=[provider.queue],
                    callbacks=[partial(self.handle_message, provider)],
                    on_decode_error=partial(self._cannot_read, provider),
                    accept=self.accept,
                )
                prefetch = getattr(provider, "prefetch_count", self.prefetch_count)
                consumer.qos(prefetch_count=prefetch)
                self._consuming.enter_context(consumer)
        except QueueSilent:
            _give_up(channel)
            return False
        self._consumers[provider] = consumer
        return True

    def _delete(self, queue: Queue) -> bool:
        """Delete the queue, so that it can be made anew; answer whether it is gone."""
        try:
            with eventlet.Timeout(DELETED_WITHIN_S, QueueSilent), self.connection as connection:
                connection.default_channel.queue_delete(queue.name)
        except (AMQPError, OSError, QueueSilent) as error:
            log.warning("queue_not_deleted", queue=queue.name, reason=type(error).__name__)
            return False
        log.warning("queue_made_anew", queue=queue.name)
        return True

    def on_iteration(self) -> None:
        super().on_iteration()
        if self._silent and time.monotonic() >= self._try_again_at and not self.should_stop:
            self._begin_all([each for each in self._silent if each in self._consumers])

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **more: Any) -> None:
        let_others_listen(channel)  # answers go out where calls come in
        super().on_consume_ready(connection, channel, consumers, **more)

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        message.headers.pop(NAMEKOS_STACK, None)
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

    def ack_message(self, message: Any, *, and_all_before: bool = False) -> None:
        self._settle(message, "ack", multiple=and_all_before)

    def requeue_message(self, message: Any) -> None:
        self._settle(message, "requeue")

    def _settle(self, message: Any, how: str, **options: bool) -> None:
        """Settle while the connection lives; else the broker has the message back already."""
        if message.acknowledged or not message.channel.connection:
            return
        try:
            getattr(message, how)(**options)
        except (AMQPError, OSError) as error:
            log.info("settlement_lost", how=how, reason=type(error).__name__)


def _give_up(channel: Any) -> None:
    """Ask for the end of a channel on which a queue is silent, without waiting for it.

    The broker reads it once the queue answers, and takes back what it began to deliver; until then
    all that comes on the channel is passed over (AMQP 0-9-1, channel.close).
    """
    channel.is_closing = True
    channel.send_method(spec.Channel.Close, "BsBB", (0, "", 0, 0))
