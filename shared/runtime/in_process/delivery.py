"""Consumers of the in-process broker, and the copies that are with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import amqp
from amqp.exceptions import ConsumerCancelled

from shared.runtime.in_process.message import Copy
from shared.runtime.in_process.queue import MessageQueue
from shared.runtime.in_process.refusal import unknown_delivery

BASIC_CANCEL = (60, 30)


class Receiving(Protocol):
    """A channel, as far as its consumers are concerned."""

    is_open: bool
    prefetch_count: int

    @property
    def is_full(self) -> bool:
        """Whether all its consumers together hold as much as they may."""

    def send(self, copy: Copy, queue: MessageQueue, consumer: "Consumer") -> None: ...

    def consumer_lost(self, consumer: "Consumer") -> None: ...

    def basic_ack(self, delivery_tag: int) -> None: ...


class Consumer:
    """One who was promised the messages of a queue, as far as he has room for them."""

    def __init__(self, channel: Receiving, tag: str, queue: MessageQueue, no_ack: bool) -> None:
        self.channel = channel
        self.tag = tag
        self.queue = queue
        self.no_ack = no_ack
        self.callback: Callable[[amqp.Message], Any] = lambda message: None
        self.on_cancel: Callable[[str], Any] | None = None
        # RabbitMQ's reading of `basic.qos`: the limit holds for consumers that come after it.
        self.prefetch_count = channel.prefetch_count
        self.is_active = True
        self.holds = 0

    def has_room(self) -> bool:
        if not (self.is_active and self.channel.is_open):
            return False
        is_full = 0 < self.prefetch_count <= self.holds
        return self.no_ack or not (is_full or self.channel.is_full)

    def receive(self, copy: Copy) -> None:
        self.channel.send(copy, self.queue, self)

    def queue_deleted(self) -> None:
        self.channel.consumer_lost(self)

    def tell_cancelled(self) -> None:
        if self.on_cancel is None:
            raise ConsumerCancelled(self.tag, BASIC_CANCEL)
        self.on_cancel(self.tag)


@dataclass(slots=True, eq=False)
class Delivery:
    """A copy on its way to a consumer, or with him and not yet acknowledged."""

    channel: Receiving
    tag: int
    copy: Copy
    queue: MessageQueue
    consumer: Consumer | None  # None for one who asked himself (`basic.get`)

    def __call__(self) -> None:
        """Hand the message to its consumer."""
        assert self.consumer is not None  # noqa: S101 - what was asked for is never in an inbox
        if self.consumer.no_ack:
            self.channel.basic_ack(self.tag)
        self.consumer.callback(self.message(consumer_tag=self.consumer.tag))

    def message(self, **more_info: Any) -> amqp.Message:
        """Return the message as py-amqp would, with where it comes from."""
        returns = self.copy.returns if self.queue.terms.is_quorum else 0
        published = self.copy.published
        message = published.to_amqp({"x-delivery-count": returns} if returns else {})
        message.channel = self.channel
        message.delivery_info = {
            "delivery_tag": self.tag,
            "redelivered": self.copy.redelivered,
            "exchange": published.exchange,
            "routing_key": published.routing_key,
            **more_info,
        }
        return message


class Unacknowledged:
    """What a channel was sent and has not acknowledged."""

    def __init__(self, channel: Receiving) -> None:
        self._channel = channel
        self._deliveries: dict[int, Delivery] = {}
        self._tags = count(1)

    def __len__(self) -> int:
        return len(self._deliveries)

    def hold(self, copy: Copy, queue: MessageQueue, consumer: Consumer | None = None) -> Delivery:
        delivery = Delivery(self._channel, next(self._tags), copy, queue, consumer)
        self._deliveries[delivery.tag] = delivery
        if consumer is not None:
            consumer.holds += 1
        return delivery

    def release(self, tag: int, *, multiple: bool = False) -> list[Delivery]:
        """Take out one delivery, or with *multiple* all up to it.

        Raises:
            PreconditionFailed: this channel delivered nothing by that tag, or has had it back.
        """
        tags = [held for held in self._deliveries if held <= tag] if multiple else [tag]
        if not multiple and tag not in self._deliveries:
            raise unknown_delivery(tag)
        released = [self._deliveries.pop(tag) for tag in tags]
        for delivery in released:
            if delivery.consumer is not None:
                delivery.consumer.holds -= 1
        return released

    def put_back(self, unseen: Iterable[Delivery]) -> None:
        """Return to their queues what was taken out of the inbox before its consumer saw it."""
        self._put_back([delivery.tag for delivery in unseen], were_seen=False)

    def put_back_all(self) -> None:
        self._put_back([*self._deliveries], were_seen=True)

    def _put_back(self, tags: list[int], *, were_seen: bool) -> None:
        released = [delivery for tag in tags for delivery in self.release(tag)]
        # The last first, so that each finds its old place at the head; and all of them before the
        # first goes out again, or their order would be lost.
        for delivery in reversed(released):
            delivery.queue.put_back(delivery.copy, was_seen=were_seen)
        for queue in {delivery.queue for delivery in released}:
            queue.serve()
