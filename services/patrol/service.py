"""The doors of the patrol service: what may be asked of it."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.patrol import wiring
from services.patrol.domain.duplicates import Nearness
from services.patrol.domain.step_table import STEP_PERMISSIONS
from services.patrol.ports.incidents import ReportedNear
from services.patrol.queries.contacts import contact_in_clear, find_by_contact, repeated_contacts
from services.patrol.queries.features import find_feature, find_features
from services.patrol.queries.incidents import (
    categories,
    count_to_export,
    find_incident,
    find_incidents,
    open_incident_points,
)
from services.patrol.queries.named_files import named_files
from services.patrol.queries.service_requests import find_service_requests
from services.patrol.queries.shown import add_clocks, as_exported, shown_clocks, shown_new
from services.patrol.round_doors import RoundDoors
from services.patrol.routing_doors import RoutingDoors
from services.patrol.store import catalogue
from services.patrol.usecases.take_step import no_such_incident
from shared.contracts.audit import AuditAnchored, anchors_kept_by
from shared.contracts.catalogue import CatalogueActivation, CatalogueImport
from shared.contracts.conversion import ANSWERS, ConversionAnswered
from shared.contracts.files import AskedFiles
from shared.contracts.grid import CalendarSet, CellPoint
from shared.contracts.nearby import NearbyQuestion
from shared.contracts.patrol import (
    ClosingOrder,
    ContactQuestion,
    FeatureFilter,
    IncidentFilter,
    IncidentReport,
    PersonalQuestion,
    ServiceRequestFilter,
    StepOrder,
)
from shared.kernel.clock import china_now
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.rights import Permission
from shared.runtime import anchors, calendars
from shared.runtime.cursor import MOST_PER_PAGE
from shared.runtime.doors import HOUR_S, command, every, on_event, rpc
from shared.runtime.inbox import Delivery

log = structlog.get_logger()

# As many as a sheet of a workbook holds, beside its heading.
MOST_EXPORTED = 1_048_575
DUE_ROUND_S = 20
RECOUNT_ROUND_S = 60
# For copies from before there was a list of named files, which run beside this one while it is rolled out.
NAMED_SINCE = timedelta(hours=6)


class PatrolService(RoundDoors, RoutingDoors):
    name = "patrol"

    @command(Permission.INCIDENT_REPORT)
    def report_incident(self, report: IncidentReport) -> dict[str, Any]:
        """Open an incident and return it."""
        use_case = wiring.report_incident(
            self.work, self.outbox, wiring.grid(self.neighbours), self.settings
        )
        opened = use_case(report, actor=self.call.actor)
        clocks = shown_clocks(opened.clocks, self._counting(), china_now())
        return shown_new(opened, self.call.actor) | {"clocks": clocks}

    @command(*STEP_PERMISSIONS)
    def take_step(self, incident_id: str, step: str, order: StepOrder) -> dict[str, Any]:
        """Take an incident one step further and return it."""
        use_case = wiring.take_step(self.work, self.outbox, self.settings)
        return self._shown(use_case(incident_id, step, order, actor=self.call.actor).incident_id)

    @on_event(*ANSWERS.values(), keeps_order=True)
    def hear_answer(self, told: ConversionAnswered, delivery: Delivery) -> None:
        """Note what a service says of an incident that was handed over to it."""
        if not wiring.hear_answer(self.work, self.outbox, self.settings)(told):
            log.info("answer_not_awaited", conversion=told.conversion, outcome=told.outcome)

    @on_event(CalendarSet)
    def follow_calendar(self, told: CalendarSet, delivery: Delivery) -> None:
        """Keep the calendar of a year, to count deadlines by."""
        calendars.keep(self.work.connection, calendars.year_told(told))

    @every(calendars.ASK_EVERY_S)
    def ask_for_calendars(self) -> None:
        """Ask for calendars that were set before this service listened."""
        calendars.ask_for_calendars(self.work, self.neighbours)

    @on_event(*anchors_kept_by("patrol"))
    def keep_anchor(self, told: AuditAnchored, delivery: Delivery) -> None:
        """Keep where another service's audit trail ended."""
        anchors.keep(self.work.connection, anchors.anchor_of(told))

    @command(Permission.INCIDENT_CLOSE_OFF)
    def close_off_incident(self, incident_id: str, order: ClosingOrder) -> dict[str, Any]:
        """Close an incident off to units and persons, or open it again; return it."""
        self.serving.reason = order.reason
        use_case = wiring.close_off_incident(self.work, self.outbox)
        return self._shown(use_case(incident_id, order, actor=self.call.actor).incident_id)

    @rpc(Permission.INCIDENT_READ)
    def incident(self, incident_id: str) -> dict[str, Any]:
        """Return one incident with its history."""
        found = self._shown(incident_id)
        self.note_closed_off([found])
        return found

    @rpc(Permission.INCIDENT_READ)
    def incidents(
        self, where: IncidentFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of incidents, newest first."""
        page = find_incidents(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )
        add_clocks(self.work.connection, page["items"], self._counting(), china_now())
        self.note_closed_off(page["items"])
        return page

    @rpc(Permission.INCIDENT_READ)
    def nearby_incidents(self, asked: NearbyQuestion) -> list[dict[str, Any]]:
        """Return what may be the same as what is about to be reported, the likeliest first."""
        suggest = wiring.suggest_duplicates(self.work, self.call.actor, self.settings)
        found = [_suggested(known, why) for known, why in suggest(asked)]
        self.note_closed_off(found)
        return found

    @rpc(Permission.INCIDENT_READ)
    def incident_features(
        self, where: FeatureFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of incidents as features of a map, newest first; none that is closed off."""
        return find_features(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )

    @rpc(Permission.INCIDENT_READ)
    def incident_feature(self, incident_id: str) -> dict[str, Any]:
        """Return one incident as a feature of a map."""
        found = find_feature(self.work.connection, incident_id, self.call.actor)
        if found is None:
            raise no_such_incident()
        return found

    @rpc(Permission.INCIDENT_READ)
    def service_requests(self, where: ServiceRequestFilter) -> dict[str, Any]:
        """Return a page of the incidents others may know of by Open311, newest first."""
        return find_service_requests(self.work.connection, where, self.call.actor)

    @rpc(Permission.INCIDENT_EXPORT)
    def count_to_export(self, where: IncidentFilter, most: int = MOST_EXPORTED) -> int:
        """Return how many incidents an export would hold, or one more than *most* for more."""
        limit = max(0, min(most, MOST_EXPORTED))
        return count_to_export(self.work.connection, where, self.call.actor, most=limit)

    @rpc(Permission.INCIDENT_EXPORT)
    def incidents_to_export(
        self, where: IncidentFilter, with_text: bool = False, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of incidents to export, newest first; with what people wrote, or without."""
        page = find_incidents(
            self.work.connection,
            where,
            self.call.actor,
            limit=MOST_PER_PAGE,
            cursor=cursor,
            permission=Permission.INCIDENT_EXPORT,
        )
        self.note_closed_off(page["items"])
        return page | {"items": [as_exported(item, with_text) for item in page["items"]]}

    @rpc(Permission.PERSONAL_READ, Permission.INCIDENT_HANDLE)
    def contact(self, incident_id: str, asked: PersonalQuestion) -> dict[str, Any]:
        """Return the contact of an incident in clear; who asked and why is on record before."""
        found = contact_in_clear(self.work.connection, incident_id, self.call.actor)
        if found is None:
            raise no_such_incident()
        self.read_sensitive([found["matter_no"]], why=asked.reason)
        return found

    @rpc(Permission.PERSONAL_READ)
    def incidents_by_contact(self, asked: ContactQuestion) -> dict[str, Any]:
        """Return a page of the incidents that name a telephone number; this too is on record."""
        page = find_by_contact(
            self.work.connection, self.work.database.sealer, asked, self.call.actor
        )
        add_clocks(self.work.connection, page["items"], self._counting(), china_now())
        self.read_sensitive([item["matter_no"] for item in page["items"]], why=asked.reason)
        return page

    @rpc(Permission.CATALOGUE_READ)
    def categories(self) -> list[dict[str, Any]]:
        """Return the catalogue of categories."""
        return categories(self.work.connection)

    @command(Permission.CATALOGUE_CHANGE)
    def import_catalogue(self, order: CatalogueImport) -> dict[str, Any]:
        """Keep a catalogue as a draft and return it; a dry run keeps nothing."""
        return asdict(wiring.import_catalogue(self.work)(order, actor=self.call.actor))

    @command(Permission.CATALOGUE_CHANGE)
    def activate_catalogue(self, version: int, order: CatalogueActivation) -> dict[str, Any]:
        """Put a version of the catalogue in force from a day on; return it."""
        activate = wiring.activate_catalogue(self.work, self.outbox)
        return asdict(activate(version, order, actor=self.call.actor))

    @rpc(Permission.CATALOGUE_READ)
    def catalogues(self) -> list[dict[str, Any]]:
        """Return every version of the catalogue, the newest first."""
        return catalogue.versions(self.work.connection)

    @rpc(Permission.CATALOGUE_READ)
    def catalogue(self, version: int) -> dict[str, Any]:
        """Return one version of the catalogue with its categories."""
        return asdict(wiring.catalogue(self.work, version))

    @rpc(Permission.BOUNDARY_READ)
    def open_incident_points(self, after: str = "", limit: int = 5000) -> list[CellPoint]:
        """Return where the open incidents lie, by id after *after*."""
        return open_incident_points(
            self.work.connection, self.call.actor, after=after, limit=min(limit, 10_000)
        )

    @rpc(Permission.SERVICE_RECORDS)
    def repeated_contacts(self, since: datetime, least: int = 3) -> list[list[str]]:
        """Return the matters since then that one contact stands behind, grouped; never whose."""
        return repeated_contacts(self.work.connection, since=since, least=max(least, 2))

    @rpc(Permission.SERVICE_RECORDS)
    def named_files(self, file_ids: AskedFiles) -> list[str]:
        """Return those of some uploaded files that an incident still names."""
        return named_files(self.work.connection, file_ids)

    @every(HOUR_S)
    def forget_people(self) -> None:
        """Forget whom to ask about incidents that ended long ago, then all that people wrote there."""
        contact_kept = timedelta(days=self.settings.contact_kept_days)
        if forgotten := wiring.forget_contacts(self.work, contact_kept):
            log.info("contacts_forgotten", service=self.name, count=forgotten)
        text_kept = timedelta(days=self.settings.incident_text_kept_days)
        if text_kept and (
            anonymised := wiring.anonymise_incidents(self.work, self.outbox, text_kept)
        ):
            log.info("incidents_anonymised", service=self.name, count=anonymised)

    @every(HOUR_S)
    def enter_named_files(self) -> None:
        """Enter which files were named by who does not enter it himself."""
        wiring.enter_named_files(self.work, NAMED_SINCE)

    @every(DUE_ROUND_S)
    def tell_due_clocks(self) -> None:
        """Tell of limits that are about to pass, or have passed."""
        if told := wiring.tell_due_clocks(self.work, self.outbox):
            log.info("due_clocks_told", service=self.name, incidents=told)

    @every(DUE_ROUND_S)
    def urge_near_due(self) -> None:
        """Urge where little is left of a limit, if the district wants it."""
        if urged := wiring.urge_near_due(self.work, self.outbox, self.settings):
            log.info("near_due_urged", service=self.name, incidents=urged)

    @every(DUE_ROUND_S)
    def escalate_overdue(self) -> None:
        """Escalate where a limit has passed, if the district wants it."""
        if escalated := wiring.escalate_overdue(self.work, self.outbox, self.settings):
            log.info("overdue_escalated", service=self.name, incidents=escalated)

    @every(RECOUNT_ROUND_S)
    def recount_clocks(self) -> None:
        """Count open limits anew where the calendar they depend on was set since."""
        if counted := wiring.recount_clocks(self.work, self.outbox, self.settings):
            log.info("clocks_recounted", service=self.name, batches=counted)

    def _counting(self) -> DeadlineClock:
        return wiring.deadline_clock(self.work, self.settings)

    def _shown(self, incident_id: str) -> dict[str, Any]:
        found = find_incident(self.work.connection, incident_id, self.call.actor)
        if found is None:
            raise no_such_incident()
        add_clocks(self.work.connection, [found], self._counting(), china_now())
        named = catalogue.category_of(
            self.work.connection, found["catalogue_version"], found["category"]
        )
        links = wiring.linked_with(self.work, found, self.call.actor)
        return found | {"category_name": named, "links": links}


def _suggested(known: ReportedNear, why: Nearness) -> dict[str, Any]:
    """Return what may be the same; the report itself is read where it lies."""
    return {
        "id": known.incident_id,
        "matter_no": known.matter_no,
        "state": known.state,
        "category": known.category,
        "severity": known.severity,
        "title": known.title,
        "location": {"lon": known.lon, "lat": known.lat, "crs": "wgs84"},
        "reported_at": known.reported_at,
        "closed_off": known.is_closed_off,
        **asdict(why),
    }
