"""Calls to other services, in nameko's RPC protocol, each with an end.

nameko's own proxy waits for ever when a reply is lost. This one gives every call a time, gives the
request the same time to live in the queue, and turns an absent service into an answer of its own.
"""

import threading
from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from amqp.exceptions import AMQPError
from kombu import Consumer

from shared.kernel.actor import PLATFORM
from shared.kernel.ids import new_id
from shared.runtime.background import in_background
from shared.runtime.bus_connection import bus_connection
from shared.runtime.call import Call
from shared.runtime.publishing import JSON, let_others_listen
from shared.runtime.rpc_protocol import answer_of, request, routing_key, service_away, service_slow
from shared.runtime.staying_connected import StaysConnected
from shared.runtime.topology import RPC_EXCHANGE, reply_queue

log = structlog.get_logger()


class _Waiting:
    """A place for one reply, or for why there will be none."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.body: dict[str, Any] = {}
        self.is_away = False

    def give(self, body: dict[str, Any]) -> None:
        self.body = body
        self.arrived.set()

    def give_up(self) -> None:
        self.is_away = True
        self.arrived.set()


class RpcCaller(StaysConnected):
    """One reply queue and the calls that wait on it; shared by a whole process.

    Calls go out on the connection on which their replies come in, without a confirm: an absent
    service sends the call back at once, a lost connection ends every call that waits, and after
    both the caller may ask again.
    """

    def __init__(self, broker_url: str) -> None:
        self.connection = bus_connection(broker_url)
        self._queue = reply_queue(self.connection.userid or PLATFORM.account)
        self._waiting: dict[str, _Waiting] = {}
        self._listening = threading.Event()
        self._channel: Any = None
        in_background(self.run, "rpc-replies")

    def get_consumers(self, consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [consumer([self._queue], on_message=self._arrive, no_ack=True)]

    def on_consume_ready(self, _connection: Any, channel: Any, *_: Any, **__: Any) -> None:
        let_others_listen(channel)
        channel.events["basic_return"].add(self._came_back)
        self._channel = channel
        self._listening.set()

    def consume(self, *arguments: Any, **options: Any) -> Iterator[None]:
        try:
            yield from super().consume(*arguments, **options)
        finally:
            self._listening.clear()
            for waiting in list(self._waiting.values()):
                waiting.give_up()

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.info("broker_away", reason=type(exc).__name__, again_in_s=interval)

    def _arrive(self, message: Any) -> None:
        waiting = self._waiting.get(message.properties.get("correlation_id"))
        if waiting is not None:
            waiting.give(orjson.loads(message.body))

    def _came_back(self, _error: Exception, _exchange: str, _key: str, message: Any) -> None:
        waiting = self._waiting.get(message.properties.get("correlation_id"))
        if waiting is not None:
            waiting.give_up()

    def call(
        self, service: str, method: str, arguments: dict[str, Any], *, call: Call, timeout_s: float
    ) -> Any:
        """Return what the service answers.

        Raises:
            Refusal: what the service said no to, or `Unavailable` when it is away, slow or broken.
        """
        if not self._listening.wait(timeout_s):
            raise service_away(service)
        correlation_id = new_id()
        waiting = self._waiting[correlation_id] = _Waiting()
        try:
            self._send(routing_key(service, method), arguments, call, correlation_id, timeout_s)
            if not waiting.arrived.wait(timeout_s):
                raise service_slow(service)
        except (AMQPError, OSError) as error:
            raise service_away(service) from error
        finally:
            self._waiting.pop(correlation_id, None)
        if waiting.is_away:
            raise service_away(service)
        return answer_of(service, waiting.body, call)

    def _send(
        self,
        key: str,
        arguments: dict[str, Any],
        call: Call,
        correlation_id: str,
        timeout_s: float,
    ) -> None:
        message = self._channel.prepare_message(
            orjson.dumps(request(arguments)),
            **JSON,
            headers=call.headers(),
            properties={
                "reply_to": self._queue.routing_key,
                "correlation_id": correlation_id,
                # Nobody waits for it any longer than this; it shall not be done late.
                "expiration": str(int(timeout_s * 1000)),
            },
        )
        self._channel.basic_publish(
            message, exchange=RPC_EXCHANGE.name, routing_key=key, mandatory=True
        )

    def close(self) -> None:
        """Stop listening for replies, within a second."""
        self.should_stop = True


_CALLERS: dict[str, RpcCaller] = {}


def caller_for(broker_url: str) -> RpcCaller:
    """Return this process's caller on that broker."""
    if broker_url not in _CALLERS:
        _CALLERS[broker_url] = RpcCaller(broker_url)
    return _CALLERS[broker_url]


def close_callers() -> None:
    """Close this process's callers; one that is left would look for its broker for ever."""
    while _CALLERS:
        _CALLERS.popitem()[1].close()
