"""Publishing to the broker, with its confirmation."""

from typing import Any

from kombu import Connection, Exchange, Queue
from kombu.pools import producers

from shared.runtime.rpc_client import CONFIRMED, RETRY_POLICY


class Publisher:
    """Puts messages on the bus; returns when the broker has taken them."""

    def __init__(self, broker_url: str) -> None:
        self._connection = Connection(broker_url, transport_options=dict(CONFIRMED))

    def publish(
        self,
        body: Any,
        *,
        exchange: Exchange | str = "",
        routing_key: str,
        headers: dict[str, Any] | None = None,
        declare: tuple[Exchange | Queue, ...] = (),
        **properties: Any,
    ) -> None:
        with producers[self._connection].acquire(block=True) as producer:
            producer.publish(
                body,
                exchange=exchange,
                routing_key=routing_key,
                headers=headers or {},
                serializer="json",
                declare=list(declare),
                retry=True,
                retry_policy=RETRY_POLICY,
                **properties,
            )
