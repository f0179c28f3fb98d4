"""The broker inside this process: carries nameko over `inprocess://` with RabbitMQ's semantics.

Use it where one process runs everything and nothing may have to be installed. It differs from
RabbitMQ in that it forgets everything when the process ends; `when_settled` is there for those who
must know that a message is done with. And from kombu's own `memory://` in what nameko needs: the
properties survive, `mandatory` counts, a message goes back to the one queue it came from, and a
consumer is woken instead of polling.

Call it from plain threads, or from green threads if eventlet has patched `threading` – as it must
have for nameko – but not from both: the locks of one kind do not stop the other.
"""

import threading
import uuid
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Protocol

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from shared.runtime.in_process.alarm import AlarmClock
from shared.runtime.in_process.exchange import KINDS, Exchange
from shared.runtime.in_process.message import Copy, Published, dead_letter, went_in_a_circle
from shared.runtime.in_process.queue import MessageQueue, QueueTerms
from shared.runtime.in_process.refusal import (
    closed,
    declared_differently,
    default_exchange,
    in_use,
    locked,
    not_found,
)
from shared.runtime.in_process.settlement import Settlements, call

SCHEME = "inprocess"


class Client(Protocol):
    """A connection, as far as its broker is concerned."""

    connected: bool

    def lose(self) -> None:
        """Be cut off; called with the lock held."""


class Broker:
    """One virtual host: exchanges, queues, and who is connected.

    Everything but `when_settled` and `reset` is called inside a `Change`.
    """

    def __init__(self, vhost: str) -> None:
        self.vhost = vhost
        self.lock = threading.Lock()
        self.alarms = AlarmClock(self.lock, Change(self))
        self._start_empty()

    def _start_empty(self) -> None:
        self.clients: set[Client] = set()
        self.queues: dict[str, MessageQueue] = {}
        self.exchanges = {f"amq.{kind}": Exchange(f"amq.{kind}", kind) for kind in KINDS}
        self.settlements = Settlements()

    def when_settled(self, message_id: str, callback: Callable[[], None]) -> None:
        """Call *callback* once when no queue holds a copy of that message any more.

        Ask before publishing: then a message for which there was no queue is settled at once. A
        copy leaves when it is acknowledged or dropped; a dead letter, or the same `message_id`
        published anew before the acknowledgement, is counted on. The callback runs in the thread
        that did the last step and must not wait for anything.
        """
        with self.lock:
            self.settlements.watch(message_id, callback)

    def reset(self) -> None:
        """Forget everything and cut every connection, as a crash would; nothing counts as settled."""
        with Change(self):
            for client in self.clients:
                client.lose()
            self.alarms.clear()
            self._start_empty()

    def exchange(self, name: str) -> Exchange:
        """Return a declared exchange.

        Raises:
            NotFound: there is none of that name.
            AccessRefused: it is the default exchange, to which every queue is bound for ever.
        """
        if not name:
            raise default_exchange()
        if name not in self.exchanges:
            raise not_found("exchange", "交换机", name, self.vhost)
        return self.exchanges[name]

    def declare_exchange(self, wanted: Exchange) -> None:
        """Make the exchange, unless there is one declared in the same way.

        Raises:
            PreconditionFailed: there is one declared differently.
            AccessRefused: it would be the default exchange.
        """
        if not wanted.name:
            raise default_exchange()
        if self.exchanges.setdefault(wanted.name, wanted) != wanted:
            raise declared_differently("exchange", "交换机", wanted.name, self.vhost)

    def delete_exchange(self, name: str, *, if_unused: bool) -> None:
        exchange = self.exchanges.get(name)
        if exchange is None:
            return
        if if_unused and exchange.has_bindings:
            raise in_use("exchange", "交换机", name)
        for queue in self.queues.values():
            queue.bindings = {binding for binding in queue.bindings if binding[0] != name}
        del self.exchanges[name]

    def queue(self, name: str, client: Client) -> MessageQueue:
        """Return a queue that *client* may use.

        Raises:
            NotFound: there is none of that name.
            ResourceLocked: it is another connection's own.
        """
        queue = self.queues.get(name)
        if queue is None:
            raise not_found("queue", "队列", name, self.vhost)
        if queue.terms.owner not in (None, client):
            raise locked(name)
        return queue

    def declare_queue(self, name: str, terms: QueueTerms, client: Client) -> MessageQueue:
        """Return the queue, made now unless there is one declared in the same way.

        Raises:
            ResourceLocked: it is another connection's own.
            PreconditionFailed: there is one declared differently, or the terms do not go together.
        """
        name = name or f"amq.gen-{uuid.uuid4().hex}"
        if name not in self.queues:
            self.queues[name] = MessageQueue(name, terms, self)
        queue = self.queue(name, client)
        if queue.terms != terms:
            raise declared_differently("queue", "队列", name, self.vhost)
        queue.touch()
        return queue

    def delete_queue(self, queue: MessageQueue) -> int:
        """Delete the queue and what is in it; return how many messages waited there."""
        if self.queues.pop(queue.name, None) is None:
            return 0
        for exchange, key in list(queue.bindings):
            self.unbind(queue, exchange, key)
        self.alarms.set(queue, inf)
        return queue.drop_all()

    def bind(self, queue: MessageQueue, exchange: str, key: str) -> None:
        self.exchange(exchange).bind(queue.name, key)
        queue.bindings.add((exchange, key))

    def unbind(self, queue: MessageQueue, exchange: str, key: str) -> None:
        bound = self.exchange(exchange)
        bound.unbind(queue.name, key)
        queue.bindings.discard((exchange, key))
        if bound.auto_delete and not bound.has_bindings:
            del self.exchanges[exchange]

    def publish(self, published: Published) -> bool:
        """Put a copy into every queue that the exchange leads to; answer whether there was one.

        Raises:
            NotFound: there is no such exchange.
        """
        queues = self._route(published)
        self._deliver(published, queues)
        return bool(queues)

    def settle(self, copy: Copy) -> None:
        self.settlements.gone(copy.published.message_id)

    def bury(self, queue: MessageQueue, copy: Copy, reason: str) -> None:
        exchange = queue.terms.dead_letter_exchange
        if exchange is not None and (exchange in self.exchanges or not exchange):
            key = queue.terms.arguments.get("x-dead-letter-routing-key")
            letter = dead_letter(copy.published, queue.name, reason, exchange, key)
            targets = self._route(letter)
            self._deliver(letter, [to for to in targets if not went_in_a_circle(letter, to.name)])
        self.settle(copy)

    def wake_at(self, moment: float, queue: MessageQueue) -> None:
        self.alarms.set(queue, moment)

    def _route(self, published: Published) -> list[MessageQueue]:
        if published.exchange:
            names = self.exchange(published.exchange).route(published.routing_key)
        else:
            names = [published.routing_key]
        return [self.queues[name] for name in names if name in self.queues]

    def _deliver(self, published: Published, queues: list[MessageQueue]) -> None:
        self.settlements.published(published.message_id, len(queues))
        for queue in queues:
            queue.put(published)


class Change:
    """Holds a broker's lock; then does what may not be done under it, as one may wait for another.

    Raises on entry:
        amqp.RecoverableConnectionError: the client on whose behalf it is has been cut off.
    """

    def __init__(self, broker: Broker, client: Client | None = None) -> None:
        self._broker = broker
        self._client = client

    def __enter__(self) -> Broker:
        self._broker.lock.acquire()
        if self._client is not None and not self._client.connected:
            self._broker.lock.release()
            raise closed("connection", "连接")
        return self._broker

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        settled = self._broker.settlements.take_due()
        alarms_needed = self._broker.alarms.claim_start()
        self._broker.lock.release()
        if alarms_needed:
            self._broker.alarms.start()
        call(settled)


_brokers: dict[tuple[str, str], Broker] = {}


def broker_of(where: str | Connection) -> Broker:
    """Return the broker at a URI `inprocess://[name][/vhost]` or at a kombu connection's end.

    Each name and vhost is a broker of its own, made when it is first asked for.

    Raises:
        ValueError: the URI or connection leads elsewhere.
    """
    connection = Connection(where) if isinstance(where, str) else where
    if connection.transport_cls != SCHEME:
        raise ValueError(
            f"not the broker inside this process: {connection.as_uri()}, use {SCHEME}://"
            f"；不是进程内消息代理，请使用 {SCHEME}://"
        )
    place = (connection.hostname or "", connection.virtual_host)
    return _brokers.setdefault(place, Broker(connection.virtual_host))


def reset() -> None:
    """Forget every broker of this process and cut its connections; for tests."""
    while _brokers:
        _brokers.popitem()[1].reset()


def register() -> None:
    """Make kombu, and so nameko, know the scheme `inprocess://`."""
    TRANSPORT_ALIASES[SCHEME] = "shared.runtime.in_process.transport:Transport"


register()
