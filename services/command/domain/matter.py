"""A matter as the command centre sees it: pieced together from what the services say."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.contracts.incident_steps import IncidentStepTaken
from shared.contracts.patrol import ANONYMISED, IncidentClosedOff, IncidentReported
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.clock import CHINA
from shared.kernel.compartment import Compartment, admits
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Place
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The present picture of one matter."""

    matter_no: str
    subject: str
    subject_id: str
    state: str
    level: str
    category: str
    severity: str
    source: str
    title: str
    lon: float
    lat: float
    place: Place
    unit: str | None
    reported_at: datetime
    updated_at: datetime
    compartment: Compartment | None = None

    @property
    def reported_on(self) -> date:
        return self.reported_at.astimezone(CHINA).date()

    @property
    def counted_under(self) -> tuple[str, ...]:
        """Return the codes it lies under; what lies outside lies under the whole alone."""
        return (WHOLE_TREE, *self.place.codes)

    def may_be_known_to(self, actor: Actor, permission: Permission) -> bool:
        """Tell whether it lies under a place of the actor's and is not closed to him."""
        is_in_reach = actor.reaches(self.counted_under, permission)
        return is_in_reach and admits(self.compartment, actor)


def opened_by(told: IncidentReported) -> Matter:
    """Return the matter that an incident's report opens."""
    return Matter(
        matter_no=told.matter_no,
        subject="incident",
        subject_id=told.incident_id,
        state=told.state,
        level=told.level,
        category=told.category,
        severity=told.severity,
        source=told.source,
        title=told.personal.title,
        lon=told.lon,
        lat=told.lat,
        place=told.place,
        unit=None,
        reported_at=told.reported_at,
        updated_at=told.reported_at,
        compartment=told.compartment,
    )


def moved_by(matter: Matter, told: IncidentStepTaken) -> Matter:
    """Return the matter after a step of its incident."""
    return replace(matter, state=told.state, level=told.level, unit=told.unit, updated_at=told.at)


def closed_off_by(matter: Matter, told: IncidentClosedOff) -> Matter:
    """Return the matter with whom its incident is closed to now."""
    return replace(matter, compartment=told.compartment, updated_at=told.at)


def anonymised(matter: Matter) -> Matter:
    """Return the matter without what people called it; nothing that is counted or shown of it moves."""
    return replace(matter, title=FreeText(ANONYMISED))
