"""What every service's doors have in common: its work, its call, its relay, its dead letters."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

import nameko.rpc
import nameko.timer
import structlog
from nameko.extensions import DependencyProvider
from sqlalchemy import select

from shared.kernel.clock import china_now
from shared.runtime import dead_letters
from shared.runtime.answering import answering, commanding
from shared.runtime.call import Call, call_from
from shared.runtime.database import database_of
from shared.runtime.dead_letters import on_dead_letter
from shared.runtime.event_door import on_event
from shared.runtime.inbox import Delivery, delivery_from, forget_taken
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.publishing import Publisher
from shared.runtime.relay import RelayOfService, envelope
from shared.runtime.settings import Settings
from shared.runtime.tables import outbox
from shared.runtime.topology import HINTS
from shared.runtime.work import Work, forget_answers

__all__ = ["Doors", "command", "every", "on_event", "rpc"]

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])

ANSWERS_KEPT = timedelta(days=30)
INBOX_KEPT = timedelta(days=30)
HOUR_S = 3600


def rpc(method: Method) -> Method:
    """Open *method* to questions from other services and the edge."""
    return nameko.rpc.rpc(answering(method))  # type: ignore[no-any-return]


def command(method: Method) -> Method:
    """Open *method* to orders: each is done once, however often it is sent."""
    return nameko.rpc.rpc(commanding(method))  # type: ignore[no-any-return]


def every(seconds: float) -> Callable[[Method], Method]:
    """Call *method* every so many seconds while the service runs; a failure waits for the next."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def tick(service: Any) -> None:
            try:
                method(service)
            except Exception:
                log.warning(
                    "timer_failed", service=service.name, timer=method.__name__, exc_info=True
                )
            finally:
                service.work.close()

        return nameko.timer.timer(interval=seconds)(tick)  # type: ignore[no-any-return]

    return decorate


class _PerCall(DependencyProvider):
    @property
    def settings(self) -> Settings:
        return self.container.config["settings"]  # type: ignore[no-any-return]


class _CallOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> Call:
        call = call_from(worker_ctx.data)
        structlog.contextvars.bind_contextvars(call_id=call.call_id, matter_no=call.matter_no)
        return call


class _DeliveryOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> Delivery | None:
        return delivery_from(worker_ctx.data) if "event_id" in worker_ctx.data else None


class _HeadersOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> dict[str, Any]:
        return dict(worker_ctx.data)


class _WorkOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> Work:
        database = database_of(self.settings, self.container.service_name)
        return Work(database, call_from(worker_ctx.data).command)

    def worker_teardown(self, worker_ctx: Any) -> None:
        worker_ctx.service.work.close()


class _NeighboursOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> Neighbours:
        return Neighbours(self.settings, call_from(worker_ctx.data))


class _SettingsOfWorker(_PerCall):
    def get_dependency(self, worker_ctx: Any) -> Settings:
        return self.settings


class _PublisherOfWorker(_PerCall):
    def setup(self) -> None:
        self.publisher = Publisher(self.settings.broker_url)

    def get_dependency(self, worker_ctx: Any) -> Publisher:
        return self.publisher


class Doors:
    """The base of every service class: nameko sees the doors, a method sees plain attributes."""

    name: str
    call: Call = _CallOfWorker()
    delivery: Delivery | None = _DeliveryOfWorker()
    headers: dict[str, Any] = _HeadersOfWorker()
    work: Work = _WorkOfWorker()
    neighbours: Neighbours = _NeighboursOfWorker()
    settings: Settings = _SettingsOfWorker()
    publisher: Publisher = _PublisherOfWorker()
    relay = RelayOfService()

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.work, self.call)

    def hint(self, topic: str, said: dict[str, Any]) -> None:
        """Tell whoever listens at this moment, once the work is kept; nobody relies on a hint."""
        self.work.after_keep(
            f"hint {topic}",
            lambda: self.publisher.publish(
                said, exchange=HINTS, routing_key=topic, declare=(HINTS,), delivery_mode=1
            ),
        )

    @rpc
    def ready(self) -> dict[str, Any]:
        """Answer when the database answers."""
        self.work.connection.execute(select(1))
        return {"service": self.name, "ready": True}

    @rpc
    def events_after(self, row: int, limit: int = 500) -> list[dict[str, Any]]:
        """Return the events this service has told after outbox row *row*, oldest first."""
        told = select(outbox).where(outbox.c.id > row).order_by(outbox.c.id).limit(min(limit, 2000))
        return [_told(event) for event in self.work.connection.execute(told)]

    @rpc
    def events_of(self, aggregate_id: str, after: int = 0) -> list[dict[str, Any]]:
        """Return the events told of one aggregate after its *after*-th, oldest first."""
        told = (
            select(outbox)
            .where(outbox.c.aggregate_id == aggregate_id, outbox.c.sequence > after)
            .order_by(outbox.c.sequence)
        )
        return [_told(event) for event in self.work.connection.execute(told)]

    @rpc
    def dead_letters(self, include_replayed: bool = False) -> list[dict[str, Any]]:
        """Return the dead letters of this service."""
        return dead_letters.listed(self.work.connection, include_replayed=include_replayed)

    @rpc
    def dead_letter(self, letter_id: str) -> dict[str, Any]:
        """Return one dead letter with its masked body."""
        return dead_letters.shown(self.work.connection, letter_id)

    @command
    def replay_dead_letter(self, letter_id: str) -> dict[str, Any]:
        """Send a dead letter back to the handler it was meant for."""
        with self.work.begin():
            return dead_letters.replay(self.work.connection, letter_id, self.publisher)

    @on_dead_letter
    def keep_dead_letter(self, payload: Any) -> None:
        """Keep what no try got through."""
        with self.work.begin():
            dead_letters.keep(self.work.connection, self.headers, payload)
        self.work.keep()

    @every(HOUR_S)
    def forget(self) -> None:
        """Delete what only serves to recognise repetitions and is too old for any."""
        with self.work.begin():
            forget_answers(self.work.connection, china_now() - ANSWERS_KEPT)
            forget_taken(self.work.connection, china_now() - INBOX_KEPT)
        self.work.keep()


def _told(row: Any) -> dict[str, Any]:
    return {"row": row.id, "headers": envelope(row), "payload": row.payload}
