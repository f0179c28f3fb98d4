"""A channel of the in-process broker, with what kombu uses of py-amqp's and by the same names."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import amqp
from amqp.exceptions import error_for_code
from amqp.protocol import queue_declare_ok_t
from kombu.transport import pyamqp
from kombu.transport.base import StdChannel

from shared.runtime.in_process.broker import Change
from shared.runtime.in_process.delivery import Consumer, Delivery, Unacknowledged
from shared.runtime.in_process.exchange import KINDS, Exchange
from shared.runtime.in_process.message import Copy, Published
from shared.runtime.in_process.queue import MessageQueue, QueueTerms
from shared.runtime.in_process.refusal import closed, in_use, not_done, tag_reused

if TYPE_CHECKING:
    from shared.runtime.in_process.transport import Connection

NO_ROUTE, BASIC_RETURN = 312, (60, 50)


class Channel(StdChannel):
    """What kombu uses of py-amqp's channel, with the same names and arguments."""

    Message = pyamqp.Message
    prepare_message = pyamqp.Channel.prepare_message
    prepare_queue_arguments = pyamqp.Channel.prepare_queue_arguments
    message_to_python = pyamqp.Channel.message_to_python

    def __init__(self, connection: "Connection", channel_id: int) -> None:
        self.connection: Connection | None = connection
        self.channel_id = channel_id
        self.is_open = True
        self.events: defaultdict[str, set[Callable[..., Any]]] = defaultdict(set)
        self.no_ack_consumers: set[str] = set()
        self.prefetch_count = 0
        self._shared_prefetch_count = 0
        self._consumers: dict[str, Consumer] = {}
        self._consumer_numbers = count(1)
        self._unacked = Unacknowledged(self)
        self._publish_tags: Iterator[int] | None = None

    def exchange_declare(
        self,
        exchange: str,
        type: str,
        passive: bool = False,
        durable: bool = False,
        auto_delete: bool = True,
        nowait: bool = False,
        arguments: dict[str, Any] | None = None,
    ) -> None:
        with self._changing() as broker:
            if passive:
                broker.exchange(exchange)
                return
            if type not in KINDS or arguments:
                raise not_done(f"exchange {type} {arguments or ''}", "该类型或参数的交换机")
            broker.declare_exchange(Exchange(exchange, type, bool(durable), bool(auto_delete)))

    def exchange_delete(self, exchange: str, if_unused: bool = False, nowait: bool = False) -> None:
        with self._changing() as broker:
            broker.delete_exchange(exchange, if_unused=if_unused)

    def exchange_bind(self, *_arguments: Any, **_more: Any) -> None:
        raise not_done("binding an exchange to an exchange", "交换机之间的绑定")

    exchange_unbind = exchange_bind

    def queue_declare(
        self,
        queue: str = "",
        passive: bool = False,
        durable: bool = False,
        exclusive: bool = False,
        auto_delete: bool = True,
        nowait: bool = False,
        arguments: dict[str, Any] | None = None,
    ) -> queue_declare_ok_t:
        with self._changing() as broker:
            if passive:
                found = broker.queue(queue, self._client)
            else:
                owner = self._client if exclusive else None
                terms = QueueTerms(bool(durable), bool(auto_delete), owner, dict(arguments or {}))
                found = broker.declare_queue(queue, terms, self._client)
            return queue_declare_ok_t(found.name, len(found), len(found.receivers))

    def queue_bind(
        self,
        queue: str,
        exchange: str = "",
        routing_key: str = "",
        nowait: bool = False,
        arguments: dict[str, Any] | None = None,
    ) -> None:
        with self._changing() as broker:
            broker.bind(broker.queue(queue, self._client), exchange, routing_key)

    def queue_unbind(
        self,
        queue: str,
        exchange: str,
        routing_key: str = "",
        nowait: bool = False,
        arguments: dict[str, Any] | None = None,
    ) -> None:
        with self._changing() as broker:
            if queue in broker.queues and exchange in broker.exchanges:
                broker.unbind(broker.queue(queue, self._client), exchange, routing_key)

    def queue_purge(self, queue: str = "", nowait: bool = False) -> int:
        with self._changing() as broker:
            return broker.queue(queue, self._client).purge()

    def queue_delete(
        self, queue: str = "", if_unused: bool = False, if_empty: bool = False, nowait: bool = False
    ) -> int:
        with self._changing() as broker:
            if queue not in broker.queues:
                return 0
            found = broker.queue(queue, self._client)
            if (if_unused and found.receivers) or (if_empty and len(found)):
                raise in_use("queue", "队列", queue)
            return broker.delete_queue(found)

    def basic_publish(
        self,
        msg: amqp.Message,
        exchange: str = "",
        routing_key: str = "",
        mandatory: bool = False,
        immediate: bool = False,
        timeout: float | None = None,
        confirm_timeout: float | None = None,
    ) -> None:
        """Put the message into its queues, at once.

        Raises:
            amqp.ChannelError: `mandatory`, with confirms, and no queue: "NO_ROUTE", as py-amqp does.
        """
        published = Published.of(msg.body, msg.properties, exchange, routing_key)
        with self._changing() as broker:
            is_routed = broker.publish(published)
            is_returned = mandatory and not is_routed
            if not self._client.confirm_publish:
                self._tell_publisher(published, is_returned)
                return
        if is_returned:
            self._return(published)

    def confirm_select(self, nowait: bool = False) -> None:
        """Send `basic_ack` events from now on, to be drained, one for each message published."""
        self._publish_tags = count(1)

    def _tell_publisher(self, published: Published, is_returned: bool) -> None:
        # One who neither confirms nor listens never drains; his news would pile up for ever.
        if is_returned and (self._publish_tags or self.events.get("basic_return")):
            self._client.tell(lambda: self._return(published))
        if self._publish_tags:
            tag = next(self._publish_tags)
            self._client.tell(lambda: self._confirm(tag))

    def _confirm(self, tag: int) -> None:
        for listener in self.events["basic_ack"]:
            listener(tag, False)

    def _return(self, published: Published) -> None:
        error = error_for_code(NO_ROUTE, "NO_ROUTE", BASIC_RETURN, amqp.ChannelError)
        listeners = self.events.get("basic_return")
        if not listeners:
            raise error
        for listener in listeners:
            listener(error, published.exchange, published.routing_key, published.to_amqp({}))

    def basic_qos(self, prefetch_size: int, prefetch_count: int, a_global: bool) -> None:
        with self._changing():
            if a_global:
                self._shared_prefetch_count = prefetch_count
                self._serve_after([])
            else:
                self.prefetch_count = prefetch_count

    def basic_consume(
        self,
        queue: str = "",
        consumer_tag: str = "",
        no_local: bool = False,
        no_ack: bool = False,
        exclusive: bool = False,
        nowait: bool = False,
        callback: Callable[[amqp.Message], Any] | None = None,
        arguments: dict[str, Any] | None = None,
        on_cancel: Callable[[str], Any] | None = None,
    ) -> str:
        if exclusive or arguments:
            raise not_done("an exclusive consumer, or one with arguments", "独占或带参数的消费者")
        with self._changing() as broker:
            tag = consumer_tag or f"amq.ctag-{next(self._consumer_numbers)}"
            if tag in self._consumers:
                raise tag_reused(tag)
            consumer = Consumer(self, tag, broker.queue(queue, self._client), bool(no_ack))
            consumer.callback = callback or consumer.callback
            consumer.on_cancel = on_cancel
            self._consumers[tag] = consumer
            if no_ack:
                self.no_ack_consumers.add(tag)
            consumer.queue.add(consumer)
        return tag

    def basic_cancel(self, consumer_tag: str, nowait: bool = False) -> None:
        """Stop the deliveries; those not yet drained go back as if they had never been sent."""
        with self._changing():
            consumer = self._consumers.pop(consumer_tag, None)
            if consumer is None:
                return
            consumer.is_active = False
            self._unacked.put_back(self._client.withdraw(lambda sent: sent.consumer is consumer))
            consumer.queue.remove(consumer)

    def basic_get(self, queue: str = "", no_ack: bool = False) -> amqp.Message | None:
        with self._changing() as broker:
            found = broker.queue(queue, self._client)
            copy = found.take()
            if copy is None:
                return None
            delivery = self._unacked.hold(copy, found)
            waiting = len(found)
        if no_ack:
            self.basic_ack(delivery.tag)
        return delivery.message(message_count=waiting)

    def basic_ack(self, delivery_tag: int, multiple: bool = False) -> None:
        with self._changing():
            released = self._unacked.release(delivery_tag, multiple=multiple)
            for delivery in released:
                delivery.queue.ack(delivery.copy)
            self._serve_after(released)

    def basic_reject(self, delivery_tag: int, requeue: bool) -> None:
        with self._changing():
            released = self._unacked.release(delivery_tag)
            for delivery in released:
                if requeue:
                    delivery.queue.put_back(delivery.copy, was_seen=True)
                else:
                    delivery.queue.reject(delivery.copy)
            self._serve_after(released)

    def basic_recover(self, requeue: bool = False) -> None:
        """Put back everything unacknowledged, whatever *requeue* says, as RabbitMQ does."""
        with self._changing():
            self._put_back_all()

    def close(self) -> None:
        connection = self.connection
        if connection is None:
            return
        with connection.change:
            self.is_open = False
            self.give_back()
            connection.forget(self)
            self.connection = None

    # Called by the broker's side, within a change:

    @property
    def is_full(self) -> bool:
        return 0 < self._shared_prefetch_count <= len(self._unacked)

    def send(self, copy: Copy, queue: MessageQueue, consumer: Consumer) -> None:
        self._client.tell(self._unacked.hold(copy, queue, consumer))

    def consumer_lost(self, consumer: Consumer) -> None:
        """Tell the client that the queue of one of its consumers was deleted."""
        self._consumers.pop(consumer.tag, None)
        for delivery in self._client.withdraw(lambda sent: sent.consumer is consumer):
            self._unacked.release(delivery.tag)
        self._client.tell(consumer.tell_cancelled)

    def give_back(self) -> None:
        """Return what is unacknowledged to its queues, and end the consumers."""
        self._put_back_all()
        while self._consumers:
            consumer = self._consumers.popitem()[1]
            consumer.queue.remove(consumer)
        self.no_ack_consumers.clear()

    @property
    def _client(self) -> "Connection":
        if self.connection is None:
            raise closed("channel", "信道")
        return self.connection

    def _changing(self) -> Change:
        return self._client.change

    def _put_back_all(self) -> None:
        self._unacked.put_back(self._client.withdraw(lambda sent: sent.channel is self))
        self._unacked.put_back_all()

    def _serve_after(self, released: list[Delivery]) -> None:
        """Fill the room that was made; a limit on the whole channel makes room for every consumer."""
        queues = {delivery.queue for delivery in released}
        if self._shared_prefetch_count:
            queues |= {consumer.queue for consumer in self._consumers.values()}
        for queue in queues:
            queue.serve()
