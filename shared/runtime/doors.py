"""What every service's doors have in common: its work, its call, its relay, its dead letters."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial, wraps
from typing import Any, TypeVar, cast

import nameko.timer
import structlog
from sqlalchemy import select

from shared.contracts.audit import ANCHORS, AuditFilter
from shared.kernel.clock import china_now
from shared.kernel.rights import Permission
from shared.runtime import anchors, audit, audit_reading, dead_letters
from shared.runtime.answering import answering, commanding
from shared.runtime.call import Call
from shared.runtime.dead_letters import on_dead_letter
from shared.runtime.event_door import on_event
from shared.runtime.inbox import forget_taken
from shared.runtime.leases import take_lease
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.partitions import make_partitions_ahead
from shared.runtime.relay import RelayOfService, envelope, unsent
from shared.runtime.rpc_door import open_door
from shared.runtime.serving import Serving, ServingOfWorker
from shared.runtime.settings import Settings
from shared.runtime.tables import outbox
from shared.runtime.work import ANSWERS_KEPT, Work, forget_answers

__all__ = ["Doors", "command", "every", "long_command", "on_event", "rpc"]

log = structlog.get_logger()
Method = TypeVar("Method", bound=Callable[..., Any])

INBOX_KEPT = timedelta(days=30)
MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S
# A timer's lease ends before its next tick, or a copy that died would be missed for two intervals.
LEASE_OF_INTERVAL = 0.9


def rpc(*needs: Permission) -> Callable[[Method], Method]:
    """Open the method to questions from whoever has any of the permissions it *needs*."""
    return _opened(answering, needs)


def command(*needs: Permission) -> Callable[[Method], Method]:
    """Open the method to orders: each is done once, however often it is sent."""
    return _opened(commanding, needs)


def long_command(*needs: Permission) -> Callable[[Method], Method]:
    """Open the method to orders that take long: a repetition is recognised before the work."""
    return _opened(partial(commanding, takes_long=True), needs)


def _opened(
    made: Callable[..., Callable[..., Any]], needs: tuple[Permission, ...]
) -> Callable[[Method], Method]:
    if not needs or not all(isinstance(need, Permission) for need in needs):
        raise TypeError("a door names the permissions it needs")

    def decorate(method: Method) -> Method:
        return cast(Method, open_door(made(method, needs)))

    return decorate


def every(seconds: float) -> Callable[[Method], Method]:
    """Call *method* every so many seconds while the service runs; a failure waits for the next.

    Of several copies of the service one does it, and another when that one is gone.
    """

    def decorate(method: Method) -> Method:
        run = timedelta(seconds=seconds * LEASE_OF_INTERVAL)

        @wraps(method)
        def tick(service: Any) -> None:
            try:
                if _is_due_here(service, method.__name__, run):
                    method(service)
            except Exception:
                log.warning(
                    "timer_failed", service=service.name, timer=method.__name__, exc_info=True
                )
            finally:
                service.work.close()

        return nameko.timer.timer(interval=seconds)(tick)  # type: ignore[no-any-return]

    return decorate


def _is_due_here(service: Any, timer: str, run: timedelta) -> bool:
    with service.work.begin():
        taken = take_lease(service.work.connection, f"timer:{timer}", service.serving.copy, run)
    service.work.keep()
    return taken


class Doors:
    """The base of every service class: nameko sees the doors, a method sees plain attributes."""

    name: str
    serving: Serving = ServingOfWorker()
    relay = RelayOfService()

    @property
    def call(self) -> Call:
        return self.serving.call

    @property
    def work(self) -> Work:
        return self.serving.work

    @property
    def neighbours(self) -> Neighbours:
        return self.serving.neighbours

    @property
    def settings(self) -> Settings:
        return self.serving.settings

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.work, self.call)

    def hint(self, topic: str) -> None:
        """Tell whoever listens at this moment, once the work is kept; nobody relies on a hint."""
        self.work.after_keep(f"hint {topic}", lambda: self.serving.hints.say(topic))

    @rpc(Permission.SERVICE_RECORDS)
    def ready(self) -> dict[str, Any]:
        """Answer when the database answers."""
        self.work.connection.execute(select(1))
        return {"service": self.name, "ready": True}

    @rpc(Permission.SERVICE_RECORDS)
    def events_after(self, row: int, limit: int = 500) -> list[dict[str, Any]]:
        """Return the events this service has told after outbox row *row*, oldest first."""
        told = select(outbox).where(outbox.c.id > row).order_by(outbox.c.id).limit(min(limit, 2000))
        return [_told(event) for event in self.work.connection.execute(told)]

    @rpc(Permission.SERVICE_RECORDS)
    def events_of(self, aggregate_id: str, after: int = 0) -> list[dict[str, Any]]:
        """Return the events told of one aggregate after its *after*-th, oldest first."""
        told = (
            select(outbox)
            .where(outbox.c.aggregate_id == aggregate_id, outbox.c.sequence > after)
            .order_by(outbox.c.sequence)
        )
        return [_told(event) for event in self.work.connection.execute(told)]

    def read_sensitive(self, about: Sequence[str], why: str | None = None) -> None:
        """Note in the audit trail that the caller is about to be shown sensitive things.

        *about* are their numbers or ids, *why* is what the caller gave as his reason. Call it when
        they have been read and before they are answered: it returns when the note is kept, together
        with those of others that read at this moment, and where it raises nothing is answered. In a
        command the note is kept with the rest.

        Raises:
            Unavailable: the note cannot be kept.
        """
        action, algorithm = f"{self.name}.{self.serving.door}", self.settings.audit_digest
        if self.work.writes:
            audit.note_shown(self.work, self.call, action, about, reason=why, algorithm=algorithm)
            return
        # Whoever reads much at once must not hold a connection each while waiting for another.
        self.work.close()
        audit.note_read(
            self.work.database, self.call, action, about, reason=why, algorithm=algorithm
        )

    def note_closed_off(self, shown: list[dict[str, Any]]) -> None:
        """Note who is shown what is closed to others (rules PET-07: every read is audited)."""
        if numbers := [each["matter_no"] for each in shown if each["closed_off"]]:
            self.read_sensitive(numbers)

    @rpc(Permission.AUDIT_READ)
    def audit_entries(
        self, where: AuditFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of the audit trail, newest first, to an auditor; the reading is noted in it."""
        page = audit_reading.entries(self.work.connection, where, limit=limit, cursor=cursor)
        self.read_sensitive([str(item["number"]) for item in page["items"]])
        return page

    @rpc(Permission.AUDIT_READ)
    def audit_anchors(self) -> list[dict[str, Any]]:
        """Return to an auditor where trails ended, as this service keeps it of others and of itself."""
        return audit_reading.kept_anchors(self.work.connection, self.name)

    @rpc(Permission.DEAD_LETTERS_MEND)
    def dead_letters(self, include_replayed: bool = False) -> list[dict[str, Any]]:
        """Return the dead letters of this service."""
        return dead_letters.listed(self.work.connection, include_replayed=include_replayed)

    @rpc(Permission.DEAD_LETTERS_MEND)
    def unsent_events(self) -> list[dict[str, Any]]:
        """Return how many events wait in the outbox, by type, and how many no queue wanted."""
        return unsent(self.work.connection)

    @rpc(Permission.DEAD_LETTERS_MEND)
    def dead_letter(self, letter_id: str) -> dict[str, Any]:
        """Return one dead letter with its masked body."""
        return dead_letters.shown(self.work.connection, letter_id)

    @command(Permission.DEAD_LETTERS_MEND)
    def replay_dead_letter(self, letter_id: str) -> dict[str, Any]:
        """Send a dead letter back to the handler it was meant for."""
        with self.work.begin():
            return dead_letters.replay(self.work.connection, letter_id, self.serving.publisher)

    @on_dead_letter
    def keep_dead_letter(self, payload: Any) -> None:
        """Keep what no try got through."""
        with self.work.begin():
            dead_letters.keep(self.work.connection, self.serving.headers, payload)
        self.work.keep()

    @every(HOUR_S)
    def forget(self) -> None:
        """Delete what only serves to recognise repetitions and is too old for any."""
        with self.work.begin():
            forget_answers(self.work.connection, china_now() - ANSWERS_KEPT)
            forget_taken(self.work.connection, china_now() - INBOX_KEPT)
        self.work.keep()

    @every(MINUTE_S)
    def anchor_audit(self) -> None:
        """Tell where the audit trail ends, when that is due and anything was added since."""
        if self.name not in ANCHORS:  # a service whose trail nobody keeps
            return
        with self.work.begin():
            anchor = anchors.due_anchor(self.work.connection, self.name, self.settings)
            if anchor is None:
                return
            anchors.keep(self.work.connection, anchor)
            self.outbox.put(anchor.told, occurred_at=anchor.at)
        self.work.keep()
        anchors.put_outside(anchor, self.settings)

    @every(DAY_S)
    def make_partitions(self) -> None:
        """Make the coming months' partitions, so that a new month finds its own."""
        make_partitions_ahead(self.work.database)


def _told(row: Any) -> dict[str, Any]:
    return {"row": row.id, "headers": envelope(row), "payload": row.payload}
