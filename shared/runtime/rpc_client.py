"""Calls to other services, in nameko's RPC protocol, each with an end.

nameko's own proxy waits for ever when a reply is lost. This one gives every call a time, gives the
request the same time to live in the queue, and turns an absent service into an answer of its own.
"""

import threading
from functools import cache
from typing import Any

from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import ChannelError, OperationalError
from kombu.mixins import ConsumerMixin
from kombu.pools import producers

from shared.kernel.ids import new_id
from shared.runtime import rpc_protocol
from shared.runtime.background import in_background
from shared.runtime.call import Call
from shared.runtime.rpc_protocol import answer_of, service_away, service_slow

RPC_EXCHANGE = Exchange(rpc_protocol.EXCHANGE, type="topic", durable=True)
CONFIRMED = {"confirm_publish": True, "max_retries": 3, "interval_start": 0.2, "interval_max": 2}
RETRY_POLICY = {"max_retries": 3, "interval_start": 0, "interval_step": 0.5, "interval_max": 2}


class _Waiting:
    """A place for one reply."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.body: dict[str, Any] = {}


class RpcCaller(ConsumerMixin):
    """One reply queue and the calls that wait on it; shared by a whole process."""

    def __init__(self, broker_url: str) -> None:
        self.connection = Connection(broker_url)
        self._publishing = Connection(broker_url, transport_options=dict(CONFIRMED))
        self._reply_to = new_id()
        self._queue = Queue(
            f"rpc.reply-{self._reply_to}",
            exchange=RPC_EXCHANGE,
            routing_key=self._reply_to,
            queue_arguments={"x-expires": 300_000},
        )
        self._waiting: dict[str, _Waiting] = {}
        self._listening = threading.Event()
        in_background(self.run, "rpc-replies")

    def get_consumers(self, consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [consumer([self._queue], callbacks=[self._arrive], no_ack=True, accept=["json"])]

    def on_consume_ready(self, *_: Any, **__: Any) -> None:
        self._listening.set()

    def _arrive(self, body: dict[str, Any], message: Any) -> None:
        waiting = self._waiting.pop(message.properties.get("correlation_id"), None)
        if waiting is not None:
            waiting.body = body
            waiting.arrived.set()

    def call(
        self, service: str, method: str, arguments: dict[str, Any], *, call: Call, timeout_s: float
    ) -> Any:
        """Return what the service answers.

        Raises:
            Refusal: what the service said no to, or `Unavailable` when it is away, slow or broken.
        """
        correlation_id = new_id()
        waiting = self._waiting[correlation_id] = _Waiting()
        try:
            if not self._listening.wait(timeout_s):
                raise service_away(service)
            self._send(service, method, arguments, call, correlation_id, timeout_s)
            if not waiting.arrived.wait(timeout_s):
                raise service_slow(service)
        finally:
            self._waiting.pop(correlation_id, None)
        return answer_of(service, waiting.body, call)

    def _send(
        self,
        service: str,
        method: str,
        arguments: dict[str, Any],
        call: Call,
        correlation_id: str,
        timeout_s: float,
    ) -> None:
        try:
            with producers[self._publishing].acquire(block=True) as producer:
                producer.publish(
                    rpc_protocol.request(arguments),
                    exchange=RPC_EXCHANGE,
                    routing_key=rpc_protocol.routing_key(service, method),
                    serializer="json",
                    mandatory=True,
                    reply_to=self._reply_to,
                    correlation_id=correlation_id,
                    headers=call.headers(),
                    # Nobody waits for it any longer than this; it shall not be done late.
                    expiration=timeout_s,
                    retry=True,
                    retry_policy=RETRY_POLICY,
                )
        except (ChannelError, OperationalError, OSError) as error:
            raise service_away(service) from error

    def close(self) -> None:
        """Stop listening for replies, within a second."""
        self.should_stop = True


@cache
def caller_for(broker_url: str) -> RpcCaller:
    """Return this process's caller on that broker."""
    return RpcCaller(broker_url)
