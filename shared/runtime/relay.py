"""The relay: sends what lies in the outbox, in order, and marks what is safe.

RabbitMQ keeps what it has confirmed, so a confirmed event is marked at once. The broker inside this
process forgets at a crash, so there an event counts as safe when every queue has finished with it;
what was not marked is sent again at the next start, and inboxes drop what they know.
"""

import threading
import time
from datetime import datetime
from typing import Any

import structlog
from nameko.extensions import DependencyProvider
from sqlalchemy import select, update

from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.in_process.broker import broker_of
from shared.runtime.publishing import Publisher
from shared.runtime.settings import Settings
from shared.runtime.tables import outbox
from shared.runtime.topology import events_exchange

log = structlog.get_logger()

WINDOW = 100
MOST_UNDER_WAY = 500
MARK_EVERY_S = 1.0
SWEEP_S = 2.0


class Relay:
    """One service's relay in this process."""

    def __init__(self, settings: Settings, database: ServiceDatabase) -> None:
        self._database = database
        self._exchange = events_exchange(database.service)
        self._publisher = Publisher(settings.broker_url)
        # Where the broker keeps what it confirmed, nothing has to be watched any longer.
        self._watch = broker_of(settings.broker_url).when_settled if settings.is_embedded else None
        self._woken = threading.Event()
        # Rows sent and not yet marked; those among them that are safe.
        self._under_way: set[int] = set()
        self._safe: list[int] = []
        self._mark_at = 0.0
        self._stopping = False
        database.on_told(self._woken.set)

    def run(self) -> None:
        """Send until stopped; wakes at each commit and sweeps now and then."""
        while not self._stopping:
            self._woken.clear()
            try:
                while self._send_window():
                    pass
                self._mark_safe()
            except Exception:
                # The broker or the database is away: the rows stay, the next sweep tries again.
                log.warning("relay_delayed", service=self._database.service, exc_info=True)
                self._under_way.clear()
            self._woken.wait(SWEEP_S)

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    def _send_window(self) -> bool:
        """Send the next rows; answer whether there may be more."""
        if len(self._under_way) - len(self._safe) >= MOST_UNDER_WAY:
            return False  # the consumers are behind; what they finish wakes this relay
        rows = self._next_rows()
        for row in rows:
            self._under_way.add(row.id)
            self._send(row)
        self._mark_safe()
        return len(rows) == WINDOW

    def _next_rows(self) -> list[Any]:
        with self._database.reading() as connection:
            waiting = (
                select(outbox)
                .where(outbox.c.published_at.is_(None), outbox.c.id.not_in(self._under_way))
                .order_by(outbox.c.id)
                .limit(WINDOW)
            )
            return list(connection.execute(waiting))

    def _send(self, row: Any) -> None:
        if self._watch is not None:
            self._watch(row.event_id, lambda: self._now_safe(row.id))
        self._publisher.publish(
            row.payload,
            exchange=self._exchange,
            routing_key=row.event_type,
            headers=envelope(row),
            declare=(self._exchange,),
            message_id=row.event_id,
            delivery_mode=2,
        )
        if self._watch is None:
            self._now_safe(row.id)

    def _now_safe(self, row_id: int) -> None:
        self._safe.append(row_id)
        if len(self._safe) >= WINDOW:
            self._woken.set()

    def _mark_safe(self) -> None:
        """Mark what is safe, a window at a time or a second late: each marking is a commit."""
        if not self._safe or (len(self._safe) < WINDOW and time.monotonic() < self._mark_at):
            return
        safe, self._safe = self._safe, []
        with self._database.writing() as connection:
            connection.execute(
                update(outbox).where(outbox.c.id.in_(safe)).values(published_at=china_now())
            )
        self._under_way.difference_update(safe)
        self._mark_at = time.monotonic() + MARK_EVERY_S


def envelope(row: Any) -> dict[str, Any]:
    """Return the message headers of an outbox row: the event's envelope and the call's."""
    occurred_at: datetime = row.occurred_at
    return {
        **row.headers,
        "event_id": row.event_id,
        "event_type": row.event_type,
        "aggregate_id": row.aggregate_id,
        "sequence": row.sequence,
        "occurred_at": occurred_at.isoformat(),
    }


class RelayOfService(DependencyProvider):
    """Runs the relay beside a service's workers, once every service stands ready to listen."""

    def start(self) -> None:
        settings = self.container.config["settings"]
        self.relay = Relay(settings, database_of(settings, self.container.service_name))
        self.container.spawn_managed_thread(self._run, identifier="relay")

    def _run(self) -> None:
        self.container.config["may_relay"].wait()
        self.relay.run()

    def stop(self) -> None:
        self.relay.stop()
