"""The relay: sends what lies in the outbox, in order, and marks what is safe.

RabbitMQ keeps what it has confirmed, so a confirmed event is marked at once. The broker inside this
process forgets at a crash, so there an event counts as safe when every queue has finished with it;
what was not marked is sent again at the next start, and inboxes drop what they know.

An event that no queue wants comes back and stays: its handler may not have been started yet, or has
been renamed. It is offered again now and then, and `unsent` says that it waits.
"""

import threading
import time
from datetime import datetime
from functools import cache, partial
from typing import Any

import eventlet
import structlog
from nameko.extensions import DependencyProvider
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    select,
    update,
)

from shared.contracts.event import UNHEARD
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.hints import HintListener, HintSayer
from shared.runtime.identity import identity_of
from shared.runtime.in_process.broker import broker_of
from shared.runtime.publishing import Fates, Outgoing, Publisher, Window
from shared.runtime.settings import Settings
from shared.runtime.shards import ALL_SHARDS, RENEW_EVERY_S, EveryShard, LeasedShards, Shards
from shared.runtime.tables import outbox
from shared.runtime.topology import events_exchange

log = structlog.get_logger()

WINDOW = 100
MOST_UNDER_WAY = 500
MARK_EVERY_S = 1.0
SWEEP_S = 2.0
# Commits that follow each other closely are one window: looking costs as much as sending. One after
# a pause waits for nobody.
COLLECT_S = 0.05
OFFER_AGAIN_S = 5.0
FINISH_WITHIN_S = 3.0

_WAITING = outbox.c.published_at.is_(None)
_FRESH = outbox.c.returned_at.is_(None)
_RETURNED = outbox.c.returned_at.is_not(None)
_SET = update(outbox).where(outbox.c.event_id.in_(bindparam("event_ids", expanding=True)))


@cache
def _waiting(which: ColumnElement[bool]) -> Select[Any]:
    under_way: BindParameter[str] = bindparam("under_way", expanding=True)
    return (
        select(outbox)
        .where(_WAITING, which, outbox.c.event_id.not_in(under_way))
        .order_by(outbox.c.id)
        .limit(bindparam("window"))
    )


class Relay:
    """One service's relay in this process."""

    def __init__(
        self, settings: Settings, database: ServiceDatabase, shards: Shards | None = None
    ) -> None:
        self._database = database
        self._identity = identity_of(settings, database.service)
        self._window = Window(settings.broker_url, events_exchange(database.service))
        # Where the broker keeps what it confirmed, nothing has to be watched any longer.
        self._watch = broker_of(settings.broker_url).when_settled if settings.is_embedded else None
        self._shards = shards or (EveryShard() if settings.is_embedded else LeasedShards(database))
        self._held: frozenset[int] = frozenset()
        self._renew_at = 0.0
        self._woken = threading.Event()
        # What was sent and is not marked yet; what of it is safe.
        self._under_way: set[str] = set()
        self._safe: list[str] = []
        self._mark_at = 0.0
        self._offer_at = 0.0
        self._stopping = False
        database.on_told(self.wake)

    @property
    def holds_all(self) -> bool:
        return self._held == ALL_SHARDS

    def wake(self) -> None:
        """Look into the outbox now."""
        self._woken.set()

    def run(self) -> None:
        """Send until stopped; wakes at each commit and sweeps now and then."""
        while not self._stopping:
            self._woken.clear()
            try:
                self._send_all()
            except Exception as error:
                # The broker or the database is away: the rows stay, the next sweep tries again.
                log.warning(
                    "relay_delayed", service=self._database.service, reason=type(error).__name__
                )
                self._under_way = set(self._safe)
            looked_at = time.monotonic()
            self._woken.wait(SWEEP_S)
            time.sleep(max(0.0, looked_at + COLLECT_S - time.monotonic()))
        self._finish()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    def _send_all(self) -> None:
        while self._send_window(_FRESH):
            pass
        if time.monotonic() >= self._offer_at:
            self._offer_at = time.monotonic() + OFFER_AGAIN_S
            while self._send_window(_RETURNED):
                pass
        self._mark_safe()

    def _finish(self) -> None:
        """Mark what is safe and hand the shards over, as far as the database answers."""
        self._mark_at = 0.0
        try:
            self._mark_safe()
            self._shards.release()
        except Exception as error:
            log.warning(
                "relay_not_finished", service=self._database.service, reason=type(error).__name__
            )
        self._window.close()

    def _send_window(self, which: ColumnElement[bool]) -> bool:
        """Send the next rows; answer whether more may get through."""
        self._renew()
        if len(self._under_way) - len(self._safe) >= MOST_UNDER_WAY:
            return False  # the consumers are behind; what they finish wakes this relay
        rows = self._next_rows(which)
        if not rows:
            return False
        fates = self._send(rows)
        self._settle(fates)
        self._mark_safe()
        return len(rows) == WINDOW and bool(fates.taken) and not self._stopping

    def _renew(self) -> None:
        if time.monotonic() >= self._renew_at:
            if self._shards.are_shared:
                # Whoever takes a shard over sends what is not marked.
                self._mark_at = 0.0
                self._mark_safe()
            self._held = self._shards.held()
            self._renew_at = time.monotonic() + RENEW_EVERY_S

    def _next_rows(self, which: ColumnElement[bool]) -> list[Any]:
        asked: dict[str, Any] = {"under_way": list(self._under_way), "window": WINDOW}
        if self.holds_all:
            waiting = _waiting(which)
        else:
            waiting = _waiting(which).where(outbox.c.shard.in_(bindparam("held", expanding=True)))
            asked["held"] = list(self._held)
        with self._database.reading() as connection:
            return list(connection.execute(waiting, asked))

    def _send(self, rows: list[Any]) -> Fates:
        for row in rows:
            self._under_way.add(row.event_id)
            if self._watch is not None:
                self._watch(row.event_id, partial(self._now_safe, row.event_id))
        return self._window.send([self._outgoing(row) for row in rows])

    def _outgoing(self, row: Any) -> Outgoing:
        return Outgoing(
            message_id=row.event_id,
            routing_key=row.event_type,
            headers=self._identity.sign(envelope(row), row.payload),
            body=row.payload,
            must_arrive=row.event_type not in UNHEARD,
        )

    def _settle(self, fates: Fates) -> None:
        if self._watch is None:
            self._safe += fates.taken
        if fates.refused:
            log.warning("events_refused", service=self._database.service, count=len(fates.refused))
        if fates.returned:
            self._note_returned(fates.returned)
        not_out = {*fates.refused, *fates.returned}
        self._under_way -= not_out
        self._safe = [event_id for event_id in self._safe if event_id not in not_out]

    def _note_returned(self, returned: list[str]) -> None:
        log.warning("events_unroutable", service=self._database.service, count=len(returned))
        self._set(returned, returned_at=china_now())

    def _now_safe(self, event_id: str) -> None:
        self._safe.append(event_id)
        if len(self._safe) >= WINDOW:
            self._woken.set()

    def _mark_safe(self) -> None:
        """Mark what is safe, a window at a time or a second late: each marking is a commit."""
        if not self._safe or (len(self._safe) < WINDOW and time.monotonic() < self._mark_at):
            return
        safe = list(self._safe)
        self._set(safe, published_at=china_now())
        self._safe = self._safe[len(safe) :]  # others may have become safe meanwhile
        self._under_way.difference_update(safe)
        self._mark_at = time.monotonic() + MARK_EVERY_S

    def _set(self, event_ids: list[str], **values: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(_SET.values(**values), {"event_ids": event_ids})


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


def unsent(connection: Connection) -> list[dict[str, Any]]:
    """Return how many events of each type wait in the outbox, since when, and how many came back."""
    rows = connection.execute(
        select(
            outbox.c.event_type,
            func.count(),
            func.min(outbox.c.occurred_at),
            func.count(outbox.c.returned_at),
        )
        .where(_WAITING)
        .group_by(outbox.c.event_type)
        .order_by(outbox.c.event_type)
    )
    return [
        {"event_type": event_type, "events": events, "since": since, "unroutable": unroutable}
        for event_type, events, since, unroutable in rows
    ]


class RelayOfService(DependencyProvider):
    """Runs the relay beside a service's workers, once every service stands ready to listen."""

    def start(self) -> None:
        settings = self.container.config["settings"]
        service = self.container.service_name
        database = database_of(settings, service)
        self.relay = Relay(settings, database)
        self._listener: HintListener | None = None
        if not settings.is_embedded:
            self._listen(settings, service, database)
        self._thread = self.container.spawn_managed_thread(self._run, identifier="relay")

    def _listen(self, settings: Settings, service: str, database: ServiceDatabase) -> None:
        """Let a commit here wake the copy that holds its shard."""
        topic = f"relay.{service}"
        sayer = HintSayer(Publisher(settings.broker_url, confirmed=False))
        database.on_told(lambda: None if self.relay.holds_all else sayer.say(topic))
        self._listener = HintListener(settings.broker_url, topic, lambda _: self.relay.wake())

    def _run(self) -> None:
        self.container.config["may_relay"].wait()
        self.relay.run()

    def stop(self) -> None:
        self.relay.stop()
        if self._listener is not None:
            self._listener.close()
        if self.container.config["may_relay"].is_set():
            # It marks what is safe and hands its shards over; a broker that hangs is not waited for.
            with eventlet.Timeout(FINISH_WITHIN_S, exception=False):
                self._thread.wait()
