"""The doors of the command service: what it hears, and what may be asked of it."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from services.command import wiring
from services.command.domain.alert import Decision
from services.command.domain.heard import Heard
from services.command.domain.indicators import measure_called, mechanism_called
from services.command.domain.measure import Part
from services.command.domain.period import period_of
from services.command.domain.reported_period import Span, reported_period_of
from services.command.queries import alerts as alert_queries
from services.command.queries import board
from services.command.queries import indicators as indicator_queries
from services.command.queries import read_models as queries
from services.command.queries.clocks import clocks_due
from services.command.queries.course_rows import course_rows
from services.command.queries.figures import Scope, scope_of
from services.command.queries.search import search
from services.command.usecases.decide_alert import no_such_alert
from services.command.usecases.rebuild_read_models import Rebuilt
from shared.contracts.audit import AuditAnchored, anchors_kept_by
from shared.contracts.command import AlertFilter, AlertOrder, ClockFilter, FigureFilter
from shared.contracts.event import Event
from shared.contracts.grid import BoundaryActivated, CalendarSet
from shared.contracts.incident_clocks import (
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksRecounted,
)
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.contracts.patrol import IncidentAnonymised, IncidentClosedOff, IncidentReported
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import china_now
from shared.kernel.errors import NotFound
from shared.kernel.instants import instant_of
from shared.kernel.matter_no import checked_matter_no
from shared.kernel.rights import Permission
from shared.runtime import anchors, calendars, dead_letters
from shared.runtime.doors import Doors, command, every, long_command, on_event, rpc
from shared.runtime.inbox import Delivery
from shared.runtime.topology import handler_name

log = structlog.get_logger()

STREAM_KEPT = timedelta(days=7)
WARNING_ROUND_S = 600
INCIDENT_EVENTS: tuple[type[Event], ...] = (
    IncidentReported,
    *INCIDENT_STEPS.values(),
    IncidentClosedOff,
    IncidentAnonymised,
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksRecounted,
)


class CommandService(Doors):
    name = "command"

    @on_event(*INCIDENT_EVENTS, keeps_order=True)
    def follow_incident(self, told: Event, delivery: Delivery) -> None:
        """Bring the picture of an incident up to date."""
        wiring.follow_incident(self.work)(
            Heard(
                told=told,
                event_id=delivery.event_id,
                event_type=delivery.event_type,
                sequence=delivery.sequence,
            )
        )
        if isinstance(told, IncidentAnonymised):
            dead_letters.drop_about(self.work.connection, told.incident_id)
        self.hint("stream.advanced")

    @on_event(BoundaryActivated)
    def follow_boundary(self, told: BoundaryActivated, delivery: Delivery) -> None:
        """Let the consoles know that another boundary is in force."""
        wiring.show_boundary(self.work, told)
        self.hint("stream.advanced")

    @on_event(CalendarSet)
    def follow_calendar(self, told: CalendarSet, delivery: Delivery) -> None:
        """Keep the calendar of a year, to count deadlines by."""
        calendars.keep(self.work.connection, calendars.year_told(told))

    @every(calendars.ASK_EVERY_S)
    def ask_for_calendars(self) -> None:
        """Ask for calendars that were set before this service listened."""
        calendars.ask_for_calendars(self.work, self.neighbours)

    @on_event(*anchors_kept_by("command"))
    def keep_anchor(self, told: AuditAnchored, delivery: Delivery) -> None:
        """Keep where another service's audit trail ended."""
        anchors.keep(self.work.connection, anchors.anchor_of(told))

    @command(Permission.SERVICE_RECORDS)
    def keep_edge_anchor(self, number: int, digest: str, algorithm: str, at: datetime) -> None:
        """Keep where the edge's audit trail ended; it tells no events."""
        anchor = anchors.Anchor(
            service="gateway", number=number, digest=digest, algorithm=algorithm, at=at
        )
        with self.work.begin():
            anchors.keep(self.work.connection, anchor)

    @rpc(Permission.BOARD_READ)
    def board(self, place: str | None = None, period: str = "7d") -> dict[str, Any]:
        """Return the counts of a place; without one, of the actor's own."""
        asked = period_of(period, today=china_now().date())
        shown = self._place(place, Permission.BOARD_READ)
        return board.board_of(self.work.connection, shown, asked, self.call.actor)

    @rpc(Permission.BOARD_READ)
    def indicators(self, place: str | None = None, period: str = "month") -> dict[str, Any]:
        """Return the indicators of a place and of the areas under it; without one, of the actor's own."""
        now = china_now()
        asked = reported_period_of(period, today=now.date())
        shown = self._place(place, Permission.BOARD_READ)
        return indicator_queries.indicators(
            self.work.connection,
            shown,
            asked,
            self._scope(shown, Permission.BOARD_READ),
            wiring.targets(self.settings),
            now=now,
        )

    @rpc(Permission.BOARD_READ)
    def mechanism_report(
        self, mechanism: str, place: str | None = None, period: str = "quarter"
    ) -> dict[str, Any]:
        """Return the figures of one of the plan's mechanisms, and what it lacks yet."""
        now = china_now()
        asked = reported_period_of(period, today=now.date())
        shown = self._place(place, Permission.BOARD_READ)
        return indicator_queries.report(
            self.work.connection,
            mechanism_called(mechanism),
            shown,
            asked,
            self._scope(shown, Permission.BOARD_READ),
            wiring.targets(self.settings),
            self.call.actor,
            now=now,
        )

    @rpc(Permission.MATTER_READ)
    def figure_rows(
        self, figure: str, where: FigureFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of the matters behind a figure, by the date they are counted by."""
        measure = measure_called(figure)
        shown = self._place(where.place, Permission.MATTER_READ)
        page = course_rows(
            self.work.connection,
            measure,
            Part(where.part),
            self._scope(shown, Permission.MATTER_READ),
            Span(instant_of(where.since, "since"), instant_of(where.until, "until")),
            limit=limit,
            cursor=cursor,
        )
        self.note_closed_off([item["matter"] for item in page["items"]])
        return page

    @rpc(Permission.MATTER_READ)
    def dossier(self, matter_no: str) -> dict[str, Any]:
        """Return the whole story of a matter."""
        story = queries.dossier(self.work.connection, checked_matter_no(matter_no), self.call.actor)
        if story is None:
            raise NotFound(
                code="no_such_matter",
                zh="没有这个事项，或它不在您的辖区之内。",
                en="There is no such matter under your place.",
            )
        self.note_closed_off([story])
        return story

    @rpc(Permission.MATTER_READ)
    def search(self, q: str, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        """Return the matters that hold what is asked for, newest first."""
        page = search(
            self.work.connection,
            wiring.search_index(self.work),
            q,
            self.call.actor,
            limit=limit,
            cursor=cursor,
        )
        self.note_closed_off(page["items"])
        return page

    @rpc(Permission.MATTER_READ)
    def clocks_due(
        self, where: ClockFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of the clocks that run, the next due first."""
        page = clocks_due(
            self.work.connection,
            where,
            self.call.actor,
            calendars.clock_of(self.work, self.settings),
            now=china_now(),
            limit=limit,
            cursor=cursor,
        )
        self.note_closed_off([item["matter"] for item in page["items"]])
        return page

    @rpc(Permission.ALERT_READ)
    def alerts(
        self, where: AlertFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of alerts, newest first."""
        return alert_queries.alerts(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )

    @rpc(Permission.ALERT_READ)
    def alert(self, alert_id: str) -> dict[str, Any]:
        """Return one alert with its evidence."""
        return self._shown_alert(alert_id)

    @rpc(Permission.ALERT_READ)
    def alert_precision(self, where: AlertFilter) -> list[dict[str, Any]]:
        """Return how many alerts of each kind were confirmed of those decided on."""
        return alert_queries.precision(self.work.connection, where, self.call.actor)

    @command(Permission.ALERT_DECIDE)
    def decide_alert(self, alert_id: str, decision: Decision, order: AlertOrder) -> dict[str, Any]:
        """Confirm an alert, dismiss it or hand it over; return it."""
        decide = wiring.decide_alert(self.work)
        return self._shown_alert(decide(alert_id, decision, order, actor=self.call.actor).alert_id)

    def _place(self, place: str | None, permission: Permission) -> dict[str, Any]:
        """Return the area that is asked about, the actor's own without one; raises `NotFound`."""
        actor = self.call.actor
        code = place or next(iter(actor.places(permission)), WHOLE_TREE)
        # Where nothing has happened yet all is empty, and the registry knows the place.
        chain = board.chain_of(self.work.connection, code) or wiring.grid(self.neighbours).chain_of(
            code
        )
        if not actor.reaches((area["code"] for area in chain), permission):
            raise no_such_place()
        return chain[0]

    def _scope(self, place: dict[str, Any], permission: Permission) -> Scope:
        return scope_of(
            self.work.connection,
            place["code"],
            place["level"],
            self.call.actor,
            permission,
            wiring.recurrence(self.settings),
        )

    def _shown_alert(self, alert_id: str) -> dict[str, Any]:
        found = alert_queries.alert_by_id(self.work.connection, alert_id, self.call.actor)
        if found is None:
            raise no_such_alert()
        return found

    @rpc(Permission.SERVICE_RECORDS)
    def stream_since(
        self,
        after: int = 0,
        place: str | None = None,
        topics: list[str] | None = None,
        limit: int = 500,
    ) -> dict[str, Any]:
        """Return the lines of the live stream after number *after*."""
        return queries.stream_since(
            self.work.connection,
            after=after,
            place=place,
            topics=topics or [],
            limit=min(limit, 2000),
        )

    @long_command(Permission.MODELS_REBUILD)
    def rebuild_read_models(self) -> Rebuilt:
        """Make the read models anew from what the services have told."""
        use_case = wiring.rebuild_read_models(
            self.work,
            self.neighbours,
            handler=handler_name(self.name, "follow_incident"),
            contracts=INCIDENT_EVENTS,
        )
        return use_case()

    @every(2)
    def add_up_boards(self) -> None:
        """Add to the boards' sums what events have noted since the last time."""
        if board.has_notes(self.work.connection):
            wiring.add_up_boards(self.work)

    @every(WARNING_ROUND_S)
    def raise_alerts(self) -> None:
        """Look at all incidents for what is more than chance, and raise what is new."""
        wiring.learn_ground(self.work, self.neighbours)()
        self.work.keep()
        done = wiring.raise_alerts(self.work, self.neighbours, self.outbox, self.settings)()
        self.work.keep()
        log.info("warning_round", findings=done.findings, raised=done.raised)

    @every(3600)
    def trim_stream(self) -> None:
        """Delete lines of the stream too old to resume from."""
        with self.work.begin():
            queries.trim_stream(self.work.connection, china_now() - STREAM_KEPT)
        self.work.keep()


def no_such_place() -> NotFound:
    return NotFound(
        code="no_such_place",
        zh="没有这个区域，或它不在您的辖区之内。",
        en="There is no such area under your place.",
    )
