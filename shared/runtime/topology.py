"""The exchanges and queues of the bus, declared by code and the same on every broker.

Each service tells its events to the topic exchange `<service>.events`. Each handler has one queue
`evt--<service>.<method>`, beside it one queue a retry delay whose messages fall back into it, and
each service has one dead-letter queue `<service>.dead` (decision 0004).
"""

from kombu import Exchange, Queue, binding

from shared.contracts.event import Event, source_of

DEAD_LETTERS = Exchange("dead-letters", type="direct", durable=True)
HINTS = Exchange("hints", type="topic", durable=True)
# More deliveries than our own tries ever need: only a message that kills its worker gets here.
DELIVERY_LIMIT = 20


def events_exchange(service: str) -> Exchange:
    return Exchange(f"{service}.events", type="topic", durable=True)


def handler_name(service: str, method: str) -> str:
    return f"{service}.{method}"


def handler_queue(service: str, method: str, contracts: tuple[type[Event], ...]) -> Queue:
    """Return the queue in which a handler's events wait."""
    return Queue(
        f"evt--{handler_name(service, method)}",
        bindings=[
            binding(events_exchange(source_of(contract)), routing_key=contract.event_type)
            for contract in contracts
        ],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
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
            "x-queue-type": "quorum",
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
        queue_arguments={"x-queue-type": "quorum"},
    )
