"""Gives kombu, and so nameko, the in-process broker as a transport."""

import time
from collections import deque
from collections.abc import Callable
from itertools import count
from threading import Condition
from typing import Any

from kombu.transport import pyamqp

from shared.runtime.in_process.broker import Broker, Change, broker_of
from shared.runtime.in_process.channel import Channel
from shared.runtime.in_process.delivery import Delivery
from shared.runtime.in_process.refusal import closed, not_done


class Transport(pyamqp.Transport):
    """What kombu makes for a URI `inprocess://`; its errors are py-amqp's."""

    driver_name = "in-process"
    default_port = None
    implements = pyamqp.Transport.implements.extend(asynchronous=False, heartbeats=False)
    default_connection_params: dict[str, Any] = {}  # noqa: RUF012 - kombu reads it, nobody writes

    def establish_connection(self) -> "Connection":
        return Connection(self.client, broker_of(self.client))

    def heartbeat_check(self, connection: "Connection", rate: int = 2) -> None:
        """Do nothing: a connection inside the process cannot be lost unnoticed."""

    def get_heartbeat_interval(self, connection: "Connection") -> int:
        return 0

    def register_with_event_loop(self, connection: "Connection", loop: Any) -> None:
        raise not_done("kombu's event loop", "kombu 事件循环")


class Connection:
    """One client of the broker; what the broker has for it waits in its inbox."""

    def __init__(self, client: Any, broker: Broker) -> None:
        self.client = client
        self.broker = broker
        self.connected = True
        self.confirm_publish = bool(client.transport_options.get("confirm_publish"))
        self._arrived = Condition(broker.lock)
        self._inbox: deque[Callable[[], None]] = deque()
        self._channels: dict[int, Channel] = {}
        self._channel_ids = count(1)
        self.change = Change(broker, self)
        with self.change:
            broker.clients.add(self)

    def channel(self) -> Channel:
        with self.change:
            channel = Channel(self, next(self._channel_ids))
            self._channels[channel.channel_id] = channel
        return channel

    def drain_events(self, timeout: float | None = None) -> None:
        """Wait for the next delivery, or other news, and call who is concerned.

        Raises:
            TimeoutError: nothing came in time; it is what `socket.timeout` is called nowadays.
            amqp.RecoverableConnectionError: the connection is closed.
        """
        if self._inbox:
            time.sleep(0)  # one who always finds something would never let a green thread run
        with self.change:
            if not self._arrived.wait_for(lambda: self._inbox or not self.connected, timeout):
                raise TimeoutError("timed out")
            if not self.connected:
                raise closed("connection", "连接")
            news = self._inbox.popleft()
        news()

    def close(self) -> None:
        with Change(self.broker):
            if not self.connected:
                return
            channels = list(self._channels.values())
            for channel in channels:
                channel.is_open = False
            for channel in channels:
                channel.give_back()
            for queue in list(self.broker.queues.values()):
                if queue.terms.owner is self:
                    self.broker.delete_queue(queue)
            self.broker.clients.discard(self)
            self.lose()

    collect = close

    def lose(self) -> None:
        self.connected = False
        for channel in self._channels.values():
            channel.is_open = False
            channel.connection = None
        self._channels.clear()
        self._inbox.clear()
        self._arrived.notify_all()

    def forget(self, channel: Channel) -> None:
        self._channels.pop(channel.channel_id, None)

    def tell(self, news: Callable[[], None]) -> None:
        self._inbox.append(news)
        self._arrived.notify()

    def withdraw(self, is_void: Callable[[Delivery], bool]) -> list[Delivery]:
        """Take back what was sent and not yet drained; return it in the order of sending."""
        withdrawn = [news for news in self._inbox if isinstance(news, Delivery) and is_void(news)]
        void = set(withdrawn)
        self._inbox = deque(news for news in self._inbox if news not in void)
        return withdrawn
