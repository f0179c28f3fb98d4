"""The door through which questions and orders come in, in nameko's RPC protocol.

nameko opens a publisher for every answer, and its container dies when an answer cannot be sent.
Here an answer goes out on the channel its call came in on, and one that cannot be sent is logged:
the caller's time runs out, and it may ask again under the same idempotency key. Nobody confirms an
answer either: its caller knows whether it came.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
import structlog
from kombu import Queue
from nameko.rpc import Rpc, RpcConsumer

from shared.runtime.bus_consumer import BusConsumer
from shared.runtime.publishing import JSON
from shared.runtime.topology import RPC_EXCHANGE, call_queue

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])


class CallConsumer(RpcConsumer):
    """Takes the calls to one service out of its queue, and sends the answers."""

    queue_consumer = BusConsumer()
    queue: Queue | None
    # Nobody waits for an old call, and whoever called asks again.
    may_be_emptied = True

    def setup(self) -> None:
        if self.queue is None:
            self.queue = call_queue(self.container.service_name)
            self.queue_consumer.register_provider(self)

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Answer, and acknowledge the call whether or not the answer could be sent."""
        error = None if exc_info is None else {"exc_type": type(exc_info[1]).__name__}
        try:
            _answer(message, _written({"result": result, "error": error}))
        except Exception as unsent:
            log.warning("answer_not_sent", reason=type(unsent).__name__)
        self.queue_consumer.ack_message(message)
        return result, exc_info


def _written(body: dict[str, Any]) -> bytes:
    """Return the answer as JSON, or, where it is none, that the door failed: nobody waits in vain."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        log.exception("answer_is_no_json")
        return orjson.dumps({"result": None, "error": {"exc_type": type(error).__name__}})


def _answer(message: Any, body: bytes) -> None:
    channel = message.channel
    answer = channel.prepare_message(
        body,
        **JSON,
        properties={
            "correlation_id": message.properties.get("correlation_id"),
            "delivery_mode": 1,
        },
    )
    channel.basic_publish(
        answer, exchange=RPC_EXCHANGE.name, routing_key=message.properties["reply_to"]
    )


class RpcDoor(Rpc):
    """A nameko entrypoint for calls."""

    rpc_consumer = CallConsumer()


def open_door(method: Method) -> Method:
    """Make *method* callable over the bus."""
    return RpcDoor.decorator(method)  # type: ignore[no-any-return]
