"""The exchanges and queues of the bus, declared by code and the same on every broker.

Each service tells its events to the topic exchange `<service>.events`. Each handler has one queue
`evt--<service>.<method>`, beside it one queue a retry delay whose messages fall back into it, and
each service has one dead-letter queue `<service>.dead` (decision 0004). Calls wait in
`rpc-<service>`. All of these are quorum queues; what belongs to one process – replies, hints – is
not, and goes with the process. The table in `deploy/README.md` shows the whole.
"""

from kombu import Exchange, Queue, binding

from shared.contracts.event import Event, source_of
from shared.kernel.ids import new_id
from shared.runtime import rpc_protocol

RPC_EXCHANGE = Exchange(rpc_protocol.EXCHANGE, type="topic", durable=True)
DEAD_LETTERS = Exchange("dead-letters", type="direct", durable=True)
HINTS = Exchange("hints", type="topic", durable=True)
# More deliveries than our own tries ever need: only a message that kills its worker gets here.
DELIVERY_LIMIT = 20
CALL_DELIVERY_LIMIT = 5
REPLIES_KEPT_MS = 300_000

QUORUM = {"x-queue-type": "quorum"}
# A dead letter is passed on with a confirm of its own; without this, one under way when the broker
# stops is lost. RabbitMQ asks for the overflow with it.
PASSED_ON_SAFELY = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


def events_exchange(service: str) -> Exchange:
    return Exchange(f"{service}.events", type="topic", durable=True)


def handler_name(service: str, method: str) -> str:
    return f"{service}.{method}"


def handler_queue(
    service: str, method: str, contracts: tuple[type[Event], ...], *, keeps_order: bool = False
) -> Queue:
    """Return the queue in which a handler's events wait.

    Where the order counts, one copy of the service takes them at a time and another stands by.
    """
    one_at_a_time = {"x-single-active-consumer": True} if keeps_order else {}
    return Queue(
        f"evt--{handler_name(service, method)}",
        bindings=[
            binding(events_exchange(source_of(contract)), routing_key=contract.event_type)
            for contract in contracts
        ],
        durable=True,
        queue_arguments={
            **QUORUM,
            **PASSED_ON_SAFELY,
            **one_at_a_time,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD_LETTERS.name,
            "x-dead-letter-routing-key": service,
        },
    )


def retry_queue(queue: str, delay_s: float) -> Queue:
    """Return the queue where a message rests for *delay_s* before it falls back into *queue*."""
    delay_ms = int(delay_s * 1000)
    return Queue(
        f"{queue}.retry.{delay_ms}ms",
        durable=True,
        queue_arguments={
            **QUORUM,
            **PASSED_ON_SAFELY,
            "x-message-ttl": delay_ms,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": queue,
        },
    )


def dead_letter_queue(service: str) -> Queue:
    return Queue(
        f"{service}.dead",
        exchange=DEAD_LETTERS,
        routing_key=service,
        durable=True,
        queue_arguments=dict(QUORUM),
    )


def call_queue(service: str) -> Queue:
    """Return the queue in which calls to a service wait, each no longer than its caller does."""
    return Queue(
        f"rpc-{service}",
        exchange=RPC_EXCHANGE,
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments={**QUORUM, "x-delivery-limit": CALL_DELIVERY_LIMIT},
    )


def reply_queue(caller: str) -> Queue:
    """Return a queue for the replies to one process of *caller*; it outlives a short outage."""
    address = new_id()
    return Queue(
        f"rpc.reply.{caller}.{address}",
        exchange=RPC_EXCHANGE,
        routing_key=address,
        durable=True,
        queue_arguments={"x-expires": REPLIES_KEPT_MS},
    )


def hint_queue(listener: str, topic: str) -> Queue:
    """Return a queue for the hints to one process of *listener*; it goes with its connection."""
    return Queue(
        f"hints.{listener}.{new_id()}",
        exchange=HINTS,
        routing_key=topic,
        exclusive=True,
        auto_delete=True,
    )
