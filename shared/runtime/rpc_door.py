"""The door through which questions and orders come in, in nameko's RPC protocol.

nameko opens a publisher for every answer, and its container dies when an answer cannot be sent.
Here one publisher serves all, and an answer that cannot be sent is logged: the caller's time runs
out, and it may ask again under the same idempotency key.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from nameko.rpc import Rpc

from shared.runtime.publishing import Publisher
from shared.runtime.rpc_client import RPC_EXCHANGE

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])


class RpcDoor(Rpc):
    """A nameko entrypoint for calls."""

    def setup(self) -> None:
        self.publisher = Publisher(self.container.config["settings"].broker_url)
        super().setup()

    def handle_result(
        self, message: Any, worker_ctx: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        error = None if exc_info is None else {"exc_type": type(exc_info[1]).__name__}
        try:
            self.publisher.publish(
                {"result": result, "error": error},
                exchange=RPC_EXCHANGE,
                routing_key=message.properties["reply_to"],
                correlation_id=message.properties.get("correlation_id"),
            )
        except Exception:
            log.warning("answer_not_sent", method=self.method_name, exc_info=True)
        self.rpc_consumer.queue_consumer.ack_message(message)
        return result, exc_info


def open_door(method: Method) -> Method:
    """Make *method* callable over the bus."""
    return RpcDoor.decorator(method)  # type: ignore[no-any-return]
