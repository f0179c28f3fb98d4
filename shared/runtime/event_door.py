"""The door through which events come in: taken once, in order where asked, tried again, never lost.

nameko acknowledges an event whose handler raises, or redelivers it in a hot loop. Here a failed
event rests in a retry queue, longer each time, and after the last try lies in the service's
dead-letter queue with the reason, where a person can read, mend and replay it.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import structlog
from nameko.messaging import Consumer

from shared.contracts.event import EVENTS, Event, source_of
from shared.kernel.errors import Refusal
from shared.runtime.inbox import Delivery, Early, Inbox, delivery_from
from shared.runtime.outbox import ContractBroken, told_from
from shared.runtime.publishing import Publisher
from shared.runtime.topology import DEAD_LETTERS, handler_name, handler_queue, retry_queue

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])

# An early event usually waits for one that is being handled at this moment.
EARLY_WAITS_S = (0.01, 0.03, 0.1, 0.3)


class EventDoor(Consumer):
    """A nameko entrypoint for the events of some contracts."""

    def __init__(self, contracts: tuple[type[Event], ...], **options: Any) -> None:
        self.contracts = contracts
        super().__init__(queue=None, **options)

    def setup(self) -> None:
        service = self.container.service_name
        self.queue = handler_queue(service, self.method_name, self.contracts)
        settings = self.container.config["settings"]
        self.delays_s = settings.retry_delays_s
        self.publisher = Publisher(settings.broker_url)
        super().setup()

    def handle_result(
        self, message: Any, worker_ctx: Any, result: Any = None, exc_info: Any = None
    ) -> tuple[Any, Any]:
        """Acknowledge the message once it is done, or safe in the queue of its next try."""
        if exc_info is not None:
            self._put_off(message, exc_info[1])
        self.queue_consumer.ack_message(message)
        return result, None

    def _put_off(self, message: Any, error: BaseException) -> None:
        tries = int(message.headers.get("tries", 0)) + 1
        headers = dict(message.headers) | {"tries": tries, "reason": reason_of(error)}
        kept = {"message_id": message.properties.get("message_id"), "delivery_mode": 2}
        if tries <= len(self.delays_s):
            resting = retry_queue(self.queue.name, self.delays_s[tries - 1])
            self.publisher.publish(
                message.payload,
                routing_key=resting.name,
                headers=headers,
                declare=(resting,),
                **kept,
            )
            return
        log.error(
            "event_died", event_type=headers.get("event_type"), queue=self.queue.name, tries=tries
        )
        headers["queue"] = self.queue.name
        self.publisher.publish(
            message.payload,
            exchange=DEAD_LETTERS,
            routing_key=self.container.service_name,
            headers=headers,
            **kept,
        )


def reason_of(error: BaseException) -> str:
    """Return why a handler failed, in words that cannot quote a message's body."""
    if isinstance(error, Refusal | ContractBroken | Early):
        return f"{type(error).__name__}: {error}"
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f" at {last.tb_frame.f_code.co_qualname}:{last.tb_lineno}" if last else ""
    return f"{type(error).__name__}{where}"


def on_event(*contracts: type[Event], keeps_order: bool = False) -> Callable[[Method], Method]:
    """Call the method for each event of these contracts, inside one transaction with its inbox.

    With *keeps_order* the events of an aggregate come in the order of their numbers; the contracts
    must then be all that their source tells of that aggregate. What is missing is asked for.

    The method's name is its durable queue's name: renaming it strands the messages that wait there
    (decision 0004).
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def received(service: Any, payload: dict[str, Any]) -> None:
            _Reception(service, method, keeps_order).receive(service.serving.delivery, payload)

        return EventDoor.decorator(contracts)(received)  # type: ignore[no-any-return]

    return decorate


class _Reception:
    """One event on its way into one handler."""

    def __init__(self, service: Any, method: Callable[..., None], keeps_order: bool) -> None:
        self.service = service
        self.method = method
        self.handler = handler_name(service.name, method.__name__)
        self.keeps_order = keeps_order

    def receive(self, delivery: Delivery, payload: dict[str, Any]) -> None:
        try:
            for wait_s in EARLY_WAITS_S:
                try:
                    return self._take_all([(delivery, payload)])
                except Early:
                    self.service.work.close()
                    time.sleep(wait_s)
            return self._take_with_missing(delivery, payload)
        finally:
            self.service.work.close()

    def _take_with_missing(self, delivery: Delivery, payload: dict[str, Any]) -> None:
        try:
            self._take_all([(delivery, payload)])
        except Early as early:
            self.service.work.close()
            missing = self._ask_for(delivery, after=early.taken)
            self._take_all([*missing, (delivery, payload)])

    def _take_all(self, events: list[tuple[Delivery, dict[str, Any]]]) -> None:
        work = self.service.work
        with work.begin():
            inbox = Inbox(work.connection, self.handler, keeps_order=self.keeps_order)
            for delivery, payload in events:
                if inbox.take(delivery):
                    self.method(
                        self.service, told_from(EVENTS[delivery.event_type], payload), delivery
                    )
        work.keep()

    def _ask_for(self, delivery: Delivery, *, after: int) -> list[tuple[Delivery, dict[str, Any]]]:
        """Fetch the events between from the service that told them."""
        source = source_of(EVENTS[delivery.event_type])
        log.info("events_asked_for", source=source, aggregate_id=delivery.aggregate_id, after=after)
        told = self.service.neighbours.call(
            source, "events_of", aggregate_id=delivery.aggregate_id, after=after
        )
        known = [(delivery_from(event["headers"]), event["payload"]) for event in told]
        return [event for event in known if event[0].sequence < delivery.sequence]
