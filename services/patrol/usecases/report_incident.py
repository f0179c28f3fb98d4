"""Somebody reports an incident."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.patrol.domain.clocks import begun
from services.patrol.domain.closing import closed_by
from services.patrol.domain.incident import Incident, State, first_level
from services.patrol.ports.incidents import GridLocator, IncidentStore
from services.patrol.ports.routing import Router
from services.patrol.ports.writing import Outbox, Transaction
from shared.contracts.patrol import IncidentPersonalData, IncidentReport, IncidentReported
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import FieldError, Forbidden, Invalid
from shared.kernel.ids import new_id
from shared.kernel.matter_no import matter_no
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Place, PlaceStatus
from shared.kernel.rights import Permission

# A phone's clock may run ahead by this much before its word on the time is refused.
CLOCK_TOLERANCE = timedelta(minutes=5)
# Before this nobody reported by phone: a device that forgot the time says 1970 or year 1.
FIRST_DAY = datetime(2000, 1, 1, tzinfo=CHINA)


@dataclass(frozen=True, slots=True)
class ReportIncident:
    store: IncidentStore
    grid: GridLocator
    outbox: Outbox
    transaction: Transaction
    counting: Callable[[], DeadlineClock]
    clock: Clock
    router: Router

    def __call__(self, report: IncidentReport, *, actor: Actor) -> Incident:
        """Open an incident in the cell where it lies, under a new matter number, and tell of it and where it goes.

        Raises:
            Invalid: the point lies outside the district, the category is unknown, or the time of
                observation has no offset, lies ahead or before 2000.
            Forbidden: a point outside may be accepted by a duty officer only.
        """
        now = self.clock()
        observed_at = _observed_at(report, now)
        place = self.grid.locate(report.location)
        _check_inside(report, place, actor)
        with self.transaction.begin():
            catalogue_version = self.store.category_version(report.category)
            if catalogue_version is None:
                raise _unknown_category(report.category)
            reported = self._opened(report, place, observed_at, now, actor)
            opened = replace(reported, catalogue_version=catalogue_version)
            counting = self.counting()
            incident = self.router.suggested(begun(opened, counting), counting, at=now)
            self.store.add(incident)
            self.outbox.put(
                _told_to_others(incident), occurred_at=now, unnamed=incident.is_anonymous
            )
        return incident

    def _opened(
        self,
        report: IncidentReport,
        place: Place,
        observed_at: datetime,
        now: datetime,
        actor: Actor,
    ) -> Incident:
        day = now.astimezone(CHINA).date()
        lon, lat = to_wgs84(report.location.lon, report.location.lat, report.location.crs)
        return Incident(
            incident_id=new_id(now),  # lists are in the order of the ids
            matter_no=matter_no("P", day, self.store.next_serial(day)),
            state=State.REPORTED,
            level=first_level(report.severity),
            category=report.category,
            severity=report.severity,
            source=report.source,
            title=report.title,
            description=report.description,
            location=report.location,
            lon=float(lon),
            lat=float(lat),
            place=place,
            observed_at=observed_at,
            reported_at=now,
            reported_by=actor.account,
            is_anonymous=report.anonymous,
            files=tuple(report.files),
            contact=report.contact,
            updated_at=now,
            compartment=None if report.closed_to is None else closed_by(report.closed_to, actor),
        )


def _observed_at(report: IncidentReport, now: datetime) -> datetime:
    observed_at = report.observed_at or now
    if observed_at.tzinfo is None:
        raise _wrong_time(
            "timezone_aware",
            "时间须带时区，如 2026-11-23T08:00:00+08:00",
            "give the time with its offset, such as 2026-11-23T08:00:00+08:00",
        )
    if observed_at > now + CLOCK_TOLERANCE:
        raise _wrong_time(
            "in_the_future",
            "发现时间晚于现在，请核对设备时钟",
            "the time of observation lies ahead; check the device's clock",
        )
    if observed_at < FIRST_DAY:
        raise _wrong_time(
            "long_ago",
            "发现时间早于 2000 年，请核对设备时钟",
            "the time of observation lies before 2000; check the device's clock",
        )
    return observed_at


def _wrong_time(code: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="发现时间不合要求，详见 errors。",
        en="The time of observation is wrong; see errors.",
        errors=(FieldError(field="observed_at", code=code, zh=zh, en=en),),
    )


def _check_inside(report: IncidentReport, place: Place, actor: Actor) -> None:
    if place.status is not PlaceStatus.OUTSIDE:
        return
    if not report.accept_outside:
        raise Invalid(
            code="outside_district",
            zh="该点不在本辖区任何网格之内；请核对坐标与坐标系（crs），或由值班员注明 accept_outside。",
            en="The point lies in no cell of the district; check the coordinates and their crs, or let a duty officer say accept_outside.",
            errors=(
                FieldError(
                    field="location",
                    code="outside_district",
                    zh="在辖区之外",
                    en="outside the district",
                ),
            ),
        )
    if not actor.may(Permission.INCIDENT_COMMAND):
        raise Forbidden(
            code="accept_outside_by_duty_officer",
            zh="只有值班员可以受理辖区之外的点位。",
            en="Only a duty officer may accept a point outside the district.",
        )


def _unknown_category(code: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="没有这个事件类别，可用类别见 GET /incidents/categories。",
        en="There is no such category; GET /incidents/categories lists them.",
        errors=(
            FieldError(
                field="category", code="unknown_category", zh="未知类别", en="unknown category"
            ),
        ),
    )


def _told_to_others(incident: Incident) -> IncidentReported:
    return IncidentReported(
        incident_id=incident.incident_id,
        matter_no=incident.matter_no,
        state=incident.state,
        category=incident.category,
        severity=incident.severity,
        source=incident.source,
        lon=incident.lon,
        lat=incident.lat,
        place=incident.place,
        observed_at=incident.observed_at,
        reported_at=incident.reported_at,
        # Whoever asked not to be named is known to patrol alone.
        reported_by=None if incident.is_anonymous else incident.reported_by,
        level=incident.level,
        personal=IncidentPersonalData(
            title=FreeText(incident.title), description=FreeText(incident.description)
        ),
        compartment=incident.compartment,
        clocks=list(incident.clocks),
        routing=incident.routing,
    )
