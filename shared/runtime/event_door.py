"""The door through which events come in: taken once, in order where asked, tried again, never lost.

nameko acknowledges an event whose handler raises, or redelivers it in a hot loop. Here a failed
event rests in a retry queue, longer each time, and after the last try lies in the service's
dead-letter queue with the reason, where a person can read, mend and replay it.

What has come while the worker was busy is taken together, in one transaction: a commit costs as
much as the work on several events. If one of them fails, each is taken alone, so that only the one
is put off. While the database is away the events stay here and wait; that is not their fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar

import eventlet
import structlog
from eventlet.queue import Empty, LightQueue
from kombu import Queue
from nameko.exceptions import ContainerBeingKilled
from nameko.messaging import Consumer

from shared.contracts.event import Event, aggregate_id, source_of
from shared.kernel.actor import NOBODY
from shared.kernel.errors import Refusal
from shared.runtime import audit
from shared.runtime.bus_consumer import BusConsumer
from shared.runtime.call import Call
from shared.runtime.database import is_away
from shared.runtime.dead_letters import tries_of
from shared.runtime.identity import Forged
from shared.runtime.inbox import Delivery, Early, EnvelopeBroken, Inbox, delivery_from
from shared.runtime.keyring import KeyMissing
from shared.runtime.outbox import ContractBroken, told_from
from shared.runtime.publishing import Publisher
from shared.runtime.sealing import SealBroken
from shared.runtime.silent_queues import QueueSilent, answering_in_time
from shared.runtime.topology import DEAD_LETTERS, handler_name, handler_queue, retry_queue

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])

# Events taken in one transaction, and how many may wait in this process for the next.
BATCH = 50
PREFETCH = 2 * BATCH
AWAY_WAIT_S = 0.5
# The events of one window come one after the other; so long a batch waits for more of them.
COLLECT_S = 0.005
# What is wrong, in words that quote nothing.
_SAYING_WHY = (
    Refusal,
    ContractBroken,
    EnvelopeBroken,
    Early,
    Forged,
    SealBroken,
    KeyMissing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A message that could not be taken, and why; `is_its_fault` unless the database was away."""

    message: Any
    error: Exception

    @property
    def is_its_fault(self) -> bool:
        return not is_away(self.error)


class EventDoor(Consumer):
    """A nameko entrypoint for the events of some contracts."""

    queue_consumer = BusConsumer()
    takes_at_once = True
    prefetch_count = PREFETCH

    def __init__(
        self, contracts: tuple[type[Event], ...], keeps_order: bool = False, **options: Any
    ) -> None:
        self.contracts = contracts
        self.keeps_order = keeps_order
        super().__init__(queue=None, **options)

    def setup(self) -> None:
        self.queue = handler_queue(
            self.container.service_name,
            self.method_name,
            self.contracts,
            keeps_order=self.keeps_order,
        )
        settings = self.container.config["settings"]
        self.delays_s = settings.retry_delays_s
        self.publisher = Publisher(settings.broker_url)
        self._come = LightQueue()
        self._is_stopping = False
        super().setup()

    def start(self) -> None:
        self._taking = self.container.spawn_managed_thread(self._take_on, identifier="events")

    def stop(self) -> None:
        """Take nothing new, finish the batch in hand, and give the rest back."""
        super().stop()
        self._is_stopping = True
        self._come.put(None)
        self._taking.wait()

    def handle_message(self, body: Any, message: Any) -> None:
        self._come.put(message)

    def handle_unreadable(self, message: Any) -> None:
        """Give up at once what no try can read."""
        self.queue_consumer.reject_message(message)

    def _take_on(self) -> None:
        self._make_resting_places()
        while not self._is_stopping:
            batch = self._next_batch()
            while batch and not self._is_stopping:
                batch = self._work_on(batch)
                if batch:
                    eventlet.sleep(AWAY_WAIT_S)
            for message in batch:
                self.queue_consumer.requeue_message(message)
        while not self._come.empty():
            if (message := self._come.get_nowait()) is not None:
                self.queue_consumer.requeue_message(message)

    def _next_batch(self) -> list[Any]:
        """Wait for a message and return all that come with it, up to a batch."""
        batch = [self._come.get()]
        eventlet.sleep(COLLECT_S)
        while len(batch) < BATCH:
            try:
                batch.append(self._come.get_nowait())
            except Empty:
                break
        # Those of a connection that broke meanwhile come again over the next.
        return [message for message in batch if message is not None and message.channel.connection]

    def _work_on(self, batch: list[Any]) -> list[Any]:
        """Let a worker take the batch; return what has to wait for the database."""
        done = eventlet.event.Event()
        try:
            self.container.spawn_worker(
                self, (batch,), {}, context_data={}, handle_result=partial(self._settled, done)
            )
        except ContainerBeingKilled:
            return []  # the connection goes with the container, and the broker takes them back
        failed: list[Failed] = done.wait()
        if not failed:
            # Those before it, on this door's own channel, are settled.
            self.queue_consumer.ack_message(batch[-1], and_all_before=True)
            return []
        waiting = [one.message for one in failed if not one.is_its_fault]
        lost = [one.message for one in failed if one.is_its_fault and not self._put_off(one)]
        for message in batch:
            if message not in waiting and message not in lost:
                self.queue_consumer.ack_message(message)
        for message in lost:
            self.queue_consumer.requeue_message(message)
        return waiting

    def _settled(
        self, done: Any, _worker_ctx: Any, result: list[Failed] | None, exc_info: Any
    ) -> tuple[Any, Any]:
        if exc_info is not None:
            done.send_exception(*exc_info)
        else:
            done.send(result)
        return None, None

    def _put_off(self, failed: Failed) -> bool:
        """Put the message where it rests until its next try, or for good; answer whether it lies there."""
        message = failed.message
        tries = tries_of(message.headers) + 1
        headers = dict(message.headers) | {"tries": tries, "reason": reason_of(failed.error)}
        try:
            if tries <= len(self.delays_s) and not isinstance(failed.error, Forged):
                self._let_rest(message, headers, self.delays_s[tries - 1])
            else:
                with answering_in_time():
                    self._bury(message, headers)
        except Exception as error:
            log.warning("event_not_put_off", queue=self.queue.name, reason=type(error).__name__)
            return False
        return True

    def _make_resting_places(self) -> None:
        """Make the retry queues before they are needed; what fails now is done when they are."""
        for delay_s in self.delays_s:
            resting = retry_queue(self.queue.name, delay_s)
            try:
                with answering_in_time():
                    self.publisher.declare(resting)
            except Exception as error:
                log.warning("queue_not_made", queue=resting.name, reason=type(error).__name__)

    def _let_rest(self, message: Any, headers: dict[str, Any], wanted_s: float) -> None:
        """Put the message into the queue of that delay; should it not answer, into the next nearest."""
        for delay_s in sorted(self.delays_s, key=lambda each: abs(each - wanted_s)):
            resting = retry_queue(self.queue.name, delay_s)
            try:
                with answering_in_time():
                    self._put_into(resting, message, headers)
            except QueueSilent:
                log.warning("queue_silent", queue=resting.name)
            else:
                return
        raise QueueSilent

    def _put_into(self, resting: Queue, message: Any, headers: dict[str, Any]) -> None:
        self.publisher.publish(
            message.payload,
            routing_key=resting.name,
            headers=headers,
            declare=(resting,),
            **_kept(message),
        )

    def _bury(self, message: Any, headers: dict[str, Any]) -> None:
        log.error(
            "event_died",
            event_type=headers.get("event_type"),
            queue=self.queue.name,
            tries=headers["tries"],
        )
        self.publisher.publish(
            message.payload,
            exchange=DEAD_LETTERS,
            routing_key=self.container.service_name,
            headers=headers | {"queue": self.queue.name},
            **_kept(message),
        )


def _kept(message: Any) -> dict[str, Any]:
    return {
        "message_id": message.properties.get("message_id"),
        "delivery_mode": 2,
        "mandatory": True,
    }


def reason_of(error: BaseException) -> str:
    """Return why a handler failed, in words that cannot quote a message's body."""
    if isinstance(error, _SAYING_WHY):
        return f"{type(error).__name__}: {error}"
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f" at {last.tb_frame.f_code.co_qualname}:{last.tb_lineno}" if last else ""
    return f"{type(error).__name__}{where}"


def on_event(*contracts: type[Event], keeps_order: bool = False) -> Callable[[Method], Method]:
    """Call the method for each event of these contracts, inside one transaction with its inbox.

    The transaction may be that of several events; if one fails, nothing is kept of any, and each
    is tried alone. With *keeps_order* the events of an aggregate come in the order of their
    numbers; the contracts must then be all that their source tells of that aggregate. What is
    missing is asked for.

    The method's name is its durable queue's name: renaming it strands the messages that wait there
    (decision 0004).
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def received(service: Any, messages: list[Any]) -> list[Failed]:
            return _Reception(service, method, contracts, keeps_order).receive(messages)

        return EventDoor.decorator(contracts, keeps_order)(received)  # type: ignore[no-any-return]

    return decorate


class _Reception:
    """Some events on their way into one handler."""

    def __init__(
        self,
        service: Any,
        method: Callable[..., None],
        contracts: tuple[type[Event], ...],
        keeps_order: bool,
    ) -> None:
        self.service = service
        self.method = method
        self.contracts = {contract.event_type: contract for contract in contracts}
        self.handler = handler_name(service.name, method.__name__)
        self.keeps_order = keeps_order

    def receive(self, messages: list[Any]) -> list[Failed]:
        """Take the events; return those that could not be taken."""
        if len(messages) > 1:
            try:
                self._take_all([self._genuine(message) for message in messages])
            except Exception as error:
                if is_away(error):
                    return [Failed(message=message, error=error) for message in messages]
                log.info("events_taken_singly", handler=self.handler, reason=reason_of(error))
            else:
                return []
            finally:
                self.service.work.close()
        return [failed for failed in map(self._take_alone, messages) if failed is not None]

    def _take_alone(self, message: Any) -> Failed | None:
        try:
            self._take_when_due(message)
        except Forged as forged:
            log.warning("event_forged", handler=self.handler, reason=str(forged))
            return Failed(message=message, error=self._noted(forged))
        except Exception as error:
            log.info("event_failed", handler=self.handler, reason=reason_of(error))
            return Failed(message=message, error=error)
        finally:
            self.service.work.close()
        return None

    def _take_when_due(self, message: Any) -> None:
        """Take the event, and before it those of its aggregate that did not come."""
        event = self._genuine(message)
        try:
            return self._take_all([event])
        except Early as early:
            self.service.work.close()
            missing = self._ask_for(delivery_from(message.headers), after=early.taken)
        return self._take_all([*missing, event])

    def _genuine(self, message: Any) -> tuple[dict[str, Any], Any]:
        """Return headers and body; raises `Forged` unless the service told it that tells such events."""
        speaker = str(message.headers.get("event_type", "")).partition(".")[0]
        self.service.serving.identity.check(speaker, message.headers, message.payload)
        return message.headers, message.payload

    def _take_all(self, events: list[tuple[dict[str, Any], Any]]) -> None:
        deliveries = [delivery_from(headers) for headers, _ in events]
        with self.service.work.begin():
            inbox = Inbox(self.service.work.connection, self.handler, keeps_order=self.keeps_order)
            are_new = inbox.take_all(deliveries)
            for (headers, payload), delivery, is_new in zip(
                events, deliveries, are_new, strict=True
            ):
                if is_new:
                    self.service.serving.serve(headers)
                    self.method(self.service, self._told(delivery, payload), delivery)
        self.service.work.keep()

    def _noted(self, forged: Forged) -> Exception:
        """Note the forgery; return it, or why it could not be noted: then the event waits for that."""
        work, algorithm = self.service.work, self.service.settings.audit_digest
        call = Call(actor=NOBODY)
        try:
            audit.note_refusal(work.database, call, self.handler, "event_forged", algorithm)
        except Exception as error:
            return error
        return forged

    def _told(self, delivery: Delivery, payload: Any) -> Event:
        """Return the event, opened; what was signed is the body as it was sealed.

        Raises:
            ContractBroken, EnvelopeBroken: headers and body do not match.
            SealBroken, KeyMissing: its personal part does not open.
        """
        contract = self._contract(delivery)
        opened = self.service.work.database.sealer.opened_body(delivery.event_type, payload)
        told = told_from(contract, opened)
        if aggregate_id(told) != delivery.aggregate_id:
            raise EnvelopeBroken(f"aggregate_id is not the body's {told.aggregate}")
        return told

    def _contract(self, delivery: Delivery) -> type[Event]:
        contract = self.contracts.get(delivery.event_type)
        if contract is None:
            raise EnvelopeBroken(f"event_type is none that {self.handler} takes")
        return contract

    def _ask_for(self, delivery: Delivery, *, after: int) -> list[tuple[dict[str, Any], Any]]:
        """Fetch the events between from the service that told them."""
        source = source_of(self._contract(delivery))
        log.info("events_asked_for", source=source, aggregate_id=delivery.aggregate_id, after=after)
        told = self.service.neighbours.on_own_account.call(
            source, "events_of", aggregate_id=delivery.aggregate_id, after=after
        )
        return [
            (event["headers"], event["payload"])
            for event in told
            if event["headers"]["sequence"] < delivery.sequence
        ]
